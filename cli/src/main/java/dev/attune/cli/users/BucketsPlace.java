package dev.attune.cli.users;

import dev.attune.cli.cluster.TopicReader;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether ingest has told the trainer of the erasure: a record without a value in
 * attune.buckets.by-user that came after the request, and no bucket behind it.
 */
final class BucketsPlace implements Place {
  private static final String NAME = Topics.BUCKETS_BY_USER.name() + " (the word)";

  private final TopicReader reader;
  private final UserRecords records;
  private final Map<TopicPartition, Long> before;

  /** Made before the erasure is asked for: what is there now does not answer it. */
  BucketsPlace(KafkaSettings kafka, Predicate<ConsumerRecord<byte[], byte[]>> ofUser) {
    reader = new TopicReader(kafka, Topics.BUCKETS_BY_USER.name());
    records = new UserRecords(ofUser);
    before = reader.ends();
  }

  @Override
  public Finding look() {
    reader.readToEnd(records::accept);
    return finding(records.last(), before);
  }

  /** The place of the record without a value, where it answers the request. */
  Optional<ConsumerRecord<byte[], byte[]>> word() {
    return records.last().filter(record -> answers(record, before));
  }

  static Finding finding(
      Optional<ConsumerRecord<byte[], byte[]>> last, Map<TopicPartition, Long> before) {
    if (last.isEmpty() || !isNew(last.get(), before)) {
      return Finding.holds(
          NAME, Finding.Kind.STATE, "ingest has not followed the request yet", null);
    }
    ConsumerRecord<byte[], byte[]> record = last.get();
    return record.value() == null
        ? Finding.clean(
            NAME,
            Finding.Kind.STATE,
            "it is at partition %d, offset %d, behind every bucket"
                .formatted(record.partition(), record.offset()))
        : Finding.holds(
            NAME, Finding.Kind.STATE, "a bucket follows it: the user has sent again", null);
  }

  private static boolean answers(
      ConsumerRecord<byte[], byte[]> record, Map<TopicPartition, Long> before) {
    return record.value() == null && isNew(record, before);
  }

  private static boolean isNew(
      ConsumerRecord<byte[], byte[]> record, Map<TopicPartition, Long> before) {
    return record.offset()
        >= before.getOrDefault(new TopicPartition(record.topic(), record.partition()), 0L);
  }

  @Override
  public void close() {
    reader.close();
  }
}
