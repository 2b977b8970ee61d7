package dev.attune.trainer.kafka;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.CommitNote;
import dev.attune.trainer.core.GeneralModel;
import dev.attune.trainer.core.LearnerFactory;
import dev.attune.trainer.core.Manifests;
import dev.attune.trainer.core.PartitionTrainer;
import dev.attune.trainer.core.RewardsConfig;
import dev.attune.trainer.core.StartPosition;
import dev.attune.trainer.core.StoredModel;
import dev.attune.trainer.core.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes partitions up: fences their earlier owners, reads the last committed manifests, restores
 * the learners and seeks to where they stopped.
 */
final class Restorer {
  private static final Logger LOG = LoggerFactory.getLogger(Restorer.class);

  /** Longer than a transaction can stay open. */
  private static final Duration LOG_PATIENCE = Duration.ofMinutes(2);

  private final TrainerClients clients;
  private final Brokers brokers;
  private final ManifestLog manifests;
  private final ArtifactStore artifacts;
  private final LearnerFactory learners;
  private final LearningThread learning;
  private final ErasureLog erasures;
  private final RewardsConfig rewards;
  private final CheckpointPolicy policy;

  Restorer(
      TrainerClients clients,
      Brokers brokers,
      ManifestLog manifests,
      ArtifactStore artifacts,
      LearnerFactory learners,
      LearningThread learning,
      ErasureLog erasures,
      RewardsConfig rewards,
      CheckpointPolicy policy) {
    this.clients = clients;
    this.brokers = brokers;
    this.manifests = manifests;
    this.artifacts = artifacts;
    this.learners = learners;
    this.learning = learning;
    this.erasures = erasures;
    this.rewards = rewards;
    this.policy = policy;
  }

  /**
   * Takes partitions up, all or none.
   *
   * @param consumer is assigned the partitions; its positions are set
   */
  List<OwnedPartition> takeUp(Collection<TopicPartition> partitions, Consumer<String, ?> consumer) {
    List<OwnedPartition> taken = new ArrayList<>();
    boolean complete = false;
    try {
      Brokers.TopicInfo topic = brokers.describe(Topics.BUCKETS_BY_DOMAIN.name());
      for (TopicPartition partition : partitions) {
        Producer<String, SpecificRecord> producer = clients.transactional(partition.partition());
        taken.add(
            new OwnedPartition(
                partition,
                topic.id(),
                new PartitionTrainer(partition.partition(), topic.partitions(), learners, rewards),
                producer,
                policy.new Progress()));
        producer.initTransactions();
      }
      // Only after the fences: nothing more of the earlier owners can be committed.
      manifests.refreshFully(LOG_PATIENCE);
      erasures.refresh();
      restore(taken, topic, consumer);
      complete = true;
      return taken;
    } finally {
      if (!complete) {
        taken.forEach(this::release);
      }
    }
  }

  /** Frees what a partition holds; an open transaction is aborted. */
  void release(OwnedPartition partition) {
    partition.queue().clear();
    learning.run(partition.trainer()::close);
    partition.producer().close(Duration.ofSeconds(5));
  }

  /** The general model as its newest committed manifest has it. */
  Optional<GeneralModel> newestGeneral() {
    manifests.refresh();
    Optional<ModelVersion> newest = manifests.history().current(Domains.GENERAL);
    newest.ifPresent(version -> Manifests.requireFit(version, learners.provenance()));
    return newest.map(
        version -> {
          Map<String, byte[]> found =
              artifacts.get(List.of(version.getWeights(), version.getState()));
          return new GeneralModel(
              version,
              found.get(version.getWeights().getSha256()),
              TrainingState.read(Domains.GENERAL, found.get(version.getState().getSha256())));
        });
  }

  private void restore(
      List<OwnedPartition> taken, Brokers.TopicInfo topic, Consumer<String, ?> consumer) {
    List<TopicPartition> partitions = taken.stream().map(OwnedPartition::topicPartition).toList();
    Map<TopicPartition, Long> beginnings = brokers.beginnings(partitions);
    Map<TopicPartition, Long> ends = brokers.ends(partitions);
    Map<TopicPartition, OffsetAndMetadata> committed =
        consumer.committed(new HashSet<>(partitions));
    Map<OwnedPartition, List<ModelVersion>> versions = new HashMap<>();
    List<Artifact> wanted = new ArrayList<>();
    for (OwnedPartition partition : taken) {
      TopicPartition topicPartition = partition.topicPartition();
      List<ModelVersion> newest = manifests.ownedBy(topicPartition.partition(), topic.partitions());
      newest.forEach(version -> Manifests.requireFit(version, learners.provenance()));
      StartPosition.Log log =
          new StartPosition.Log(
              topicPartition.topic(),
              topic.id(),
              topicPartition.partition(),
              beginnings.get(topicPartition),
              ends.get(topicPartition));
      seek(partition, StartPosition.decide(log, newest, group(committed.get(topicPartition))));
      consumer.seek(topicPartition, partition.trainer().position());
      newest.forEach(version -> wanted.addAll(artifacts(version)));
      versions.put(partition, newest);
    }
    Map<String, byte[]> bytes = artifacts.get(wanted);
    taken.forEach(partition -> learning.run(() -> partition.trainer().forget(erasures.erasures())));
    versions.forEach(
        (partition, newest) ->
            newest.forEach(
                version ->
                    learning.run(() -> partition.trainer().restore(stored(version, bytes)))));
  }

  /** What is needed of a model: what it serves, where it stopped, and where that was published. */
  private List<Artifact> artifacts(ModelVersion manifest) {
    List<Artifact> needed = new ArrayList<>(List.of(manifest.getWeights(), manifest.getState()));
    published(manifest).ifPresent(version -> needed.add(version.getState()));
    return needed;
  }

  private Optional<ModelVersion> published(ModelVersion manifest) {
    return manifests.history().published(manifest.getName(), manifest.getVersion());
  }

  private StoredModel stored(ModelVersion manifest, Map<String, byte[]> bytes) {
    return new StoredModel(
        manifest,
        bytes.get(manifest.getWeights().getSha256()),
        bytes.get(manifest.getState().getSha256()),
        published(manifest)
            .map(
                version ->
                    new StoredModel.Published(version, bytes.get(version.getState().getSha256()))),
        manifests.history().highestVersion(manifest.getName()));
  }

  private static void seek(OwnedPartition partition, StartPosition.Decision decision) {
    partition.trainer().startAt(decision.offset());
    LOG.atInfo()
        .addKeyValue("partition", partition.topicPartition().partition())
        .addKeyValue("offset", decision.offset())
        .log("partition taken up");
    if (decision.groupDiffers()) {
      LOG.atWarn()
          .addKeyValue("partition", partition.topicPartition().partition())
          .addKeyValue("offset", decision.offset())
          .log("the group's offset differs from the manifests', which decide");
    }
  }

  private static Optional<StartPosition.GroupOffset> group(OffsetAndMetadata committed) {
    return Optional.ofNullable(committed)
        .map(
            offset ->
                new StartPosition.GroupOffset(
                    offset.offset(), CommitNote.decode(offset.metadata())));
  }
}
