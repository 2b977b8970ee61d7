package dev.attune.trainer.kafka;

import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.PartitionTrainer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/**
 * A partition that this instance trains.
 *
 * @param topicId of the topic that it belongs to
 * @param producer commits its checkpoints
 * @param queue buckets that were fetched and not yet learned from
 */
record OwnedPartition(
    TopicPartition topicPartition,
    String topicId,
    PartitionTrainer trainer,
    Producer<String, SpecificRecord> producer,
    CheckpointPolicy.Progress progress,
    Deque<ConsumerRecord<String, PreferenceBucket>> queue) {

  OwnedPartition(
      TopicPartition topicPartition,
      String topicId,
      PartitionTrainer trainer,
      Producer<String, SpecificRecord> producer,
      CheckpointPolicy.Progress progress) {
    this(topicPartition, topicId, trainer, producer, progress, new ArrayDeque<>());
  }
}
