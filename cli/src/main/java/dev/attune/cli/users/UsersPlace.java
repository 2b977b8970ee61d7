package dev.attune.cli.users;

import dev.attune.cli.cluster.TopicReader;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The user's state in attune.users. */
final class UsersPlace implements Place {
  private static final String NAME = Topics.USERS.name();

  private final TopicReader reader;
  private final UserRecords records;

  UsersPlace(KafkaSettings kafka, Predicate<ConsumerRecord<byte[], byte[]>> ofUser) {
    reader = new TopicReader(kafka, NAME);
    records = new UserRecords(ofUser);
  }

  @Override
  public Finding look() {
    reader.readToEnd(records::accept);
    return finding(records);
  }

  /** Whether the topic has a state of anybody, this user included. */
  boolean statesThere() {
    return records.othersThere() || records.values() > 0;
  }

  static Finding finding(UserRecords records) {
    if (records.held() > 0) {
      return Finding.holds(NAME, Finding.Kind.STATE, "the user has a state", null);
    }
    return Finding.clean(
        NAME,
        Finding.Kind.STATE,
        records.last().isEmpty()
            ? "no record"
            : "deleted; %,d earlier states are on disk until the topic is compacted, within two days"
                .formatted(records.values()));
  }

  @Override
  public void close() {
    reader.close();
  }
}
