package dev.attune.trainer.users;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The users of one partition of attune.buckets.by-user. What is learned is worked out beside the
 * committed states: into an open batch, which {@link #closeBatch} closes so that it can be
 * committed, while the next one goes on from it. States change only by {@link #committed}; so
 * whoever does not commit a batch throws the partition away, and nothing has happened. How records
 * are cut into batches has no effect on states. One thread at a time.
 *
 * <p>Users who were idle for too long are removed when the partition's time, the latest event's so
 * far, passes midnight (UTC): which those are depends on the records alone.
 */
public final class UserPartition {
  private static final Duration DAY = Duration.ofDays(1);

  private final UserStore store;
  private final @Nullable Duration expireAfter;
  private Batch committed;
  private @Nullable Batch closed;
  private Batch open;
  private long users;
  private long usersWithoutRow;

  /**
   * @param store holds what was committed
   * @param expireAfter how long a user may be idle; null: for ever
   * @param start where it goes on
   */
  public UserPartition(UserStore store, @Nullable Duration expireAfter, UsersStart start) {
    this.store = store;
    this.expireAfter = expireAfter;
    this.committed =
        new Batch(Map.of(), start.time(), start.offset(), start.rowPosition(), new Tally());
    this.open = committed.next();
    store.forEach(
        embedding -> {
          users++;
          usersWithoutRow += UserEmbeddings.withoutRow(embedding) ? 1 : 0;
        });
  }

  /**
   * What was learned between two commits.
   *
   * @param changes states by user; null removes the user
   * @param time of the partition after it: the latest event's so far
   * @param position the first offset that heads have not learned from
   * @param rowPosition the first offset that rows have not learned from
   */
  public record Batch(
      Map<String, @Nullable UserEmbedding> changes,
      Instant time,
      long position,
      long rowPosition,
      Tally tally) {
    /** Keeps nulls, which mean something. */
    public Batch {
      changes = Collections.unmodifiableMap(new LinkedHashMap<>(changes));
    }

    private Batch next() {
      return new Batch(Map.of(), time, position, rowPosition, new Tally());
    }
  }

  /** The first offset that heads have not learned from, as committed. */
  public long position() {
    return committed.position();
  }

  /** The first offset that rows have not learned from, as committed. */
  public long rowPosition() {
    return committed.rowPosition();
  }

  /** The first offset that heads have not learned from, committed or not: rows follow up to it. */
  public long learnedPosition() {
    return open.position();
  }

  /** The first offset that rows have not learned from, committed or not. */
  public long learnedRowPosition() {
    return open.rowPosition();
  }

  /** Whether anything was learned since a batch was last closed. */
  public boolean learnedMore() {
    Batch before = closed == null ? committed : closed;
    return open.position() > before.position() || open.rowPosition() > before.rowPosition();
  }

  /** How many users have a state. */
  public long users() {
    return users;
  }

  /** Of them, those with comparisons none of which has reached their row. */
  public long usersWithoutRow() {
    return usersWithoutRow;
  }

  /**
   * Learns records into heads, in their order.
   *
   * @param records at least one
   * @param together read missing features of all records in one pass
   */
  public void learnHeads(List<BucketRecord> records, UserTrainer trainer, boolean together) {
    Map<String, @Nullable UserEmbedding> changes = new LinkedHashMap<>(open.changes());
    Tally tally = open.tally();
    if (together) {
      trainer.prefetch(
          records.stream().map(BucketRecord::bucket).filter(Objects::nonNull).toList(), tally);
    }
    Instant now = open.time();
    for (BucketRecord record : records) {
      String user = record.userId();
      PreferenceBucket bucket = record.bucket();
      if (bucket == null) {
        changes.put(user, null);
        tally.erased++;
        continue;
      }
      Instant later = bucket.getLastEventAt().isAfter(now) ? bucket.getLastEventAt() : now;
      if (day(later) > day(now)) {
        expire(day(later), changes, tally);
      }
      now = later;
      changes.put(
          user, trainer.learnHead(user, state(user, changes), record.offset(), bucket, tally));
    }
    open = new Batch(changes, now, after(records), open.rowPosition(), tally);
  }

  /**
   * What {@link #learnRows} will learn of these records, so that it can be read ahead.
   *
   * @param records at least one; heads have learned them
   */
  public List<UserTrainer.RowBucket> rowBuckets(List<BucketRecord> records, int most) {
    List<UserTrainer.RowBucket> buckets = new ArrayList<>();
    for (BucketRecord record : firstEvents(records, most)) {
      UserEmbedding before = state(record.userId(), open.changes());
      if (learnsRow(before, record)) {
        buckets.add(new UserTrainer.RowBucket(before, record.bucket()));
      }
    }
    return buckets;
  }

  /**
   * Learns records into rows, in their order, until so many events are learned. What was read ahead
   * by {@link UserTrainer#prefetchRows} is not read again.
   *
   * @param records at least one; heads have learned them
   */
  public void learnRows(List<BucketRecord> records, UserTrainer trainer, int most) {
    List<BucketRecord> first = firstEvents(records, most);
    Map<String, @Nullable UserEmbedding> changes = new LinkedHashMap<>(open.changes());
    for (BucketRecord record : first) {
      UserEmbedding before = state(record.userId(), changes);
      if (learnsRow(before, record)) {
        changes.put(
            record.userId(),
            trainer.learnRow(before, record.offset(), record.bucket(), open.tally()));
      }
    }
    open = new Batch(changes, open.time(), open.position(), after(first), open.tally());
  }

  /** The first records, with as many events as it takes to reach the most. */
  private List<BucketRecord> firstEvents(List<BucketRecord> records, int most) {
    List<BucketRecord> first = new ArrayList<>();
    int events = 0;
    for (BucketRecord record : records) {
      if (events >= most) {
        break;
      }
      first.add(record);
      if (learnsRow(state(record.userId(), open.changes()), record)) {
        events += record.bucket().getFeedback().size();
      }
    }
    return first;
  }

  /** Who left since then, or began anew, has nothing to do with an old bucket. */
  private static boolean learnsRow(@Nullable UserEmbedding before, BucketRecord record) {
    return record.bucket() != null && before != null && before.getFirstBucket() <= record.offset();
  }

  /**
   * Closes the open batch, to be committed; what is learned from here on goes on from it.
   *
   * @throws IllegalStateException if the last one has not been committed
   */
  public Batch closeBatch() {
    if (closed != null) {
      throw new IllegalStateException("the last batch has not been committed");
    }
    closed = open;
    open = open.next();
    return closed;
  }

  /**
   * The closed batch was committed: states are as it says from now on.
   *
   * @throws IllegalStateException if none was closed
   */
  public void committed() {
    Batch batch = closed;
    if (batch == null) {
      throw new IllegalStateException("no batch was closed");
    }
    batch
        .changes()
        .forEach(
            (user, after) -> {
              UserEmbedding before = store.get(user);
              users += count(after != null) - count(before != null);
              usersWithoutRow +=
                  count(after != null && UserEmbeddings.withoutRow(after))
                      - count(before != null && UserEmbeddings.withoutRow(before));
            });
    store.write(batch.changes());
    committed = batch;
    closed = null;
  }

  private void expire(long today, Map<String, @Nullable UserEmbedding> changes, Tally tally) {
    if (expireAfter == null) {
      return;
    }
    Instant oldest = Instant.EPOCH.plus(DAY.multipliedBy(today)).minus(expireAfter);
    Map<String, @Nullable UserEmbedding> known = new LinkedHashMap<>(closedChanges());
    known.putAll(changes);
    known.forEach((user, embedding) -> expire(user, embedding, oldest, changes, tally));
    store.forEach(
        embedding -> {
          if (!known.containsKey(embedding.getUserId())) {
            expire(embedding.getUserId(), embedding, oldest, changes, tally);
          }
        });
  }

  private static void expire(
      String user,
      @Nullable UserEmbedding embedding,
      Instant oldest,
      Map<String, @Nullable UserEmbedding> changes,
      Tally tally) {
    if (embedding != null && embedding.getLastEventAt().isBefore(oldest)) {
      changes.put(user, null);
      tally.expired++;
    }
  }

  /** As these changes leave it, which go on from the closed batch. */
  private @Nullable UserEmbedding state(String user, Map<String, @Nullable UserEmbedding> changes) {
    if (changes.containsKey(user)) {
      return changes.get(user);
    }
    return closedChanges().containsKey(user) ? closedChanges().get(user) : store.get(user);
  }

  private Map<String, @Nullable UserEmbedding> closedChanges() {
    return closed == null ? Map.of() : closed.changes();
  }

  private static long after(List<BucketRecord> records) {
    return records.get(records.size() - 1).offset() + 1;
  }

  private static int count(boolean is) {
    return is ? 1 : 0;
  }

  private static long day(Instant at) {
    return Math.floorDiv(at.toEpochMilli(), DAY.toMillis());
  }
}
