package dev.attune.scorer.kafka;

import org.apache.kafka.common.KafkaException;

/**
 * Work with Kafka clients of its own, for as long as they last. One thread; only {@link #wakeup}
 * may be called from others.
 */
interface KafkaTask extends AutoCloseable {
  /**
   * Comes to where it can work.
   *
   * @throws KafkaException where the clients are of no use
   */
  void open();

  /**
   * Does one piece of work, in bounded time.
   *
   * @return false where it failed and is to be tried again after a while
   * @throws KafkaException where the clients are of no use any more
   */
  boolean step();

  /** Ends a poll that waits. */
  void wakeup();

  /** Closes the clients. */
  @Override
  void close();
}
