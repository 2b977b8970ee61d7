package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes and checks manifests. */
public final class Manifests {
  /** Metric of a manifest: comparisons that are in its state but wait for a full batch. */
  public static final String PENDING_COMPARISONS = "pendingComparisons";

  /** Metric of a manifest: judgements that are in its state but wait for a full batch. */
  public static final String PENDING_JUDGEMENTS = "pendingJudgements";

  /**
   * Metric of a manifest: comparisons that it counts and that a return to a version left behind.
   */
  public static final String ABANDONED_COMPARISONS = "abandonedComparisons";

  private Manifests() {}

  /** The manifest of a checkpoint whose artifacts are stored. */
  public static ModelVersion next(
      ModelCheckpoint checkpoint,
      Artifact weights,
      Artifact state,
      Provenance provenance,
      BucketPosition position,
      Instant now) {
    LearnerCounts counts = checkpoint.counts();
    Map<String, Double> metrics = new HashMap<>(checkpoint.metrics());
    metrics.put(PENDING_COMPARISONS, (double) counts.pendingComparisons());
    metrics.put(PENDING_JUDGEMENTS, (double) counts.pendingJudgements());
    return ModelVersion.newBuilder()
        .setName(checkpoint.name())
        .setVersion(checkpoint.version())
        .setWeights(weights)
        .setState(state)
        .setBase(provenance.base())
        .setPrecision(provenance.precision())
        .setCodeVersion(provenance.codeVersion())
        .setConfigHash(provenance.configHash())
        .setParent(checkpoint.parent().orElse(null))
        .setPositions(List.of(position))
        .setComparisons(counts.comparisons())
        .setJudgements(counts.judgements())
        .setReplayed(counts.replayed())
        .setEvents(counts.events())
        .setSteps(counts.steps())
        .setMetrics(metrics)
        .setPublishedAt(now)
        .setVerdict(checkpoint.verdict().orElse(null))
        .build();
  }

  /** The manifest of a calibration whose artifact is stored: it is state and weights in one. */
  public static ModelVersion next(
      CalibrationCheckpoint checkpoint,
      Optional<ModelVersion> previous,
      Artifact artifact,
      Provenance provenance,
      BucketPosition position,
      Instant now) {
    long events = checkpoint.calibration().events();
    return ModelVersion.newBuilder()
        .setName(ModelKeys.calibration(checkpoint.domain()))
        .setVersion(previous.map(ModelVersion::getVersion).orElse(0L) + 1)
        .setWeights(artifact)
        .setState(artifact)
        .setBase(provenance.base())
        .setPrecision(provenance.precision())
        .setCodeVersion(provenance.codeVersion())
        .setConfigHash(provenance.configHash())
        .setParent(previous.map(version -> version.getWeights().getSha256()).orElse(null))
        .setPositions(List.of(position))
        .setComparisons(events)
        .setEvents(events)
        .setSteps(0)
        .setMetrics(Map.of())
        .setPublishedAt(now)
        .build();
  }

  /**
   * Requires that a committed model belongs to the base and precision that the trainer runs with.
   *
   * @throws TrainerException naming both
   */
  public static void requireFit(ModelVersion manifest, Provenance provenance) {
    if (!manifest.getBase().equals(provenance.base())) {
      throw new TrainerException(misfit(manifest, "base", manifest.getBase(), provenance.base()));
    }
    if (!manifest.getPrecision().equals(provenance.precision())) {
      throw new TrainerException(
          misfit(manifest, "precision", manifest.getPrecision(), provenance.precision()));
    }
  }

  private static String misfit(ModelVersion manifest, String what, String theirs, String ours) {
    return "model "
        + manifest.getName()
        + " version "
        + manifest.getVersion()
        + " belongs to "
        + what
        + " "
        + theirs
        + " but the trainer is configured with "
        + what
        + " "
        + ours;
  }
}
