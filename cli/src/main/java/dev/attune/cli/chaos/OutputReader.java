package dev.attune.cli.chaos;

import dev.attune.cli.traffic.Place;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.serde.AvroDeserializer;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads ingest's input and outputs into the audit. Not thread-safe. */
final class OutputReader implements AutoCloseable {
  private final AvroDeserializer<SpecificRecord> values = new AvroDeserializer<>();
  private final LongestPause pause = new LongestPause();
  private final EventAudit audit;
  private final LogReader log;

  OutputReader(KafkaSettings kafka, EventAudit audit) {
    this.audit = audit;
    values.configure(kafka.serde(), false);
    log =
        LogReader.ofCommitted(
            kafka,
            List.of(
                Topics.PREFERENCES,
                Topics.BUCKETS_BY_USER,
                Topics.BUCKETS_BY_DOMAIN,
                Topics.PREFERENCES_REJECTED,
                Topics.PREFERENCES_QUARANTINED),
            this::enter);
  }

  /** Is polled by whom the reader belongs to. */
  LogReader log() {
    return log;
  }

  /** Between by-user buckets. */
  LongestPause pause() {
    return pause;
  }

  private void enter(ConsumerRecord<String, byte[]> record) {
    if (record.topic().equals(Topics.PREFERENCES.name())) {
      audit.inLog(new Place(record.partition(), record.offset()), Sender.number(record));
      return;
    }
    SpecificRecord value = values.deserialize(record.topic(), record.headers(), record.value());
    if (value instanceof PreferenceBucket bucket) {
      boolean byUser = record.topic().equals(Topics.BUCKETS_BY_USER.name());
      if (byUser) {
        pause.end();
      }
      audit.bucket(byUser ? Route.BY_USER : Route.BY_DOMAIN, record.key(), bucket);
    } else if (value instanceof RejectedPreference rejection) {
      if (record.topic().equals(Topics.PREFERENCES_REJECTED.name())) {
        audit.rejected(rejection.getSource());
      } else {
        audit.quarantined(rejection.getSource());
      }
    } else {
      throw new IllegalStateException("a record of " + record.topic() + " has no known value");
    }
  }

  @Override
  public void close() {
    log.close();
    values.close();
  }
}
