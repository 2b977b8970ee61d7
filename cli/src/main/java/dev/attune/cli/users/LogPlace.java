package dev.attune.cli.users;

import dev.attune.cli.cluster.TopicReader;
import dev.attune.platform.KafkaSettings;
import java.time.Duration;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** A topic that keeps what was sent or answered until its retention ends. */
final class LogPlace implements Place {
  private final String topic;
  private final @Nullable Duration kept;
  private final TopicReader reader;
  private final UserRecords records;

  /**
   * @param kept how long a record is there at the most; null: for ever
   */
  LogPlace(
      KafkaSettings kafka,
      String topic,
      @Nullable Duration kept,
      Predicate<ConsumerRecord<byte[], byte[]>> ofUser) {
    this.topic = topic;
    this.kept = kept;
    this.reader = new TopicReader(kafka, topic);
    this.records = new UserRecords(ofUser);
  }

  @Override
  public Finding look() {
    reader.readToEnd(records::accept);
    return finding(topic, records, kept);
  }

  static Finding finding(String topic, UserRecords records, @Nullable Duration kept) {
    return records
        .newest()
        .map(
            newest ->
                Finding.holds(
                    topic,
                    Finding.Kind.LOG,
                    "%,d records as they were sent".formatted(records.values()),
                    kept == null ? null : newest.plus(kept)))
        .orElseGet(() -> Finding.clean(topic, Finding.Kind.LOG, "no record"));
  }

  @Override
  public void close() {
    reader.close();
  }
}
