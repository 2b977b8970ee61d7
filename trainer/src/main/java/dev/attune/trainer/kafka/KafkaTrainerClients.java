package dev.attune.trainer.kafka;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Clients of a real cluster. */
public final class KafkaTrainerClients implements TrainerClients {
  /** A bucket may take a long step; few are fetched ahead. */
  private static final int MAX_POLL_RECORDS = 16;

  /** Nothing is learned inside a transaction: it lasts milliseconds, and a dead one soon ends. */
  private static final int TRANSACTION_TIMEOUT_MS = 30_000;

  private static final int READER_WAIT_MS = 10;

  private static final int DEFAULT_MAX_POLL_INTERVAL_MS = 300_000;

  private final KafkaSettings settings;
  private final String group;
  private final Topic<PreferenceBucket> buckets;
  private final int fetched;
  private final AtomicInteger readers = new AtomicInteger();

  /**
   * Clients that read attune.buckets.by-domain.
   *
   * @param group the consumer group; also the prefix of client and transactional ids
   */
  public KafkaTrainerClients(KafkaSettings settings, String group) {
    this(settings, group, Topics.BUCKETS_BY_DOMAIN, MAX_POLL_RECORDS);
  }

  /**
   * Clients of a group.
   *
   * @param group the consumer group; also the prefix of client and transactional ids
   * @param buckets the topic that the group reads
   * @param fetched most buckets that a poll of the group's member gives
   */
  public KafkaTrainerClients(
      KafkaSettings settings, String group, Topic<PreferenceBucket> buckets, int fetched) {
    this.settings = settings;
    this.group = group;
    this.buckets = buckets;
    this.fetched = fetched;
  }

  @Override
  public Consumer<String, PreferenceBucket> buckets() {
    Map<String, Object> config = settings.consumer(group, group);
    config.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, fetched);
    if (!"consumer".equals(config.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG))) {
      // The eager default would have every member give up and restore all its models each time.
      config.putIfAbsent(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          CooperativeStickyAssignor.class.getName());
    }
    return consumer(config, buckets);
  }

  @Override
  public Duration maxPollInterval() {
    Object configured = settings.admin(group).get(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
    return Duration.ofMillis(
        configured == null
            ? DEFAULT_MAX_POLL_INTERVAL_MS
            : Long.parseLong(String.valueOf(configured)));
  }

  @Override
  public <V extends SpecificRecord> Consumer<String, V> committed(Topic<V> topic) {
    return consumer(reader(topic), topic);
  }

  @Override
  public <V extends SpecificRecord> Consumer<String, V> uncommitted(Topic<V> topic) {
    Map<String, Object> config = reader(topic);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    return consumer(config, topic);
  }

  @Override
  public Producer<String, SpecificRecord> artifacts() {
    return producer(settings.producer(group + "-artifacts"));
  }

  @Override
  public Producer<String, SpecificRecord> transactional(int partition) {
    Map<String, Object> config = settings.transactionalProducer(group + "-" + partition);
    config.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
    return producer(config);
  }

  @Override
  public Admin admin() {
    return Admin.create(settings.admin(group + "-admin"));
  }

  private Map<String, Object> reader(Topic<?> topic) {
    Map<String, Object> config =
        settings.consumerWithoutGroup(group + "-" + topic.name() + "-" + readers.incrementAndGet());
    // Readers poll only while there is something to read; they must not wait where there is not.
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, READER_WAIT_MS);
    // These name a member of the group, which a reader outside of it is not.
    config.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    config.remove(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
    return config;
  }

  private <V extends SpecificRecord> Consumer<String, V> consumer(
      Map<String, Object> config, Topic<V> topic) {
    AvroDeserializer<V> values = new AvroDeserializer<>(topic.valueType());
    values.configure(settings.serde(), false);
    return new KafkaConsumer<>(config, new StringDeserializer(), values);
  }

  private Producer<String, SpecificRecord> producer(Map<String, Object> config) {
    AvroSerializer<SpecificRecord> values = new AvroSerializer<>();
    values.configure(settings.serde(), false);
    return new KafkaProducer<>(config, new StringSerializer(), values);
  }
}
