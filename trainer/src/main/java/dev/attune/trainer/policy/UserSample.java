package dev.attune.trainer.policy;

import dev.attune.model.policy.UserEvent;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A uniform sample of users' events of bounded size: those with the smallest hashes of their places
 * (bottom-k sampling, Cohen and Kaplan 2007), of each user at most a few. Which events it holds
 * depends on the seed and on which events it was given, not on how those of different partitions
 * came interleaved.
 *
 * <p>An event that is taken out leaves its empty place behind, for what it displaced does not come
 * back: the sample would depend on what came first. Confined to one thread.
 */
public final class UserSample {
  private final int most;
  private final int mostOfUser;
  private final long seed;
  private final TreeMap<Place, Entry> entries = new TreeMap<>();
  private final Map<String, TreeSet<Place>> users = new HashMap<>();

  private record Place(long hash, int partition, long offset) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparingLong(Place::hash)
            .thenComparingInt(Place::partition)
            .thenComparingLong(Place::offset);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * @param user null once the user has been erased
   * @param event null once it was taken out
   */
  private record Entry(@Nullable String user, @Nullable SampledEvent event) {}

  /**
   * An empty sample.
   *
   * @param most events, at least 1
   * @param mostOfUser events of one user, at least 1
   */
  public UserSample(int most, int mostOfUser, long seed) {
    if (most < 1 || mostOfUser < 1) {
      throw new IllegalArgumentException(
          "%d events, %d of a user; allowed are 1 or more".formatted(most, mostOfUser));
    }
    this.most = most;
    this.mostOfUser = mostOfUser;
    this.seed = seed;
  }

  /** Offers an event. */
  public void add(SampledEvent event) {
    put(place(event.partition(), event.offset()), new Entry(event.event().user(), event));
  }

  private void put(Place place, Entry entry) {
    if (entries.putIfAbsent(place, entry) != null) {
      return;
    }
    if (entry.user() != null) {
      TreeSet<Place> own = users.computeIfAbsent(entry.user(), user -> new TreeSet<>());
      own.add(place);
      if (own.size() > mostOfUser) {
        drop(own.last());
      }
    }
    if (entries.size() > most) {
      drop(entries.lastKey());
    }
  }

  private void drop(Place place) {
    Entry entry = entries.remove(place);
    if (entry.user() != null) {
      TreeSet<Place> own = users.get(entry.user());
      own.remove(place);
      if (own.isEmpty()) {
        users.remove(entry.user());
      }
    }
  }

  /**
   * Takes an event out that was taken back.
   *
   * @return whether it was here
   */
  public boolean retract(int partition, long offset) {
    Place place = place(partition, offset);
    Entry entry = entries.get(place);
    if (entry == null || entry.event() == null) {
      return false;
    }
    entries.put(place, new Entry(entry.user(), null));
    return true;
  }

  /**
   * Takes a user out, whose later events are a new user's.
   *
   * @return whether there was anything
   */
  public boolean erase(String user) {
    TreeSet<Place> own = users.remove(user);
    if (own == null) {
      return false;
    }
    own.forEach(place -> entries.put(place, new Entry(null, null)));
    return true;
  }

  /** The events, oldest first. */
  public List<SampledEvent> events() {
    return entries.values().stream()
        .map(Entry::event)
        .filter(Objects::nonNull)
        .sorted(
            Comparator.comparingLong(SampledEvent::occurredAt)
                .thenComparingInt(SampledEvent::partition)
                .thenComparingLong(SampledEvent::offset))
        .toList();
  }

  /** How many users there are events of. */
  public int users() {
    return (int)
        entries.values().stream()
            .map(Entry::event)
            .filter(Objects::nonNull)
            .map(event -> event.event().user())
            .distinct()
            .count();
  }

  /** How many events there are. */
  public int size() {
    return (int) entries.values().stream().filter(entry -> entry.event() != null).count();
  }

  private Place place(int partition, long offset) {
    return new Place(mix(mix(seed, partition), offset), partition, offset);
  }

  /** Spreads neighbouring counters over all 64 bits (Stafford's variant 13 of SplitMix64). */
  private static long mix(long seed, long counter) {
    long z = seed + 0x9e3779b97f4a7c15L * (counter + 1);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Writes the sample; equal samples give equal bytes. */
  void write(DataOutputStream out) throws IOException {
    out.writeInt(entries.size());
    for (Map.Entry<Place, Entry> entry : entries.entrySet()) {
      out.writeInt(entry.getKey().partition());
      out.writeLong(entry.getKey().offset());
      String user = entry.getValue().user();
      SampledEvent event = entry.getValue().event();
      UserEventFormat.writeText(out, user);
      out.writeBoolean(event != null);
      if (event != null) {
        out.writeLong(event.occurredAt());
        UserEventFormat.write(out, event.event());
      }
    }
  }

  /** Reads into this empty sample what {@link #write} wrote; its limits may be others now. */
  void read(DataInputStream in) throws IOException {
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      int partition = in.readInt();
      long offset = in.readLong();
      String user = UserEventFormat.readText(in);
      SampledEvent event = null;
      if (in.readBoolean()) {
        long occurredAt = in.readLong();
        UserEvent read = UserEventFormat.read(in, Objects.requireNonNull(user));
        event = new SampledEvent(partition, offset, occurredAt, read);
      }
      put(place(partition, offset), new Entry(user, event));
    }
  }
}
