package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.CommitNote;
import dev.attune.trainer.core.Manifests;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.StartPosition;
import dev.attune.trainer.kafka.ArtifactStore;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.ManifestLog;
import dev.attune.trainer.policy.PolicyTraining;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the policy up: fences the writer before, reads the last committed manifest, restores where
 * it stood and seeks there.
 */
final class PolicyRestorer {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyRestorer.class);

  /** Longer than a transaction can stay open. */
  private static final Duration LOG_PATIENCE = Duration.ofMinutes(2);

  private final PolicyClients clients;
  private final Brokers brokers;
  private final ManifestLog manifests;
  private final ArtifactStore artifacts;
  private final Provenance provenance;
  private final PolicyTraining.Settings settings;

  PolicyRestorer(
      PolicyClients clients,
      Brokers brokers,
      ManifestLog manifests,
      ArtifactStore artifacts,
      Provenance provenance,
      PolicyTraining.Settings settings) {
    this.clients = clients;
    this.brokers = brokers;
    this.manifests = manifests;
    this.artifacts = artifacts;
    this.provenance = provenance;
    this.settings = settings;
  }

  /**
   * Takes up what the consumer is assigned.
   *
   * @param consumer its positions are set
   */
  PolicyWriter takeUp(Consumer<String, ?> consumer) {
    Producer<String, SpecificRecord> producer = clients.transactional();
    boolean complete = false;
    try {
      producer.initTransactions();
      // Only after the fence: nothing more of the writer before can be committed.
      manifests.refreshFully(LOG_PATIENCE);
      PolicyWriter writer = restore(producer, consumer);
      complete = true;
      return writer;
    } finally {
      if (!complete) {
        producer.close(Duration.ZERO);
      }
    }
  }

  private PolicyWriter restore(
      Producer<String, SpecificRecord> producer, Consumer<String, ?> consumer) {
    Optional<ModelVersion> manifest = manifests.history().current(ModelKeys.POLICY);
    manifest.ifPresent(version -> Manifests.requireFit(version, provenance));
    Brokers.TopicInfo topic = brokers.describe(Topics.BUCKETS_BY_USER.name());
    PolicyTraining training = new PolicyTraining(settings);
    Policy policy = null;
    if (manifest.isPresent()) {
      ModelVersion version = manifest.get();
      Map<String, byte[]> found = artifacts.get(List.of(version.getWeights(), version.getState()));
      training = PolicyTraining.restore(settings, found.get(version.getState().getSha256()));
      policy = Policy.read(found.get(version.getWeights().getSha256()));
    }
    seek(topic, training, manifest, consumer);
    return new PolicyWriter(topic.id(), producer, training, policy, manifest.orElse(null));
  }

  private void seek(
      Brokers.TopicInfo topic,
      PolicyTraining training,
      Optional<ModelVersion> manifest,
      Consumer<String, ?> consumer) {
    Set<TopicPartition> partitions = consumer.assignment();
    Map<TopicPartition, Long> beginnings = brokers.beginnings(partitions);
    Map<TopicPartition, Long> ends = brokers.ends(partitions);
    Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions);
    for (TopicPartition partition : partitions) {
      StartPosition.Log log =
          new StartPosition.Log(
              partition.topic(),
              topic.id(),
              partition.partition(),
              beginnings.get(partition),
              ends.get(partition));
      StartPosition.Decision decision =
          StartPosition.decide(
              log, manifest.map(List::of).orElse(List.of()), group(committed.get(partition)));
      training.startAt(partition.partition(), decision.offset());
      consumer.seek(partition, decision.offset());
      if (decision.groupDiffers()) {
        LOG.atWarn()
            .addKeyValue("partition", partition.partition())
            .addKeyValue("offset", decision.offset())
            .log("the group's offset differs from the manifest's, which decides");
      }
    }
    LOG.atInfo()
        .addKeyValue("partitions", partitions.size())
        .addKeyValue("epoch", manifest.map(ModelVersion::getVersion).orElse(0L))
        .log("policy taken up");
  }

  private static Optional<StartPosition.GroupOffset> group(@Nullable OffsetAndMetadata committed) {
    return Optional.ofNullable(committed)
        .map(
            offset ->
                new StartPosition.GroupOffset(
                    offset.offset(), CommitNote.decode(offset.metadata())));
  }
}
