package dev.attune.trainer.core;

import dev.attune.model.reward.LearnerCounts;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model with its learner, what is served of it and what is committed of it. */
final class TrainedModel implements AutoCloseable {
  private final String name;
  private final LearnerFactory learners;
  private RewardLearner learner;
  private Served served;
  private long highestVersion;
  private Optional<String> parent;
  private Abandoned abandoned;
  private Optional<GateVerdict> verdict;
  private Optional<ModelVersion> committed;
  private boolean held;
  private boolean changed;
  private boolean published;
  private boolean rolledBack;

  /**
   * @param version 0 where nothing is published yet
   * @param weights with version 0 what training started from
   * @param state as of the publication; empty with version 0, and until it is committed
   */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  private record Served(long version, byte[] weights, Optional<byte[]> state) {}

  /** A model that begins. */
  TrainedModel(
      String name, LearnerFactory learners, RewardLearner learner, Optional<String> parent) {
    this.name = name;
    this.learners = learners;
    this.learner = learner;
    this.served = new Served(0, learner.weights(), Optional.empty());
    this.parent = parent;
    this.abandoned = Abandoned.NONE;
    this.verdict = Optional.empty();
    this.committed = Optional.empty();
  }

  /** A model that goes on. */
  TrainedModel(StoredModel stored, LearnerFactory learners) {
    ModelVersion manifest = stored.manifest();
    this.name = manifest.getName();
    this.learners = learners;
    TrainingState state = TrainingState.read(name, stored.state());
    this.learner = learners.restore(name, state.learner());
    this.served = new Served(manifest.getVersion(), stored.weights(), stored.publishedState());
    this.highestVersion = stored.highestVersion();
    this.parent = Optional.ofNullable(manifest.getParent());
    this.abandoned = state.abandoned();
    this.verdict = Optional.ofNullable(manifest.getVerdict());
    this.committed = Optional.of(manifest);
  }

  RewardLearner learner() {
    return learner;
  }

  boolean changed() {
    return changed;
  }

  void markChanged() {
    changed = true;
  }

  /** True where others wait for the next checkpoint: it has a new version, or an old one again. */
  boolean urgent() {
    return published || rolledBack;
  }

  /** While an operator holds the model it trains on and nothing new is published. */
  void hold(boolean pinned) {
    held = pinned;
  }

  /** Goes on from an earlier version. */
  void rollBack(ModelVersion to, byte[] weights, byte[] state) {
    goOnFrom(state);
    verdict =
        Optional.of(
            verdict(
                GateDecision.ROLLED_BACK,
                "an operator took the model from version "
                    + served.version()
                    + " back to version "
                    + to.getVersion()));
    served = new Served(to.getVersion(), weights, Optional.of(state));
    parent = Optional.ofNullable(to.getParent());
    changed = true;
    published = false;
    rolledBack = true;
  }

  private void goOnFrom(byte[] state) {
    TrainingState earlier = TrainingState.read(name, state);
    RewardLearner next = learners.restore(name, earlier.learner());
    abandoned = abandoned.plus(learner.counts(), next.counts());
    learner.close();
    learner = next;
  }

  /** Everything as it is now; a checkpoint that is not committed ends the model's life. */
  ModelCheckpoint checkpoint() {
    byte[] weights = learner.weights();
    if (!rolledBack && !Arrays.equals(weights, served.weights())) {
      if (held) {
        verdict = Optional.of(verdict(GateDecision.PINNED, "an operator holds the model"));
      } else {
        publish(weights, verdict(GateDecision.UNGATED, ""));
      }
    }
    Map<String, Double> metrics = learner.metrics();
    return new ModelCheckpoint(
        name,
        committed,
        served.version(),
        published,
        rolledBack,
        parent,
        served.weights(),
        new TrainingState(learner.state(), abandoned).toBytes(),
        learner.counts(),
        abandoned,
        metrics,
        verdict,
        metrics.isEmpty() ? List.of() : List.of(new Measurement("prequential", metrics, Map.of())));
  }

  private void publish(byte[] weights, GateVerdict why) {
    if (served.version() > 0) {
      parent = Optional.of(Chunks.sha256(served.weights()));
    }
    highestVersion++;
    served = new Served(highestVersion, weights, Optional.empty());
    verdict = Optional.of(why);
    published = true;
  }

  private GateVerdict verdict(GateDecision decision, String reason) {
    LearnerCounts counts = learner.counts();
    return GateVerdict.newBuilder()
        .setDecision(decision)
        .setReason(reason)
        .setEvents(counts.events() + abandoned.events())
        .build();
  }

  void committed(ModelCheckpoint checkpoint, ModelVersion version) {
    if (checkpoint.published()) {
      served = new Served(served.version(), served.weights(), Optional.of(checkpoint.state()));
    }
    committed = Optional.of(version);
    changed = false;
    published = false;
    rolledBack = false;
  }

  @Override
  public void close() {
    learner.close();
  }
}
