package dev.attune.cli.imports;

import dev.attune.cli.CliException;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.console.Progress;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Finds out what ingest made of sent events, from its committed output: a by-user bucket names the
 * offsets that it covers and holds the feedback of those that were accepted; the rejected topic
 * names the offsets of the others. What is covered by a bucket without feedback and without a
 * rejection is a duplicate.
 *
 * <p>Create it before the first event is sent: it reads what comes after. One thread.
 */
final class IngestAccount implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaSettings kafka;
  private final Consumer<String, SpecificRecord> consumer;
  private final Map<String, Long> rejectedByReason = new TreeMap<>();
  private final Set<Position> rejections = new HashSet<>();
  private final Set<Position> withoutFeedback = new HashSet<>();
  private long accepted;
  private long comparisons;

  IngestAccount(KafkaSettings kafka) {
    this.kafka = kafka;
    AvroDeserializer<SpecificRecord> deserializer = new AvroDeserializer<>();
    deserializer.configure(kafka.serde(), false);
    try {
      consumer =
          new KafkaConsumer<>(
              kafka.consumerWithoutGroup("attune-import-account"),
              new StringDeserializer(),
              deserializer);
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic :
          List.of(Topics.BUCKETS_BY_USER.name(), Topics.PREFERENCES_REJECTED.name())) {
        for (PartitionInfo partition : consumer.partitionsFor(topic)) {
          partitions.add(new TopicPartition(topic, partition.partition()));
        }
      }
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      // The end is asked for lazily; it has to be today's.
      partitions.forEach(consumer::position);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /**
   * Reads until every sent event is accounted for.
   *
   * @param sent where the events are; those that are found are taken off
   * @param patience how long nothing may be found before it is given up
   * @throws CliException where it is given up, with the number of events that are missing
   */
  void await(SentOffsets sent, Duration patience, Progress progress) {
    long all = sent.count();
    long giveUpAt = System.nanoTime() + patience.toNanos();
    try {
      while (sent.count() > 0) {
        long before = sent.count();
        for (ConsumerRecord<String, SpecificRecord> record : consumer.poll(POLL)) {
          take(record.value(), sent);
        }
        long now = System.nanoTime();
        if (sent.count() < before) {
          giveUpAt = now + patience.toNanos();
          progress.to(all - sent.count());
        } else if (now > giveUpAt) {
          throw new CliException(
              "%d of %d events are not accounted for after %d s without news; is ingest running?"
                  .formatted(sent.count(), all, patience.toSeconds()));
        }
      }
      settle();
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private void take(SpecificRecord value, SentOffsets sent) {
    if (value instanceof PreferenceBucket bucket) {
      Map<Long, Integer> comparisonsAt = new HashMap<>();
      for (Feedback feedback : bucket.getFeedback()) {
        comparisonsAt.put(feedback.getOffset(), feedback.getComparisons().size());
      }
      for (long offset : bucket.getSourceOffsets()) {
        Position position =
            new Position(Topics.PREFERENCES.name(), bucket.getSourcePartition(), offset);
        boolean ours = sent.remove(bucket.getSourcePartition(), offset);
        if (ours && comparisonsAt.containsKey(offset)) {
          accepted++;
          comparisons += comparisonsAt.get(offset);
        } else if (ours) {
          withoutFeedback.add(position);
        }
      }
    } else if (value instanceof RejectedPreference rejected) {
      Position source = rejected.getSource();
      boolean ours = sent.remove(source.getPartition(), source.getOffset());
      if (ours || withoutFeedback.remove(source)) {
        rejections.add(source);
        rejectedByReason.merge(rejected.getReason(), 1L, Long::sum);
      }
    }
  }

  /** A rejection may follow the bucket that covers it: reads what is committed by now. */
  private void settle() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<String, SpecificRecord> record : consumer.poll(POLL)) {
        take(record.value(), new SentOffsets());
      }
    }
  }

  long accepted() {
    return accepted;
  }

  /** Comparisons of the accepted events. */
  long comparisons() {
    return comparisons;
  }

  /** Rejected events by reason code. */
  Map<String, Long> rejectedByReason() {
    return new TreeMap<>(rejectedByReason);
  }

  long rejected() {
    return rejections.size();
  }

  long duplicate() {
    return withoutFeedback.size();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
