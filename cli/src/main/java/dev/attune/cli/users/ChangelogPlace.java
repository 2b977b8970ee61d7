package dev.attune.cli.users;

import dev.attune.cli.cluster.TopicReader;
import dev.attune.ingest.ChangelogKeys;
import dev.attune.platform.KafkaSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One of ingest's stores, as its changelog has it. */
final class ChangelogPlace implements Place {
  private final String topic;
  private final @Nullable Duration kept;
  private final TopicReader reader;
  private final UserRecords records;

  /**
   * @param kept how long a record is there at the most; null: until it is deleted
   */
  ChangelogPlace(
      KafkaSettings kafka,
      String applicationId,
      String store,
      @Nullable Duration kept,
      String userId) {
    this.topic = ChangelogKeys.topic(applicationId, store);
    this.kept = kept;
    this.reader = new TopicReader(kafka, topic);
    this.records = new UserRecords(record -> ChangelogKeys.ofUser(store, record.key(), userId));
  }

  @Override
  public Finding look() {
    reader.readToEnd(records::accept);
    return finding(topic, records, kept);
  }

  static Finding finding(String topic, UserRecords records, @Nullable Duration kept) {
    return records.held() == 0
        ? Finding.clean(topic, Finding.Kind.STATE, "every key of the user is deleted")
        : Finding.holds(
            topic,
            Finding.Kind.STATE,
            "%,d keys have a value".formatted(records.held()),
            kept == null ? null : records.newest().orElseThrow().plus(kept));
  }

  @Override
  public void close() {
    reader.close();
  }
}
