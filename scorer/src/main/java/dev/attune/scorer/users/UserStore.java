package dev.attune.scorer.users;

import dev.attune.model.policy.UserState;
import dev.attune.platform.store.DiskStore;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.scorer.core.KnownUser;
import dev.attune.scorer.core.LruCache;
import dev.attune.scorer.core.UserStates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Users' newest states on disk, those looked at last also in memory. It begins empty each time: the
 * topic is the truth, and is read again.
 *
 * <p>A state may be of an epoch whose policy is not served here yet. Then the user's last state
 * that can be used is kept beside it, so that nobody's rewards become a stranger's in between.
 *
 * <p>Thread-safe: a state is looked up as it was before or after a batch of changes, never as a
 * mixture, and what was deleted is in no cache.
 */
public final class UserStore implements UserStates, AutoCloseable {
  private static final String NEWEST = "n/";
  private static final String USABLE = "u/";

  private final Path folder;
  private final boolean temporary;
  private final DiskStore disk;
  private final int references;
  private final LongSupplier served;
  private final LruCache<String, Entry> memory;
  private long held;
  private boolean closed;

  private UserStore(
      Path folder,
      boolean temporary,
      long memoryBytes,
      int cached,
      int references,
      LongSupplier served) {
    this.references = references;
    this.folder = folder;
    this.temporary = temporary;
    this.disk = DiskStore.open(folder, memoryBytes);
    this.served = served;
    this.memory = new LruCache<>(cached);
    disk.clear();
  }

  /**
   * An empty store.
   *
   * @param folder of the store alone; made where it is missing; null for a temporary one
   * @param memoryBytes that the store on disk may use for its own caches
   * @param cached users in memory at most
   * @param references to a user's latest events that are kept
   * @param served the epoch of the policy that is served; 0 for none
   * @throws UncheckedIOException if the folder cannot be used
   */
  public static UserStore open(
      @Nullable Path folder, long memoryBytes, int cached, int references, LongSupplier served) {
    try {
      Path used = folder == null ? Files.createTempDirectory("attune-scorer-users") : folder;
      return new UserStore(used, folder == null, memoryBytes, cached, references, served);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A user's state was published or deleted.
   *
   * @param state null where it was deleted
   */
  public record Change(String userId, @Nullable UserEmbedding state) {}

  @Override
  public synchronized @Nullable KnownUser find(String userId, long epoch) {
    Entry entry = memory.get(userId);
    if (entry == null) {
      entry = new Entry(known(disk.get(NEWEST + userId)), known(disk.get(USABLE + userId)));
      memory.put(userId, entry);
    }
    return entry.under(epoch);
  }

  /** Applies changes in their order. */
  public synchronized void apply(List<Change> changes) {
    Map<String, byte @Nullable []> batch = new LinkedHashMap<>();
    long usable = served.getAsLong();
    for (Change change : changes) {
      String newest = NEWEST + change.userId();
      byte[] before = batch.containsKey(newest) ? batch.get(newest) : disk.get(newest);
      UserEmbedding state = change.state();
      held += (state == null ? 0 : 1) - (before == null ? 0 : 1);
      batch.put(newest, state == null ? null : bytes(state));
      if (state == null || state.getEpoch() <= usable) {
        batch.put(USABLE + change.userId(), null);
      } else if (before != null && embedding(before).getEpoch() <= usable) {
        batch.put(USABLE + change.userId(), before);
      }
      memory.remove(change.userId());
    }
    disk.write(batch);
  }

  /** Forgets everyone. */
  public synchronized void clear() {
    disk.clear();
    memory.clear();
    held = 0;
  }

  /** Users of whom a state is held. */
  public synchronized long size() {
    return held;
  }

  /** Bytes on disk. */
  public synchronized long bytes() {
    return closed ? 0 : files().stream().mapToLong(file -> file.toFile().length()).sum();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    held = 0;
    memory.clear();
    disk.close();
    if (temporary) {
      files().forEach(UserStore::delete);
      delete(folder);
    }
  }

  private List<Path> files() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the numbers of a published state are beliefs; only such may be applied. */
  public static boolean isState(UserEmbedding published) {
    try {
      KnownUser unused = known(published);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static KnownUser known(UserEmbedding published) {
    return new KnownUser(
        UserState.restore(
            published.getEpoch(),
            published.getHeadMean(),
            published.getHeadCovariance(),
            published.getEvents(),
            published.getRow(),
            published.getOptimiserState(),
            published.getRowEvents()),
        published.getIncluded(),
        published.getRowIncluded(),
        published.getReferences());
  }

  private static @Nullable KnownUser known(byte @Nullable [] bytes) {
    return bytes == null ? null : known(embedding(bytes));
  }

  /**
   * With as many references as are ever looked up, and none of rows, which only a trainer needs.
   */
  private byte[] bytes(UserEmbedding state) {
    List<EventReference> all = state.getReferences();
    try {
      ByteBuffer encoded =
          UserEmbedding.newBuilder(state)
              .setReferences(all.subList(Math.max(0, all.size() - references), all.size()))
              .setRowReferences(List.of())
              .build()
              .toByteBuffer();
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static UserEmbedding embedding(byte[] bytes) {
    try {
      return UserEmbedding.fromByteBuffer(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What is held of a user.
   *
   * @param usable the last state that can be used, where the newest cannot be yet
   */
  private record Entry(@Nullable KnownUser newest, @Nullable KnownUser usable) {
    @Nullable KnownUser under(long epoch) {
      if (newest != null && newest.epoch() <= epoch) {
        return newest;
      }
      return usable != null && usable.epoch() <= epoch ? usable : null;
    }
  }
}
