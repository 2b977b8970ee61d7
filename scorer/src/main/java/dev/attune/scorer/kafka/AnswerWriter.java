package dev.attune.scorer.kafka;

import dev.attune.schemas.events.ScoreResult;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers without transactions, and says of each whether the brokers have it. After a
 * failure it goes on with a new producer, as the old one may be of no use any more. One thread.
 */
final class AnswerWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerWriter.class);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private final Supplier<Producer<String, ScoreResult>> producers;
  private final Function<Producer<String, ScoreResult>, KafkaClientMetrics> binding;
  private final Runnable onRenewal;
  private @Nullable Producer<String, ScoreResult> producer;
  private @Nullable KafkaClientMetrics clientMetrics;

  /**
   * @param producers idempotent ones
   * @param binding joins a producer's own metrics to the scorer's
   * @param onRenewal called after each failure
   */
  AnswerWriter(
      Supplier<Producer<String, ScoreResult>> producers,
      Function<Producer<String, ScoreResult>, KafkaClientMetrics> binding,
      Runnable onRenewal) {
    this.producers = producers;
    this.binding = binding;
    this.onRenewal = onRenewal;
  }

  /**
   * Writes answers and waits for the brokers.
   *
   * @return for each whether all in-sync replicas have it; one that they have not may be written
   *     all the same
   */
  List<Boolean> write(List<ProducerRecord<String, ScoreResult>> records) {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    Throwable fault = null;
    try {
      Producer<String, ScoreResult> current = producer();
      for (ProducerRecord<String, ScoreResult> record : records) {
        sent.add(current.send(record));
      }
      current.flush();
    } catch (KafkaException e) {
      // The first that fails has waited long enough for those behind it.
      fault = e;
    }
    List<Boolean> written = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      Throwable failure = i < sent.size() ? failure(sent.get(i)) : fault;
      written.add(failure == null);
      fault = fault == null ? failure : fault;
    }
    if (fault != null) {
      LOG.atWarn()
          .addKeyValue("error", fault.toString())
          .log("answers were not written, and are tried again");
      discard(Duration.ZERO);
      onRenewal.run();
    }
    return written;
  }

  private static @Nullable Throwable failure(Future<RecordMetadata> sent) {
    try {
      sent.get();
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private Producer<String, ScoreResult> producer() {
    Producer<String, ScoreResult> current = producer;
    if (current == null) {
      current = producers.get();
      producer = current;
      clientMetrics = binding.apply(current);
    }
    return current;
  }

  private void discard(Duration patience) {
    if (clientMetrics != null) {
      clientMetrics.close();
      clientMetrics = null;
    }
    if (producer != null) {
      producer.close(patience);
      producer = null;
    }
  }

  @Override
  public void close() {
    discard(CLOSE);
  }
}
