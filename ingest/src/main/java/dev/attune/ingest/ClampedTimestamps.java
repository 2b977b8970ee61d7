package dev.attune.ingest;

import java.time.InstantSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The record's time, but never before its partition's time so far and never later than now. So time
 * in a partition moves forward with the broker's clock, whoever sets the records' times: one time
 * in the future would make every later record look too old to be remembered, and one in the past
 * would itself be too old; either way repeats would pass. (The topics are meant to have the
 * broker's times; one made by others may not.)
 *
 * <p>A partition's time is kept with its committed offset, so it holds over restarts (KIP-251).
 * Where the clock of a new machine is behind it, time stands still until the clock has caught up.
 */
final class ClampedTimestamps implements TimestampExtractor {
  private final InstantSource clock;

  ClampedTimestamps(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    long now = clock.millis();
    long notInTheFuture = record.timestamp() < 0 ? now : Math.min(record.timestamp(), now);
    return Math.max(notInTheFuture, partitionTime);
  }
}
