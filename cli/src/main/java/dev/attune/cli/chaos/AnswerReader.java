package dev.attune.cli.chaos;

import dev.attune.cli.traffic.Place;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroDeserializer;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads the scorer's input and output into the audit. Not thread-safe. */
final class AnswerReader implements AutoCloseable {
  private final AvroDeserializer<ScoreResult> answers = new AvroDeserializer<>();
  private final LongestPause pause = new LongestPause();
  private final RequestAudit audit;
  private final LogReader log;

  AnswerReader(KafkaSettings kafka, RequestAudit audit) {
    this.audit = audit;
    answers.configure(kafka.serde(), false);
    log = LogReader.ofCommitted(kafka, List.of(Topics.PROMPTS, Topics.REWARDS), this::enter);
  }

  /** Is polled by whom the reader belongs to. */
  LogReader log() {
    return log;
  }

  /** Between answers. */
  LongestPause pause() {
    return pause;
  }

  private void enter(ConsumerRecord<String, byte[]> record) {
    if (record.topic().equals(Topics.PROMPTS.name())) {
      audit.inLog(new Place(record.partition(), record.offset()), Sender.number(record));
      return;
    }
    pause.end();
    audit.answered(
        record.key(), answers.deserialize(record.topic(), record.headers(), record.value()));
  }

  @Override
  public void close() {
    log.close();
    answers.close();
  }
}
