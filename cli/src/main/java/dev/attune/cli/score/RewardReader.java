package dev.attune.cli.score;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads attune.rewards, committed results only, without a group. One thread. */
final class RewardReader implements AutoCloseable {
  private final KafkaSettings kafka;
  private final Consumer<String, ScoreResult> consumer;

  /**
   * Reads what comes after this call, or everything that is kept.
   *
   * @param fromBeginning everything
   */
  RewardReader(KafkaSettings kafka, boolean fromBeginning) {
    this.kafka = kafka;
    KafkaCalls.requireTopics(kafka, Topics.PROMPTS, Topics.REWARDS);
    AvroDeserializer<ScoreResult> deserializer = new AvroDeserializer<>();
    deserializer.configure(kafka.serde(), false);
    try {
      consumer =
          new KafkaConsumer<>(
              kafka.consumerWithoutGroup("attune-rewards"), new StringDeserializer(), deserializer);
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REWARDS.name()).stream()
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      if (fromBeginning) {
        consumer.seekToBeginning(partitions);
      } else {
        consumer.seekToEnd(partitions);
      }
      // A seek is carried out lazily; "the end" has to mean now.
      partitions.forEach(consumer::position);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** The results that have come; waits a little where there are none. */
  List<ScoreResult> poll(Duration limit) {
    try {
      List<ScoreResult> results = new ArrayList<>();
      for (ConsumerRecord<String, ScoreResult> record : consumer.poll(limit)) {
        if (record.value() != null) {
          results.add(record.value());
        }
      }
      return results;
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
