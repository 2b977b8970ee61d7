package dev.attune.trainer;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.Chunks;
import dev.attune.trainer.core.Manifests;
import dev.attune.trainer.core.RewardsConfig;
import dev.attune.trainer.core.TrainingState;
import dev.attune.trainer.kafka.KafkaTrainerClients;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A cluster with what a test of the trainer sends and sees. */
final class TrainerFixture implements AutoCloseable {
  static final int PARTITIONS = Topics.BUCKETS_BY_DOMAIN.partitions();

  final EmbeddedCluster cluster;
  final KafkaTrainerClients clients;
  private final Producer<String, SpecificRecord> producer;
  private final Consumer<String, ModelVersion> models;
  private final Map<String, ModelVersion> keys = new LinkedHashMap<>();
  private final List<ModelVersion> log = new ArrayList<>();

  TrainerFixture(Path dir) {
    cluster = EmbeddedCluster.start(dir);
    clients = new KafkaTrainerClients(settings(), "attune-trainer-rewards");
    producer = clients.artifacts();
    models = clients.committed(Topics.MODELS);
    List<TopicPartition> partitions = List.of(new TopicPartition(Topics.MODELS.name(), 0));
    models.assign(partitions);
    models.seekToBeginning(partitions);
  }

  KafkaSettings settings() {
    return KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
  }

  /** Publishes after a few buckets, so that a short stream has many checkpoints. */
  TrainerConfig config(Path base) {
    return new TrainerConfig(
        settings(),
        EnumSet.of(PipelineKind.REWARDS),
        base,
        Optional.empty(),
        "attune-trainer-rewards",
        OnlineConfig.defaults(),
        RewardsConfig.ungated(),
        1,
        new CheckpointPolicy(7, 1_000, Duration.ofMillis(200)),
        3,
        Duration.ZERO,
        PolicySettings.defaults(),
        UsersKeys.read(Configuration.of(Map.of())));
  }

  void send(List<PreferenceBucket> buckets) {
    for (PreferenceBucket bucket : buckets) {
      producer.send(
          new ProducerRecord<>(
              Topics.BUCKETS_BY_DOMAIN.name(),
              Domains.partition(bucket.getDomain(), PARTITIONS),
              bucket.getDomain(),
              bucket));
    }
    producer.flush();
  }

  /** A record without a value, where a domain's buckets go. */
  void sendNothing(String domain) {
    producer.send(
        new ProducerRecord<>(
            Topics.BUCKETS_BY_DOMAIN.name(), Domains.partition(domain, PARTITIONS), domain, null));
    producer.flush();
  }

  /** Buckets where the users' go. */
  void sendByUser(List<PreferenceBucket> buckets) {
    for (PreferenceBucket bucket : buckets) {
      producer.send(
          new ProducerRecord<>(Topics.BUCKETS_BY_USER.name(), bucket.getUserId(), bucket));
    }
    producer.flush();
  }

  /** Says what ingest says of a user who left. */
  void eraseUser(String user) {
    producer.send(new ProducerRecord<>(Topics.BUCKETS_BY_USER.name(), user, null));
    producer.flush();
  }

  /** Asks for a user's erasure. */
  void requestErasure(String user) {
    producer.send(
        new ProducerRecord<>(
            Topics.ERASURES.name(), user, new ErasureRequest(user, Instant.EPOCH, "test")));
    producer.flush();
  }

  /** Says what an operator wants, as the value of a key; null deletes it. */
  void ask(String key, @Nullable ModelVersion manifest) {
    producer.send(new ProducerRecord<>(Topics.MODELS.name(), key, manifest));
    producer.flush();
  }

  /** All manifests under their models' own names so far, in the order of the log. */
  List<ModelVersion> manifests() {
    keys();
    return List.copyOf(log);
  }

  /** The manifests of a model so far, in the order of the log. */
  List<ModelVersion> manifests(String model) {
    return manifests().stream().filter(manifest -> manifest.getName().equals(model)).toList();
  }

  /** The newest manifest of a model. */
  ModelVersion newest(String model) {
    return keys().get(model);
  }

  /** The last manifest of each key; keys that were deleted are not there. */
  Map<String, ModelVersion> keys() {
    for (ConsumerRecord<String, ModelVersion> record : models.poll(Duration.ofMillis(50))) {
      if (record.value() == null) {
        keys.remove(record.key());
      } else {
        keys.put(record.key(), record.value());
        if (record.key().equals(record.value().getName())) {
          log.add(record.value());
        }
      }
    }
    return new HashMap<>(keys);
  }

  /** The current manifests by model. */
  Map<String, ModelVersion> newest() {
    Map<String, ModelVersion> newest = keys();
    newest.entrySet().removeIf(entry -> !entry.getKey().equals(entry.getValue().getName()));
    return newest;
  }

  /** Comparisons in the newest manifests, those that wait for a batch included. */
  long comparisons() {
    return newest().values().stream()
        .filter(m -> ModelKeys.isReward(m.getName()))
        .mapToLong(m -> m.getComparisons() + m.getMetrics().get(PENDING).longValue())
        .sum();
  }

  private static final String PENDING = Manifests.PENDING_COMPARISONS;

  /** What a learner goes on from. */
  byte[] learner(ModelVersion version) {
    return TrainingState.read(version.getName(), artifact(version.getState())).learner();
  }

  /** Reads an artifact as a scorer would. */
  byte[] artifact(Artifact artifact) {
    Chunks.Assembly assembly = new Chunks.Assembly(artifact);
    for (ArtifactChunk chunk : chunks().values()) {
      if (chunk != null) {
        assembly.offer(chunk);
      }
    }
    return assembly.bytes();
  }

  /** The last value of each key of attune.artifacts, tombstones as null. */
  Map<String, ArtifactChunk> chunks() {
    Map<String, ArtifactChunk> chunks = new HashMap<>();
    try (Consumer<String, ArtifactChunk> consumer = clients.committed(Topics.ARTIFACTS)) {
      List<TopicPartition> partitions = List.of(new TopicPartition(Topics.ARTIFACTS.name(), 0));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long end = consumer.endOffsets(partitions).get(partitions.get(0));
      while (consumer.position(partitions.get(0)) < end) {
        consumer
            .poll(Duration.ofMillis(100))
            .forEach(record -> chunks.put(record.key(), record.value()));
      }
    }
    return chunks;
  }

  @Override
  public void close() {
    producer.close();
    models.close();
    cluster.close();
  }
}
