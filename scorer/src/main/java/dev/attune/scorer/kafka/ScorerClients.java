package dev.attune.scorer.kafka;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroSerializer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Makes the scorer's Kafka clients. Values are read as bytes, so that no poll fails on one. */
public final class ScorerClients {
  /** Less than half of the shortest lock that brokers allow by default. */
  private static final Duration WRITE = Duration.ofSeconds(5);

  private final KafkaSettings kafka;
  private final MeterRegistry registry;
  private final Settings settings;

  public ScorerClients(KafkaSettings kafka, MeterRegistry registry, Settings settings) {
    this.kafka = kafka;
    this.registry = registry;
    this.settings = settings;
  }

  /**
   * How the clients differ from the platform's defaults.
   *
   * @param group the consumer group, or share group
   * @param instance unique among the instances that run at one time
   * @param fromEarliest whether a group without offsets starts at the earliest prompt, or at the
   *     next
   * @param maxPollRecords prompts taken over by one poll
   * @param transactionTimeout after which the broker aborts the transaction of a scorer that died
   */
  public record Settings(
      String group,
      String instance,
      boolean fromEarliest,
      int maxPollRecords,
      Duration transactionTimeout) {}

  Consumer<String, byte[]> prompts() {
    Map<String, Object> config = kafka.consumer(settings.group(), clientId("prompts"));
    config.put(
        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, settings.fromEarliest() ? "earliest" : "latest");
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, settings.maxPollRecords());
    return consumer(config);
  }

  /**
   * A member of the share group.
   *
   * @param most prompts taken over by one poll, beside the setting for that
   */
  ShareConsumer<String, byte[]> sharedPrompts(int most) {
    Map<String, Object> config = kafka.shareConsumer(settings.group(), clientId("prompts"));
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Math.min(most, settings.maxPollRecords()));
    return new KafkaShareConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
  }

  /** What has to be so of the share group. */
  ShareGroup shareGroup() {
    return new ShareGroup(
        () -> Admin.create(kafka.admin(clientId("group"))),
        settings.group(),
        settings.fromEarliest());
  }

  Producer<String, ScoreResult> rewards() {
    Map<String, Object> config =
        kafka.transactionalProducer(settings.group() + "-" + settings.instance());
    config.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Math.toIntExact(settings.transactionTimeout().toMillis()));
    return rewards(config);
  }

  /**
   * Without transactions, idempotent and acknowledged by all replicas. It fails soon: what was not
   * written is tried again, and until then its lock has to be renewed.
   */
  Producer<String, ScoreResult> sharedRewards() {
    Map<String, Object> config = kafka.producer(clientId("rewards"));
    failAfter(config, WRITE);
    return rewards(config);
  }

  private Producer<String, ScoreResult> rewards(Map<String, Object> config) {
    AvroSerializer<ScoreResult> values = new AvroSerializer<>();
    values.configure(kafka.serde(), false);
    return new KafkaProducer<>(config, new StringSerializer(), values);
  }

  /**
   * A producer of events, idempotent and acknowledged by all replicas.
   *
   * @param timeout after which an event that is not acknowledged has failed
   */
  Producer<String, PreferenceEvent> preferences(Duration timeout) {
    Map<String, Object> config = kafka.producer(clientId("preferences"));
    // Someone waits for each event, so none waits for others to share its batch.
    failAfter(config, timeout);
    AvroSerializer<PreferenceEvent> values = new AvroSerializer<>();
    values.configure(kafka.serde(), false);
    return new KafkaProducer<>(config, new StringSerializer(), values);
  }

  private static void failAfter(Map<String, Object> producer, Duration timeout) {
    int limit = Math.toIntExact(timeout.toMillis());
    producer.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    producer.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, limit);
    producer.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, limit);
    producer.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, limit);
  }

  Consumer<String, byte[]> models() {
    return consumer(kafka.consumerWithoutGroup(clientId("models")));
  }

  Consumer<String, byte[]> users() {
    return consumer(kafka.consumerWithoutGroup(clientId("users")));
  }

  /** For single buckets here and there: no more than that is fetched. */
  Consumer<String, byte[]> pastEvents() {
    Map<String, Object> config = kafka.consumerWithoutGroup(clientId("explain"));
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 16);
    return consumer(config);
  }

  Consumer<String, byte[]> artifacts() {
    Map<String, Object> config = kafka.consumerWithoutGroup(clientId("artifacts"));
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    return consumer(config);
  }

  /** Joins a client's own metrics to the registry for as long as it lives. */
  KafkaClientMetrics bind(Consumer<?, ?> consumer) {
    KafkaClientMetrics binder = new KafkaClientMetrics(consumer);
    binder.bindTo(registry);
    return binder;
  }

  KafkaClientMetrics bind(Producer<?, ?> producer) {
    KafkaClientMetrics binder = new KafkaClientMetrics(producer);
    binder.bindTo(registry);
    return binder;
  }

  private String clientId(String part) {
    return settings.group() + "-" + settings.instance() + "-" + part;
  }

  private static Consumer<String, byte[]> consumer(Map<String, Object> config) {
    return new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
  }
}
