package dev.attune.scorer.kafka;

import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.core.Admission;
import dev.attune.scorer.core.Prompt;
import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads a record of the prompts topic; bytes that are no request become one that is refused. */
public final class PromptReader {
  private final Deserializer<ScoreRequest> deserializer;
  private final Admission admission;

  public PromptReader(Deserializer<ScoreRequest> deserializer, Admission admission) {
    this.deserializer = deserializer;
    this.admission = admission;
  }

  /**
   * Reads one record.
   *
   * @throws WireFormatException only where the registry cannot be asked: the same bytes may be read
   *     later
   */
  public Prompt read(ConsumerRecord<String, byte[]> record) {
    return read(record, admission::admit);
  }

  /**
   * Reads one that is not to be scored any more, but to be answered with an error.
   *
   * @throws WireFormatException as {@link #read}
   */
  Prompt giveUp(ConsumerRecord<String, byte[]> record) {
    return read(record, Admission::giveUp);
  }

  /** What becomes of a record that holds a request. */
  private interface Taking {
    Prompt take(int partition, long offset, String key, Instant appendedAt, ScoreRequest request);
  }

  private Prompt read(ConsumerRecord<String, byte[]> record, Taking taking) {
    if (record.value() == null) {
      return refused(record, "NO_VALUE");
    }
    ScoreRequest request;
    try {
      request = deserializer.deserialize(record.topic(), record.headers(), record.value());
    } catch (WireFormatException e) {
      if (RegistryFaults.isOne(e)) {
        throw e;
      }
      return refused(record, e.reason().name());
    }
    return taking.take(
        record.partition(), record.offset(), key(record), appendedAt(record), request);
  }

  private static Prompt refused(ConsumerRecord<String, byte[]> record, String reason) {
    return Admission.refuse(
        record.partition(), record.offset(), key(record), appendedAt(record), reason);
  }

  private static String key(ConsumerRecord<String, byte[]> record) {
    return Objects.requireNonNullElse(record.key(), "");
  }

  private static Instant appendedAt(ConsumerRecord<String, byte[]> record) {
    return Instant.ofEpochMilli(record.timestamp());
  }
}
