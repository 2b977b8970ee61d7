package dev.attune.scorer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.ScoreResult;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class AnswerWriterTest {
  private final List<LosingProducer> producers = new ArrayList<>();
  private final AtomicInteger renewals = new AtomicInteger();
  private final AnswerWriter writer =
      new AnswerWriter(this::producer, KafkaClientMetrics::new, renewals::incrementAndGet);

  @Test
  void shouldSayOfEachAnswerWhetherItWasWritten() {
    // Given
    List<ProducerRecord<String, ScoreResult>> records = records("a", "lost", "b");

    // When
    List<Boolean> written = writer.write(records);

    // Then
    assertThat(written).containsExactly(true, false, true);
  }

  @Test
  void shouldTakeWhatFollowsARefusedAnswerForNotWritten() {
    // Given
    List<ProducerRecord<String, ScoreResult>> records = records("a", "refused", "b");

    // When
    List<Boolean> written = writer.write(records);

    // Then
    assertThat(written).containsExactly(true, false, false);
    assertThat(producers.get(0).history()).hasSize(1);
  }

  @Test
  void shouldGoOnWithANewProducerAfterAFailure() {
    // Given
    writer.write(records("a"));
    writer.write(records("lost"));

    // When
    List<Boolean> written = writer.write(records("b"));

    // Then
    assertThat(written).containsExactly(true);
    assertThat(producers).hasSize(2);
    assertThat(producers.get(0).closed()).isTrue();
    assertThat(renewals).hasValue(1);
  }

  private Producer<String, ScoreResult> producer() {
    LosingProducer producer = new LosingProducer();
    producers.add(producer);
    return producer;
  }

  private static List<ProducerRecord<String, ScoreResult>> records(String... keys) {
    return Stream.of(keys)
        .map(key -> new ProducerRecord<String, ScoreResult>("answers", key, null))
        .toList();
  }

  /** Fails by the record's key. */
  private static final class LosingProducer extends MockProducer<String, ScoreResult> {
    LosingProducer() {
      super(true, null, new StringSerializer(), (topic, result) -> "unused".getBytes(UTF_8));
    }

    @Override
    public synchronized Future<RecordMetadata> send(ProducerRecord<String, ScoreResult> record) {
      return switch (record.key()) {
        case "lost" -> CompletableFuture.failedFuture(new TimeoutException("asked to"));
        case "refused" -> throw new TimeoutException("asked to");
        default -> super.send(record);
      };
    }
  }
}
