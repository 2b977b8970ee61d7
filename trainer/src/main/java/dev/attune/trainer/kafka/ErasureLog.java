package dev.attune.trainer.kafka;

import dev.attune.model.reward.UserKey;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.trainer.core.Erasures;
import dev.attune.trainer.core.Erasures.Erasure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Follows attune.erasures from its beginning: every partition, as any user may have taught any
 * model. Confined to one thread at a time.
 */
final class ErasureLog implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Consumer<String, ErasureRequest> consumer;
  private final List<Erasure> read = new ArrayList<>();
  private Erasures erasures = Erasures.NONE;

  ErasureLog(Consumer<String, ErasureRequest> consumer) {
    this.consumer = consumer;
    List<TopicPartition> partitions = Brokers.partitions(consumer, Topics.ERASURES.name());
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads what is there now. */
  void refresh() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("the end of " + Topics.ERASURES.name() + " was not reached");
      }
      for (ConsumerRecord<String, ErasureRequest> record : consumer.poll(POLL)) {
        if (record.value() != null) {
          read.add(
              new Erasure(
                  record.partition(), record.offset(), UserKey.of(record.value().getUserId())));
        }
      }
    }
    if (read.size() > erasures.all().size()) {
      erasures = new Erasures(read);
    }
  }

  /** Everyone who left, as far as was read. */
  Erasures erasures() {
    return erasures;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
