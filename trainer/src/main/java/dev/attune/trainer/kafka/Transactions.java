package dev.attune.trainer.kafka;

import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.producer.Producer;

/** Runs a transaction of the group's member, again where the group has moved on. */
@FunctionalInterface
public interface Transactions {
  /**
   * @param transaction from its beginning to its commit
   * @return false: the partition is another's by now, and nothing was committed
   */
  boolean run(Producer<?, ?> producer, Consumer<ConsumerGroupMetadata> transaction);
}
