package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    Abandoned abandoned = checkpoint.abandoned();
    Map<String, Double> metrics = new HashMap<>(checkpoint.metrics());
    metrics.put(PENDING_COMPARISONS, (double) counts.pendingComparisons());
    metrics.put(PENDING_JUDGEMENTS, (double) counts.pendingJudgements());
    metrics.put(ABANDONED_COMPARISONS, (double) abandoned.comparisons());
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
        .setComparisons(counts.comparisons() + abandoned.comparisons())
        .setJudgements(counts.judgements() + abandoned.judgements())
        .setReplayed(counts.replayed())
        .setEvents(counts.events() + abandoned.events())
        .setSteps(counts.steps())
        .setMetrics(metrics)
        .setPublishedAt(now)
        .setVerdict(checkpoint.verdict().orElse(null))
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
