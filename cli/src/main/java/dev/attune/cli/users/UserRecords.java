package dev.attune.cli.users;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The records of a topic that are of one user. Fed with all of them in the order of partitions. */
final class UserRecords {
  private final Predicate<ConsumerRecord<byte[], byte[]>> ofUser;
  private final Map<ByteBuffer, ConsumerRecord<byte[], byte[]>> lastByKey = new HashMap<>();
  private long values;
  private long others;
  private long newest;

  /**
   * @param ofUser asked of each record that has a key
   */
  UserRecords(Predicate<ConsumerRecord<byte[], byte[]>> ofUser) {
    this.ofUser = ofUser;
  }

  /** Takes the next record. */
  void accept(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null || !ofUser.test(record)) {
      others++;
      return;
    }
    lastByKey.put(ByteBuffer.wrap(record.key()), record);
    if (record.value() != null) {
      values++;
      newest = Math.max(newest, record.timestamp());
    }
  }

  /** The user's records that have a value. */
  long values() {
    return values;
  }

  /** Whether the topic has records of anybody else. */
  boolean othersThere() {
    return others > 0;
  }

  /** The newest broker's time of a record with a value; empty where there is none. */
  Optional<Instant> newest() {
    return values == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(newest));
  }

  /** The keys whose last record has a value: what a store or a compacted topic still has. */
  long held() {
    return lastByKey.values().stream().filter(record -> record.value() != null).count();
  }

  /** The user's last record, of whatever key. */
  Optional<ConsumerRecord<byte[], byte[]>> last() {
    return lastByKey.values().stream().max(Comparator.comparingLong(ConsumerRecord::offset));
  }
}
