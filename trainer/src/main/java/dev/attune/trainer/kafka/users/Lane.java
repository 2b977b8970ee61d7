package dev.attune.trainer.kafka.users;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.users.BucketRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The records of a partition on their way through one part of the states: waiting, then learned,
 * then committed. Confined to the polling thread.
 */
final class Lane {
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Deque<Learned> learned = new ArrayDeque<>();

  /**
   * @param timestamp when ingest wrote it, in milliseconds
   */
  private record Waiting(BucketRecord record, long timestamp) {}

  private record Learned(long offset, long timestamp) {}

  void add(ConsumerRecord<String, PreferenceBucket> record) {
    waiting.add(
        new Waiting(
            new BucketRecord(record.offset(), record.key(), record.value()), record.timestamp()));
  }

  /** How many were read and have not been learned. */
  int waiting() {
    return waiting.size();
  }

  /** The next to be learned, at most so many, all from before an offset. */
  List<BucketRecord> next(int most, long before) {
    List<BucketRecord> next = new ArrayList<>();
    for (Waiting one : waiting) {
      if (next.size() == most || one.record().offset() >= before) {
        break;
      }
      next.add(one.record());
    }
    return next;
  }

  /** Those from before an offset have been learned. */
  void learned(long position) {
    while (!waiting.isEmpty() && waiting.element().record().offset() < position) {
      Waiting one = waiting.remove();
      learned.add(new Learned(one.record().offset(), one.timestamp()));
    }
  }

  /** What was learned from before an offset has been committed: hands over its timestamps. */
  void committed(long position, LongConsumer timestamps) {
    while (!learned.isEmpty() && learned.element().offset() < position) {
      timestamps.accept(learned.remove().timestamp());
    }
  }
}
