package dev.attune.ingest;

import java.time.InstantSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The record's time, but never later than now. Stream time only moves forward: one record with a
 * time in the future would make every later one look too old to be remembered, and duplicates would
 * pass. (The topic is meant to have the broker's times; one made by others may not.)
 */
final class ClampedTimestamps implements TimestampExtractor {
  private final InstantSource clock;

  ClampedTimestamps(InstantSource clock) {
    this.clock = clock;
  }

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    long now = clock.millis();
    return record.timestamp() < 0 ? now : Math.min(record.timestamp(), now);
  }
}
