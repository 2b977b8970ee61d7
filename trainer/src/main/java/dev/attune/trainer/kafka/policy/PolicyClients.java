package dev.attune.trainer.kafka.policy;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.trainer.kafka.KafkaTrainerClients;
import dev.attune.trainer.kafka.TrainerClients;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Makes the Kafka clients of the policy pipeline. Who asks for one closes it. */
public final class PolicyClients {
  /** Nothing is learned inside a transaction: it lasts milliseconds, and a dead one soon ends. */
  private static final int TRANSACTION_TIMEOUT_MS = 30_000;

  private final KafkaSettings settings;
  private final String group;
  private final TrainerClients common;

  /**
   * @param group the consumer group; also the transactional id and the prefix of client ids
   */
  public PolicyClients(KafkaSettings settings, String group) {
    this.settings = settings;
    this.group = group;
    this.common = new KafkaTrainerClients(settings, group);
  }

  /**
   * A member of the group: committed reads, no commits by itself, no offset reset. The group uses
   * the classic protocol, as with the newer one the brokers would share the partitions out.
   */
  Consumer<String, PreferenceBucket> buckets() {
    Map<String, Object> config = settings.consumer(group, group);
    config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
    config.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, OneMemberAssignor.class.getName());
    AvroDeserializer<PreferenceBucket> values =
        new AvroDeserializer<>(Topics.BUCKETS_BY_USER.valueType());
    values.configure(settings.serde(), false);
    return new KafkaConsumer<>(config, new StringDeserializer(), values);
  }

  /** The producer of manifests; it fences the one of the writer before. */
  public Producer<String, SpecificRecord> transactional() {
    Map<String, Object> config = settings.transactionalProducer(group);
    config.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
    AvroSerializer<SpecificRecord> values = new AvroSerializer<>();
    values.configure(settings.serde(), false);
    return new KafkaProducer<>(config, new StringSerializer(), values);
  }

  /** The clients that all pipelines use alike. */
  TrainerClients common() {
    return common;
  }
}
