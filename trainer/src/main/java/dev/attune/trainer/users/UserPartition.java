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
 * The users of one partition of attune.buckets.by-user. A batch is worked out beside the committed
 * states and changes them only once it is committed itself; so a batch that was not is forgotten by
 * doing nothing. How records are cut into batches has no effect on states. One thread at a time.
 *
 * <p>Users who were idle for too long are removed when the partition's time, the latest event's so
 * far, passes midnight (UTC): which those are depends on the records alone.
 */
public final class UserPartition {
  private static final Duration DAY = Duration.ofDays(1);

  private final UserStore store;
  private final @Nullable Duration expireAfter;
  private Instant time;
  private long users;
  private long usersWithoutRow;

  /**
   * @param store holds what was committed
   * @param expireAfter how long a user may be idle; null: for ever
   * @param time the latest event's so far
   */
  public UserPartition(UserStore store, @Nullable Duration expireAfter, Instant time) {
    this.store = store;
    this.expireAfter = expireAfter;
    this.time = time;
    store.forEach(
        embedding -> {
          users++;
          usersWithoutRow += UserEmbeddings.withoutRow(embedding) ? 1 : 0;
        });
  }

  /**
   * What a batch changes.
   *
   * @param changes states by user; null removes the user
   * @param time of the partition after it
   * @param last the last record that it covers
   */
  public record Batch(
      Map<String, @Nullable UserEmbedding> changes, Instant time, long last, Tally tally) {
    /** Keeps nulls, which mean something. */
    public Batch {
      changes = Collections.unmodifiableMap(new LinkedHashMap<>(changes));
    }
  }

  /** The latest event's time so far. */
  public Instant time() {
    return time;
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
  public Batch learnHeads(List<BucketRecord> records, UserTrainer trainer, boolean together) {
    Map<String, @Nullable UserEmbedding> changes = new LinkedHashMap<>();
    Tally tally = new Tally();
    if (together) {
      trainer.prefetch(
          records.stream().map(BucketRecord::bucket).filter(Objects::nonNull).toList(), tally);
    }
    Instant now = time;
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
    return new Batch(changes, now, records.get(records.size() - 1).offset(), tally);
  }

  /**
   * What {@link #learnRows} will learn of these records, so that it can be read ahead.
   *
   * @param records at least one; heads have learned them
   */
  public List<UserTrainer.RowBucket> rowBuckets(List<BucketRecord> records, int most) {
    List<UserTrainer.RowBucket> buckets = new ArrayList<>();
    for (BucketRecord record : firstEvents(records, most)) {
      UserEmbedding before = store.get(record.userId());
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
  public Batch learnRows(List<BucketRecord> records, UserTrainer trainer, int most) {
    List<BucketRecord> batch = firstEvents(records, most);
    Map<String, @Nullable UserEmbedding> changes = new LinkedHashMap<>();
    Tally tally = new Tally();
    for (BucketRecord record : batch) {
      UserEmbedding before = state(record.userId(), changes);
      if (learnsRow(before, record)) {
        changes.put(
            record.userId(), trainer.learnRow(before, record.offset(), record.bucket(), tally));
      }
    }
    return new Batch(changes, time, batch.get(batch.size() - 1).offset(), tally);
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
      if (learnsRow(store.get(record.userId()), record)) {
        events += record.bucket().getFeedback().size();
      }
    }
    return first;
  }

  /** Who left since then, or began anew, has nothing to do with an old bucket. */
  private static boolean learnsRow(@Nullable UserEmbedding before, BucketRecord record) {
    return record.bucket() != null && before != null && before.getFirstBucket() <= record.offset();
  }

  /** Takes over a batch of this partition that was committed. */
  public void committed(Batch batch) {
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
    time = batch.time();
  }

  private void expire(long today, Map<String, @Nullable UserEmbedding> changes, Tally tally) {
    if (expireAfter == null) {
      return;
    }
    Instant oldest = Instant.EPOCH.plus(DAY.multipliedBy(today)).minus(expireAfter);
    for (Map.Entry<String, @Nullable UserEmbedding> entry : changes.entrySet()) {
      UserEmbedding embedding = entry.getValue();
      if (embedding != null && embedding.getLastEventAt().isBefore(oldest)) {
        entry.setValue(null);
        tally.expired++;
      }
    }
    store.forEach(
        embedding -> {
          String user = embedding.getUserId();
          if (!changes.containsKey(user) && embedding.getLastEventAt().isBefore(oldest)) {
            changes.put(user, null);
            tally.expired++;
          }
        });
  }

  private @Nullable UserEmbedding state(String user, Map<String, @Nullable UserEmbedding> changes) {
    return changes.containsKey(user) ? changes.get(user) : store.get(user);
  }

  private static int count(boolean is) {
    return is ? 1 : 0;
  }

  private static long day(Instant at) {
    return Math.floorDiv(at.toEpochMilli(), DAY.toMillis());
  }
}
