package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.core.EventTooLargeException;
import dev.attune.scorer.core.PreferenceSink;
import dev.attune.scorer.core.QueueFullException;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Produces preference events to {@code attune.preferences}, keyed by user id, idempotently, and
 * acknowledged by all replicas.
 *
 * <p>One thread hands them to the producer, in their order: a producer may block (its metadata, the
 * registry, its buffer), which no caller shall. What waits for that thread is bounded. Thread-safe.
 */
public final class KafkaPreferenceSink implements PreferenceSink, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaPreferenceSink.class);
  private static final int WAITING = 1000;
  private static final Duration CLOSE = Duration.ofSeconds(5);

  private final ScorerClients clients;
  private final Duration timeout;

  /** Both of the sender's thread. */
  private @Nullable Producer<String, PreferenceEvent> producer;

  private @Nullable KafkaClientMetrics metrics;

  private final ThreadPoolExecutor sender =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          task -> new Thread(task, "scorer-preferences"));

  /**
   * @param timeout after which an event that is not acknowledged has failed
   */
  public KafkaPreferenceSink(ScorerClients clients, Duration timeout) {
    this.clients = clients;
    this.timeout = timeout;
  }

  @Override
  public CompletableFuture<Position> send(PreferenceEvent event) {
    CompletableFuture<Position> position = new CompletableFuture<>();
    try {
      sender.execute(() -> hand(event, position));
    } catch (RejectedExecutionException e) {
      throw new QueueFullException("too many events wait for the cluster");
    }
    return position;
  }

  /** Nobody waits for an event any more: what is not with the producer is not sent. */
  @Override
  public void close() {
    sender.shutdownNow();
    try {
      if (!sender.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.atWarn().log("the producer of preferences did not let go in time");
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (producer != null) {
      producer.close(CLOSE);
    }
    if (metrics != null) {
      metrics.close();
    }
  }

  /** Made late: a cluster whose name is not known yet must not keep the scorer from starting. */
  private Producer<String, PreferenceEvent> producer() {
    if (producer == null) {
      producer = clients.preferences(timeout);
      metrics = clients.bind(producer);
    }
    return producer;
  }

  private void hand(PreferenceEvent event, CompletableFuture<Position> position) {
    if (position.isDone()) {
      return;
    }
    try {
      producer()
          .send(
              new ProducerRecord<>(Topics.PREFERENCES.name(), event.getUserId(), event),
              (metadata, error) -> {
                if (error == null) {
                  position.complete(
                      new Position(metadata.topic(), metadata.partition(), metadata.offset()));
                } else {
                  position.completeExceptionally(explained(error));
                }
              });
    } catch (RuntimeException e) {
      position.completeExceptionally(explained(e));
    }
  }

  private static Exception explained(Exception error) {
    if (error instanceof RecordTooLargeException) {
      return new EventTooLargeException("the event's record is larger than the cluster takes");
    }
    boolean later =
        error instanceof RetriableException
            || error.getCause() instanceof ConfigException
            || (error instanceof WireFormatException e && RegistryFaults.isOne(e));
    return later ? new QueueFullException("the cluster did not acknowledge the event") : error;
  }
}
