package dev.attune.trainer.kafka;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.Evaluation;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.CalibrationCheckpoint;
import dev.attune.trainer.core.Checkpoint;
import dev.attune.trainer.core.CommitNote;
import dev.attune.trainer.core.Manifests;
import dev.attune.trainer.core.Measurement;
import dev.attune.trainer.core.ModelCheckpoint;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.VersionHistory;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Stores a checkpoint: first the artifacts, then in one transaction the manifests of all changed
 * models, the same once more as history where a version is new, their measurements, the tombstones
 * of old versions, old artifacts and rollbacks that were carried out, and the group's offset.
 * Either all of it is seen or nothing.
 */
final class Publisher {
  /** Old manifests that are cleaned up with one checkpoint of a model. */
  private static final int CLEANED_AT_ONCE = 16;

  private final ArtifactStore artifacts;
  private final ManifestLog manifests;
  private final Provenance provenance;
  private final Clock clock;

  Publisher(ArtifactStore artifacts, ManifestLog manifests, Provenance provenance, Clock clock) {
    this.artifacts = artifacts;
    this.manifests = manifests;
    this.provenance = provenance;
    this.clock = clock;
  }

  /**
   * Commits a checkpoint.
   *
   * @return the manifests of the changed models; empty where the partition is another's by now, and
   *     nothing was committed
   * @throws org.apache.kafka.common.KafkaException where it is not known to be committed: what is
   *     true is in the log then
   */
  Optional<List<ModelVersion>> publish(
      OwnedPartition partition, Checkpoint checkpoint, Transactions transactions) {
    Instant now = clock.instant();
    BucketPosition position =
        new BucketPosition(
            partition.topicId(), partition.topicPartition().partition(), checkpoint.position());
    List<ModelVersion> versions = new ArrayList<>();
    List<ModelVersion> calibrations = new ArrayList<>();
    for (ModelCheckpoint changed : checkpoint.changed()) {
      versions.add(store(changed, position, now));
      changed.calibrations().forEach(each -> calibrations.add(store(each, position, now)));
    }
    artifacts.confirm();
    List<ModelVersion> all = Stream.concat(versions.stream(), calibrations.stream()).toList();
    List<VersionHistory.Obsolete> obsolete = obsolete(partition, all, now);
    List<Artifact> passed = checkpoint.erased() ? passedStates(partition, versions) : List.of();
    List<ProducerRecord<String, SpecificRecord>> tombstones = tombstones(all, obsolete, passed);
    boolean committed =
        transactions.run(
            partition.producer(),
            group -> commit(partition, checkpoint, versions, calibrations, tombstones, group));
    if (!committed) {
      return Optional.empty();
    }
    obsolete.forEach(manifests.history()::forget);
    return Optional.of(versions);
  }

  private static void commit(
      OwnedPartition partition,
      Checkpoint checkpoint,
      List<ModelVersion> versions,
      List<ModelVersion> calibrations,
      List<ProducerRecord<String, SpecificRecord>> tombstones,
      ConsumerGroupMetadata group) {
    Producer<String, SpecificRecord> producer = partition.producer();
    producer.beginTransaction();
    for (int i = 0; i < versions.size(); i++) {
      send(producer, checkpoint.changed().get(i), versions.get(i));
    }
    calibrations.forEach(version -> producer.send(manifest(version.getName(), version)));
    tombstones.forEach(producer::send);
    CommitNote note =
        new CommitNote(partition.topicId(), checkpoint.models(), checkpoint.trainedPosition());
    producer.sendOffsetsToTransaction(
        Map.of(
            partition.topicPartition(),
            new OffsetAndMetadata(checkpoint.position(), note.encode())),
        group);
    producer.commitTransaction();
  }

  /** Deletes old versions, their artifacts, and states that users who left may be in. */
  private static List<ProducerRecord<String, SpecificRecord>> tombstones(
      List<ModelVersion> published, List<VersionHistory.Obsolete> obsolete, List<Artifact> passed) {
    // Models that have not taken a step yet may share their bytes.
    Set<String> inUse =
        published.stream()
            .flatMap(version -> Stream.of(version.getWeights(), version.getState()))
            .map(Artifact::getSha256)
            .collect(Collectors.toSet());
    List<ProducerRecord<String, SpecificRecord>> tombstones = new ArrayList<>();
    obsolete.stream()
        .flatMap(old -> old.versions().stream())
        .map(old -> manifest(ModelKeys.history(old.getName(), old.getVersion()), null))
        .forEach(tombstones::add);
    Stream.concat(obsolete.stream().flatMap(old -> old.artifacts().stream()), passed.stream())
        .filter(artifact -> !inUse.contains(artifact.getSha256()))
        .forEach(artifact -> tombstones.addAll(ArtifactStore.tombstones(artifact)));
    return tombstones;
  }

  private static void send(
      Producer<String, SpecificRecord> producer, ModelCheckpoint changed, ModelVersion version) {
    String name = changed.name();
    producer.send(manifest(name, version));
    if (changed.published()) {
      producer.send(manifest(ModelKeys.history(name, version.getVersion()), version));
    }
    if (changed.rolledBack()) {
      producer.send(manifest(ModelKeys.rollback(name), null));
    }
    for (Measurement measurement : changed.measurements()) {
      producer.send(
          new ProducerRecord<>(Topics.EVALUATIONS.name(), name, evaluation(measurement, version)));
    }
  }

  private static ProducerRecord<String, SpecificRecord> manifest(
      String key, @Nullable ModelVersion version) {
    return new ProducerRecord<>(Topics.MODELS.name(), key, version);
  }

  private ModelVersion store(ModelCheckpoint changed, BucketPosition position, Instant now) {
    Artifact weights =
        artifacts.put(changed.weights(), changed.previous().map(ModelVersion::getWeights));
    Artifact state = artifacts.put(changed.state(), changed.previous().map(ModelVersion::getState));
    return Manifests.next(changed, weights, state, provenance, position, now);
  }

  private ModelVersion store(CalibrationCheckpoint changed, BucketPosition position, Instant now) {
    Optional<ModelVersion> previous =
        manifests.history().current(ModelKeys.calibration(changed.domain()));
    Artifact artifact =
        artifacts.put(changed.calibration().toBytes(), previous.map(ModelVersion::getWeights));
    return Manifests.next(changed, previous, artifact, provenance, position, now);
  }

  /** Reads the log first: it says which versions of any model are kept. */
  private List<VersionHistory.Obsolete> obsolete(
      OwnedPartition partition, List<ModelVersion> changed, Instant now) {
    manifests.refresh();
    return Stream.concat(
            partition.trainer().names().stream(), changed.stream().map(ModelVersion::getName))
        .distinct()
        .map(name -> manifests.history().obsolete(name, now, CLEANED_AT_ONCE))
        .toList();
  }

  /** Whether something of the partition's models is of no use any more, as far as was read. */
  boolean hasObsolete(OwnedPartition partition) {
    Instant now = clock.instant();
    return partition.trainer().names().stream()
        .map(name -> manifests.history().obsolete(name, now, CLEANED_AT_ONCE))
        .anyMatch(obsolete -> !obsolete.versions().isEmpty() || !obsolete.replaced().isEmpty());
  }

  private List<Artifact> passedStates(OwnedPartition partition, List<ModelVersion> changed) {
    Set<String> replacing = changed.stream().map(ModelVersion::getName).collect(Collectors.toSet());
    return partition.trainer().names().stream()
        .flatMap(name -> manifests.history().passedStates(name, replacing.contains(name)).stream())
        .toList();
  }

  private static Evaluation evaluation(Measurement measurement, ModelVersion version) {
    return Evaluation.newBuilder()
        .setModel(version.getName())
        .setVersion(version.getVersion())
        .setKind(measurement.kind())
        .setEvents(version.getEvents())
        .setMetrics(measurement.metrics())
        .setMeasuredAt(version.getPublishedAt())
        .setLabels(measurement.labels())
        .build();
  }
}
