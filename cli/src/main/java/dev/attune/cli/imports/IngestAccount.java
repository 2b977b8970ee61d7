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
 * offsets that it covers and holds the feedback of those that were accepted; the rejected and the
 * quarantined topic name the offsets of the others. What is covered by a bucket and found nowhere
 * else gave nothing new: a repeat, a withdrawal, or an event that was replaced before its bucket
 * was closed.
 *
 * <p>Create it before the first event is sent: it reads what comes after. One thread.
 */
final class IngestAccount implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaSettings kafka;
  private final Consumer<String, SpecificRecord> consumer;
  private final Turned rejected = new Turned();
  private final Turned quarantined = new Turned();
  private final Set<Position> withoutFeedback = new HashSet<>();
  private long accepted;
  private long comparisons;
  private long judgements;

  /** Events that ingest did not accept. */
  static final class Turned {
    private final Map<String, Long> byReason = new TreeMap<>();

    private void add(String reason) {
      byReason.merge(reason, 1L, Long::sum);
    }

    /** How many, by reason code. */
    Map<String, Long> byReason() {
      return new TreeMap<>(byReason);
    }

    long count() {
      return byReason.values().stream().mapToLong(Long::longValue).sum();
    }
  }

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
          List.of(
              Topics.BUCKETS_BY_USER.name(),
              Topics.PREFERENCES_REJECTED.name(),
              Topics.PREFERENCES_QUARANTINED.name())) {
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
          take(record, sent);
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

  /** Other values, such as none where a user is erased, account for no event. */
  private void take(ConsumerRecord<String, SpecificRecord> record, SentOffsets sent) {
    if (record.value() instanceof PreferenceBucket bucket) {
      take(bucket, sent);
    } else if (record.value() instanceof RejectedPreference one) {
      Position source = one.getSource();
      boolean ours = sent.remove(source.getPartition(), source.getOffset());
      // Either may come first, this record or the bucket that covers its event.
      if (ours || withoutFeedback.remove(source)) {
        turned(record.topic()).add(one.getReason());
      }
    }
  }

  private void take(PreferenceBucket bucket, SentOffsets sent) {
    Map<Long, Feedback> feedbackAt = new HashMap<>();
    bucket.getFeedback().forEach(feedback -> feedbackAt.put(feedback.getOffset(), feedback));
    for (long offset : bucket.getSourceOffsets()) {
      if (!sent.remove(bucket.getSourcePartition(), offset)) {
        continue;
      }
      Feedback feedback = feedbackAt.get(offset);
      if (feedback == null) {
        withoutFeedback.add(
            new Position(Topics.PREFERENCES.name(), bucket.getSourcePartition(), offset));
      } else {
        accepted++;
        comparisons += feedback.getComparisons().size();
        judgements += feedback.getJudgements().size();
      }
    }
  }

  private Turned turned(String topic) {
    return topic.equals(Topics.PREFERENCES_QUARANTINED.name()) ? quarantined : rejected;
  }

  /** A rejection may follow the bucket that covers it: reads what is committed by now. */
  private void settle() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<String, SpecificRecord> record : consumer.poll(POLL)) {
        take(record, new SentOffsets());
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

  /** Judgements of the accepted events. */
  long judgements() {
    return judgements;
  }

  Turned rejected() {
    return rejected;
  }

  /** Held back for a person to look at. */
  Turned quarantined() {
    return quarantined;
  }

  long duplicate() {
    return withoutFeedback.size();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
