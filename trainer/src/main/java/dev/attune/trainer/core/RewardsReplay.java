package dev.attune.trainer.core;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import java.time.Instant;
import java.util.Optional;

/**
 * Learns a reward model again, from an earlier version and the buckets that followed it, to see
 * whether it comes to what was published: a function of the buckets alone, so the bytes have to be
 * the same on the same code, configuration, base and precision (fp32, one thread). What operators
 * and users who left did in between is no part of the buckets: after a rollback, a pin or an
 * erasure in between the bytes may differ.
 *
 * <p>Give it all buckets of the partition from the earlier version's position up to the later
 * one's, in order; then {@link #rebuilt} tells what came of them. Used by one thread at a time. It
 * does no I/O.
 */
public final class RewardsReplay implements AutoCloseable {
  private static final String NO_TOPIC = "";

  private final LearnerFactory learners;
  private final TrainedModel model;
  private final String name;
  private long nextOffset;
  private long buckets;

  /**
   * What a replay came to.
   *
   * @param version the last version that was published on the way
   * @param weights sha-256 of what is served
   * @param state sha-256 of the training state
   * @param comparisons learned so far
   * @param buckets how many of the buckets were the model's
   */
  public record Rebuilt(
      long version, String weights, String state, long comparisons, long buckets) {}

  private RewardsReplay(LearnerFactory learners, String name, TrainedModel model, long nextOffset) {
    this.learners = learners;
    this.name = name;
    this.model = model;
    this.nextOffset = nextOffset;
  }

  /**
   * Goes on from a version.
   *
   * @param config as the models' configuration hash names it
   * @throws TrainerException if the version belongs to another base or precision, or its state does
   *     not fit the configuration
   */
  public static RewardsReplay from(
      StoredModel stored, LearnerFactory learners, RewardsConfig config) {
    ModelVersion manifest = stored.manifest();
    Manifests.requireFit(manifest, learners.provenance());
    long position =
        manifest.getPositions().stream().mapToLong(BucketPosition::getNextOffset).max().orElse(0);
    return new RewardsReplay(
        learners,
        manifest.getName(),
        TrainedModel.restore(stored, config, learners, Erasures.NONE),
        position);
  }

  /**
   * Begins a model anew, from the partition's first bucket.
   *
   * @param general what a domain's model started from; of no meaning for the general model itself
   */
  public static RewardsReplay fromTheBeginning(
      String name, Optional<GeneralModel> general, LearnerFactory learners, RewardsConfig config) {
    return new RewardsReplay(
        learners, name, TrainedModel.begin(name, config, learners, general, Erasures.NONE), 0);
  }

  /** The first offset that has not been given to it. */
  public long position() {
    return nextOffset;
  }

  /**
   * Takes the next bucket of the partition; those of other models are passed over.
   *
   * @throws IllegalArgumentException where the offset was given before
   */
  public void accept(long offset, PreferenceBucket bucket) {
    if (offset < nextOffset) {
      throw new IllegalArgumentException(
          "offset " + offset + " comes after offset " + (nextOffset - 1));
    }
    nextOffset = offset + 1;
    if (bucket.getFeedback().isEmpty() || !Domains.modelName(bucket.getDomain()).equals(name)) {
      return;
    }
    buckets++;
    model.accept(bucket);
    if (model.urgent()) {
      commit();
    }
  }

  /** What the trainer does with a new version before the next bucket. */
  private void commit() {
    ModelCheckpoint checkpoint = model.checkpoint();
    model.committed(
        checkpoint,
        Manifests.next(
            checkpoint,
            Chunks.describe(checkpoint.weights()),
            Chunks.describe(checkpoint.state()),
            learners.provenance(),
            new BucketPosition(NO_TOPIC, 0, nextOffset),
            Instant.EPOCH));
  }

  /** What it has come to; without a gate, what a checkpoint at this position publishes. */
  public Rebuilt rebuilt() {
    ModelCheckpoint checkpoint = model.checkpoint();
    return new Rebuilt(
        checkpoint.version(),
        Chunks.sha256(checkpoint.weights()),
        Chunks.sha256(checkpoint.state()),
        checkpoint.counts().comparisons(),
        buckets);
  }

  @Override
  public void close() {
    model.close();
  }
}
