package dev.attune.trainer.kafka.users;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.users.PastEvent;
import dev.attune.trainer.users.PastEvents;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads single buckets of one partition again. Confined to one thread at a time. */
final class BucketLookup implements PastEvents, AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Consumer<String, PreferenceBucket> consumer;
  private TopicPartition partition = new TopicPartition(Topics.BUCKETS_BY_USER.name(), 0);

  BucketLookup(Consumer<String, PreferenceBucket> consumer) {
    this.consumer = consumer;
  }

  /** Says which partition's references are asked for from now on. */
  void partition(TopicPartition other) {
    partition = other;
  }

  @Override
  public Map<Long, PastEvent> find(Collection<EventReference> references) {
    Map<Long, PastEvent> found = new HashMap<>();
    NavigableSet<Long> wanted = new TreeSet<>();
    NavigableSet<Long> events = new TreeSet<>();
    references.forEach(
        reference -> {
          wanted.add(reference.getBucketOffset());
          events.add(reference.getOffset());
        });
    if (wanted.isEmpty()) {
      return found;
    }
    consumer.assign(List.of(partition));
    long beginning = consumer.beginningOffsets(List.of(partition)).get(partition);
    wanted.headSet(beginning).clear();
    while (!wanted.isEmpty()) {
      consumer.seek(partition, wanted.first());
      read(wanted, events, found);
    }
    return found;
  }

  /** Takes what it can from the next records: neighbours are fetched together. */
  private void read(
      NavigableSet<Long> wanted, NavigableSet<Long> events, Map<Long, PastEvent> found) {
    long first = wanted.first();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(partition) <= first) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("offset " + first + " of " + partition + " was not read");
      }
      for (ConsumerRecord<String, PreferenceBucket> record : consumer.poll(POLL)) {
        if (wanted.remove(record.offset()) && record.value() != null) {
          for (Feedback feedback : record.value().getFeedback()) {
            if (events.contains(feedback.getOffset())) {
              found.put(
                  feedback.getOffset(), new PastEvent(feedback, record.value().getUserText()));
            }
          }
        }
      }
    }
    // An offset without a record holds none that could be found.
    wanted.remove(first);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
