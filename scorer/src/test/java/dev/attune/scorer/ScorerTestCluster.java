package dev.attune.scorer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.embedded.EmbeddedBroker;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.scorer.core.FakeRewards;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** A cluster in this process, and what a product and a trainer do with it. */
final class ScorerTestCluster implements AutoCloseable {
  private static final int CHUNKS = 5;

  private final EmbeddedCluster cluster;
  private final KafkaSettings settings;
  private final KafkaProducer<String, byte[]> producer;
  private final RewardLog committed;

  ScorerTestCluster(Path dir) {
    this(dir, Topics.PROMPTS.toNewTopic((short) 1).numPartitions());
  }

  /** A cluster whose prompts have so many partitions. */
  ScorerTestCluster(Path dir, int partitions) {
    createPrompts(dir, partitions);
    cluster = EmbeddedCluster.start(dir);
    settings = KafkaSettings.from(Configuration.of(flags()));
    producer =
        new KafkaProducer<>(
            settings.producer("test"), new StringSerializer(), new ByteArraySerializer());
    committed = new RewardLog(Topics.REWARDS, "read_committed");
  }

  /** What is there already stays as it is when the cluster starts. */
  private static void createPrompts(Path dir, int partitions) {
    NewTopic usual = Topics.PROMPTS.toNewTopic((short) 1);
    if (partitions == usual.numPartitions()) {
      return;
    }
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, 0);
        Admin admin =
            Admin.create(Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()))) {
      NewTopic topic = new NewTopic(usual.name(), partitions, (short) 1).configs(usual.configs());
      admin.createTopics(List.of(topic)).all().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a scorer on this cluster needs to be told. */
  Map<String, String> flags() {
    return new HashMap<>(
        Map.of(
            "kafka.bootstrap.servers",
            cluster.bootstrapServers(),
            "schema.registry.url",
            cluster.registryUrl(),
            "scorer.base",
            "unused",
            "scorer.instance",
            "test"));
  }

  void send(ScoreRequest request) {
    send(request.getUserId(), bytes(Topics.PROMPTS, request));
  }

  void send(String key, byte[] prompt) {
    append(new ProducerRecord<>(Topics.PROMPTS.name(), key, prompt));
  }

  /** Publishes weights as a trainer does: the chunks, then the manifest. */
  void publish(String model, long version, byte[] weights) {
    publish(model, version, FakeRewards.BASE, weights, sha256(weights));
  }

  /** Publishes a model whose manifest names this base. */
  void publish(String model, long version, String base, byte[] weights) {
    publish(model, version, base, weights, sha256(weights));
  }

  /** Publishes a model whose manifest names this base and this sha-256. */
  void publish(String model, long version, String base, byte[] weights, String sha256) {
    int size = (weights.length + CHUNKS - 1) / CHUNKS;
    int chunks = (weights.length + size - 1) / size;
    for (int index = 0; index < chunks; index++) {
      int length = Math.min(size, weights.length - index * size);
      ByteBuffer data = ByteBuffer.wrap(weights, index * size, length).slice();
      send(Topics.ARTIFACTS, sha256 + "/" + index, new ArtifactChunk(sha256, index, chunks, data));
    }
    Artifact artifact = new Artifact(sha256, (long) weights.length, chunks);
    send(
        Topics.MODELS,
        model,
        ModelVersion.newBuilder()
            .setName(model)
            .setVersion(version)
            .setWeights(artifact)
            .setState(artifact)
            .setBase(base)
            .setPrecision("fp32")
            .setCodeVersion("test")
            .setConfigHash("")
            .setPositions(List.of())
            .setComparisons(0)
            .setEvents(0)
            .setSteps(0)
            .setPublishedAt(Instant.EPOCH)
            .build());
  }

  /** Takes a manifest out of the log. */
  void withdraw(String modelKey) {
    append(new ProducerRecord<>(Topics.MODELS.name(), modelKey, null));
  }

  /** Writes a bucket of a user as ingest does; returns its offset in partition 0. */
  long publish(PreferenceBucket bucket) {
    return append(
            new ProducerRecord<>(
                Topics.BUCKETS_BY_USER.name(),
                0,
                bucket.getUserId(),
                bytes(Topics.BUCKETS_BY_USER, bucket)))
        .offset();
  }

  /** Publishes a user's state as a trainer does. */
  void publish(UserEmbedding user) {
    send(Topics.USERS, user.getUserId(), user);
  }

  /** Puts a record of any form beside users' states; null is a user who was erased. */
  void publishUser(String userId, byte @Nullable [] bytes) {
    append(new ProducerRecord<>(Topics.USERS.name(), userId, bytes));
  }

  /** Sets a group up as an operator does. */
  void setGroup(String group, Map<String, String> configs) {
    List<AlterConfigOp> changes =
        configs.entrySet().stream()
            .map(
                each ->
                    new AlterConfigOp(
                        new ConfigEntry(each.getKey(), each.getValue()), AlterConfigOp.OpType.SET))
            .toList();
    try (Admin admin = Admin.create(settings.admin("test"))) {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), changes))
          .all()
          .get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Everything in the rewards topic now. */
  List<ScoreResult> rewards(String isolation) {
    return read(Topics.REWARDS, isolation);
  }

  /** What scorers in shadow mode have answered, committed. */
  List<ScoreResult> shadow() {
    return read(Topics.REWARDS_SHADOW, "read_committed");
  }

  private List<ScoreResult> read(Topic<ScoreResult> topic, String isolation) {
    try (RewardLog log = new RewardLog(topic, isolation)) {
      return log.read();
    }
  }

  /** The committed answers to the requests whose id begins like this. */
  List<ScoreResult> answers(String prefix) {
    return committed.read().stream()
        .filter(result -> result.getRequestId().startsWith(prefix))
        .toList();
  }

  /** Reads a topic of answers on and on. */
  private final class RewardLog implements AutoCloseable {
    private final List<ScoreResult> results = new ArrayList<>();
    private final AvroDeserializer<ScoreResult> values = new AvroDeserializer<>(ScoreResult.class);
    private final KafkaConsumer<String, byte[]> consumer;
    private final List<TopicPartition> partitions;

    RewardLog(Topic<ScoreResult> topic, String isolation) {
      Map<String, Object> config = settings.consumerWithoutGroup("test");
      config.put("isolation.level", isolation);
      values.configure(settings.serde(), false);
      consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
      partitions =
          consumer.partitionsFor(topic.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }

    /** Everything up to the present end. */
    List<ScoreResult> read() {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          results.add(values.deserialize(record.topic(), record.value()));
        }
      }
      return List.copyOf(results);
    }

    @Override
    public void close() {
      consumer.close();
      values.close();
    }
  }

  @Override
  public void close() {
    committed.close();
    producer.close();
    cluster.close();
  }

  private <T extends SpecificRecord> void send(Topic<T> topic, String key, T value) {
    append(new ProducerRecord<>(topic.name(), key, bytes(topic, value)));
  }

  private RecordMetadata append(ProducerRecord<String, byte[]> record) {
    try {
      return producer.send(record).get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private <T extends SpecificRecord> byte[] bytes(Topic<T> topic, T value) {
    try (AvroSerializer<T> serializer = new AvroSerializer<>()) {
      serializer.configure(settings.serde(), false);
      return serializer.serialize(topic.name(), value);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }
}
