package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.Evaluation;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.CommitNote;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.VersionHistory;
import dev.attune.trainer.kafka.ArtifactStore;
import dev.attune.trainer.kafka.ManifestLog;
import dev.attune.trainer.kafka.Transactions;
import dev.attune.trainer.policy.PolicyCounts;
import dev.attune.trainer.policy.PolicyTraining;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Stores where the policy stands: first the artifacts, then in one transaction the manifest, of a
 * new epoch its history and measurement, the tombstones of the state before and of old epochs, and
 * the group's offsets. Either all of it is seen or nothing.
 *
 * <p>A state has users' texts in it, so only one is ever kept: that of the current manifest. The
 * history of an epoch names its weights in place of a state.
 */
final class PolicyPublisher {
  /** Old epochs that are cleaned up at once. */
  private static final int CLEANED_AT_ONCE = 16;

  private final ArtifactStore artifacts;
  private final ManifestLog manifests;
  private final Provenance provenance;
  private final Clock clock;

  /**
   * What was decided of an epoch.
   *
   * @param policy the new one; null where the one before stays
   * @param metrics of the decision
   */
  record Decision(@Nullable Policy policy, GateVerdict verdict, Map<String, Double> metrics) {}

  PolicyPublisher(
      ArtifactStore artifacts, ManifestLog manifests, Provenance provenance, Clock clock) {
    this.artifacts = artifacts;
    this.manifests = manifests;
    this.provenance = provenance;
    this.clock = clock;
  }

  /**
   * Commits what the writer has; afterwards it is the writer's current.
   *
   * @param decision of an epoch; empty between two
   * @return false: the partitions are another's by now, and nothing was committed
   * @throws org.apache.kafka.common.KafkaException where it is not known to be committed: what is
   *     true is in the log then
   */
  boolean publish(PolicyWriter writer, Optional<Decision> decision, Transactions transactions) {
    Instant now = clock.instant();
    @Nullable ModelVersion previous = writer.manifest();
    @Nullable Policy next = decision.map(Decision::policy).orElse(null);
    Policy policy = next == null ? writer.policy() : next;
    Artifact weights =
        next == null ? previous.getWeights() : artifacts.put(next.toBytes(), Optional.empty());
    Artifact state =
        artifacts.put(
            writer.training().toBytes(), Optional.ofNullable(previous).map(ModelVersion::getState));
    artifacts.confirm();
    ModelVersion manifest = manifest(writer, policy, weights, state, decision, now);
    manifests.refresh();
    VersionHistory.Obsolete obsolete =
        manifests.history().obsolete(ModelKeys.POLICY, now, CLEANED_AT_ONCE);
    List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
    records.add(record(Topics.MODELS.name(), ModelKeys.POLICY, manifest));
    if (next != null) {
      records.add(
          record(
              Topics.MODELS.name(),
              ModelKeys.history(ModelKeys.POLICY, next.epoch()),
              ModelVersion.newBuilder(manifest).setState(weights).build()));
    }
    decision.ifPresent(
        made ->
            records.add(
                record(Topics.EVALUATIONS.name(), ModelKeys.POLICY, evaluation(made, manifest))));
    if (previous != null && !previous.getState().equals(state)) {
      records.addAll(ArtifactStore.tombstones(previous.getState()));
    }
    records.addAll(tombstones(obsolete, manifest));
    Producer<String, SpecificRecord> producer = writer.producer();
    boolean committed =
        transactions.run(
            producer,
            group -> {
              producer.beginTransaction();
              records.forEach(producer::send);
              producer.sendOffsetsToTransaction(offsets(writer), group);
              producer.commitTransaction();
            });
    if (committed) {
      manifests.history().forget(obsolete);
      writer.committed(policy, manifest);
    }
    return committed;
  }

  private static List<ProducerRecord<String, SpecificRecord>> tombstones(
      VersionHistory.Obsolete obsolete, ModelVersion current) {
    List<ProducerRecord<String, SpecificRecord>> tombstones = new ArrayList<>();
    for (ModelVersion old : obsolete.versions()) {
      tombstones.add(
          record(
              Topics.MODELS.name(), ModelKeys.history(ModelKeys.POLICY, old.getVersion()), null));
    }
    for (Artifact artifact : obsolete.artifacts()) {
      if (!artifact.equals(current.getWeights()) && !artifact.equals(current.getState())) {
        tombstones.addAll(ArtifactStore.tombstones(artifact));
      }
    }
    return tombstones;
  }

  private ModelVersion manifest(
      PolicyWriter writer,
      Policy policy,
      Artifact weights,
      Artifact state,
      Optional<Decision> decision,
      Instant now) {
    @Nullable ModelVersion previous = writer.manifest();
    PolicyTraining training = writer.training();
    PolicyCounts counts = training.counts();
    Map<String, Double> metrics = new HashMap<>();
    if (previous != null) {
      metrics.putAll(previous.getMetrics());
    }
    decision.ifPresent(made -> metrics.putAll(made.metrics()));
    metrics.put("sampleEvents", (double) training.sample().size());
    metrics.put("sampleUsers", (double) training.sample().users());
    boolean begun = previous != null && previous.getVersion() != policy.epoch();
    return ModelVersion.newBuilder()
        .setName(ModelKeys.POLICY)
        .setVersion(policy.epoch())
        .setWeights(weights)
        .setState(state)
        .setBase(provenance.base())
        .setPrecision(provenance.precision())
        .setCodeVersion(provenance.codeVersion())
        .setConfigHash(provenance.configHash())
        .setParent(
            begun
                ? previous.getWeights().getSha256()
                : previous == null ? null : previous.getParent())
        .setPositions(positions(writer))
        .setComparisons(counts.comparisons())
        .setJudgements(counts.judgements())
        .setEvents(counts.events())
        .setSteps(policy.epoch() - 1)
        .setMetrics(metrics)
        .setPublishedAt(now)
        .setVerdict(
            decision
                .map(Decision::verdict)
                .orElseGet(() -> previous == null ? null : previous.getVerdict()))
        .build();
  }

  private static List<BucketPosition> positions(PolicyWriter writer) {
    return writer.training().positions().entrySet().stream()
        .map(
            position ->
                new BucketPosition(writer.topicId(), position.getKey(), position.getValue()))
        .toList();
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(PolicyWriter writer) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    writer
        .training()
        .positions()
        .forEach(
            (partition, next) ->
                offsets.put(
                    new TopicPartition(Topics.BUCKETS_BY_USER.name(), partition),
                    new OffsetAndMetadata(
                        next, new CommitNote(writer.topicId(), 1, next).encode())));
    return offsets;
  }

  private static Evaluation evaluation(Decision decision, ModelVersion manifest) {
    return Evaluation.newBuilder()
        .setModel(ModelKeys.POLICY)
        .setVersion(manifest.getVersion())
        .setKind("gate")
        .setEvents(manifest.getEvents())
        .setMetrics(decision.metrics())
        .setMeasuredAt(manifest.getPublishedAt())
        .setLabels(Map.of("decision", decision.verdict().getDecision().name()))
        .build();
  }

  private static ProducerRecord<String, SpecificRecord> record(
      String topic, String key, @Nullable SpecificRecord value) {
    return new ProducerRecord<>(topic, key, value);
  }
}
