package dev.attune.trainer.core;

import dev.attune.schemas.events.ModelVersion;
import java.util.Optional;

/** A model with its learner and what is committed of it. */
final class TrainedModel implements AutoCloseable {
  private final String name;
  private final RewardLearner learner;
  private Optional<String> parent;
  private Optional<ModelVersion> committed;
  private boolean changed;

  TrainedModel(
      String name,
      RewardLearner learner,
      Optional<String> parent,
      Optional<ModelVersion> committed) {
    this.name = name;
    this.learner = learner;
    this.parent = parent;
    this.committed = committed;
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

  ModelCheckpoint checkpoint() {
    return new ModelCheckpoint(
        name,
        committed,
        parent,
        learner.weights(),
        learner.state(),
        learner.counts(),
        learner.metrics());
  }

  void committed(ModelVersion version) {
    committed = Optional.of(version);
    parent = Optional.of(version.getWeights().getSha256());
    changed = false;
  }

  @Override
  public void close() {
    learner.close();
  }
}
