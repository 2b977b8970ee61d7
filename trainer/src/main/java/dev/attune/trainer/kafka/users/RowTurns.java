package dev.attune.trainer.kafka.users;

import dev.attune.trainer.kafka.LearningThread;
import dev.attune.trainer.users.BucketRecord;
import dev.attune.trainer.users.UserTrainer;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Which records rows learn next: a few events at a time, one partition's after the other's. Where
 * events share passes, those of several partitions are read ahead in one, which is under way on a
 * thread of its own while heads go on learning.
 *
 * <p>Confined to the polling thread, but for the passes.
 */
final class RowTurns {
  /** Events of a turn, each with a pass of its own. */
  private static final int EVENTS = 4;

  /** Events that one pass reads ahead. */
  private static final int EVENTS_TOGETHER = 32;

  private final RowReader reader;
  private final LearningThread passes;
  private final boolean together;
  private final Timer duration;
  private final List<OwnedUsers> partitions = new ArrayList<>();
  private @Nullable ReadAhead ahead;

  /**
   * @param together whether events share passes
   * @param duration of the passes that read ahead
   */
  RowTurns(RowReader reader, LearningThread passes, boolean together, Timer duration) {
    this.reader = reader;
    this.passes = passes;
    this.together = together;
    this.duration = duration;
  }

  /** What rows will learn, and the passes that it takes. */
  private record ReadAhead(List<Turn> turns, Future<?> passes) {}

  /** A partition's next records, and what rows learn of them. */
  private record Coming(Turn turn, List<UserTrainer.RowBucket> buckets) {}

  /** The partitions whose turns there are from now on. */
  void own(Collection<OwnedUsers> owned) {
    partitions.retainAll(owned);
    owned.stream().filter(partition -> !partitions.contains(partition)).forEach(partitions::add);
    reader.own(owned);
  }

  /** Takes from the broker what is there, without waiting. */
  void fetch() {
    reader.fetch(partitions);
  }

  /**
   * The turns that can be learned now; none while they are being read ahead. A partition may be
   * another's by now.
   *
   * @throws RuntimeException why they could not be read ahead
   */
  List<Turn> next() {
    if (!together) {
      return coming(EVENTS).stream().map(Coming::turn).toList();
    }
    ReadAhead reading = ahead;
    if (reading == null || !reading.passes().isDone()) {
      return List.of();
    }
    ahead = null;
    LearningThread.result(reading.passes());
    return reading.turns();
  }

  /** Begins to read ahead what comes after the turns that were learned, if that is done at all. */
  void readAhead(UserTrainer trainer) {
    if (!together || ahead != null) {
      return;
    }
    List<Coming> coming = coming(EVENTS_TOGETHER);
    if (!coming.isEmpty()) {
      List<Turn> turns = coming.stream().map(Coming::turn).toList();
      List<UserTrainer.RowBucket> buckets =
          coming.stream().flatMap(one -> one.buckets().stream()).toList();
      ahead =
          new ReadAhead(
              turns,
              passes.begin(
                  Turn.naming(turns, () -> duration.record(() -> trainer.prefetchRows(buckets)))));
    }
  }

  /**
   * Forgets what was read ahead, as when another policy comes; it comes again.
   *
   * @param whileWaiting run now and then until passes that are under way have ended
   */
  void forget(Runnable whileWaiting) {
    passes.call(() -> true, whileWaiting);
    ahead = null;
  }

  private List<Coming> coming(int events) {
    List<Coming> coming = new ArrayList<>();
    int left = events;
    for (OwnedUsers partition : List.copyOf(partitions)) {
      if (left <= 0) {
        break;
      }
      List<BucketRecord> records = partition.rows().next(left, partition.users().learnedPosition());
      if (!records.isEmpty()) {
        List<UserTrainer.RowBucket> buckets = partition.users().rowBuckets(records, left);
        coming.add(new Coming(new Turn(partition, records, left), buckets));
        left -= buckets.stream().mapToInt(UserTrainer.RowBucket::events).sum();
        // Its next turn is after the others'.
        partitions.remove(partition);
        partitions.add(partition);
      }
    }
    return coming;
  }
}
