package dev.attune.trainer.core;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.LearnerCounts;
import dev.attune.model.reward.Prediction;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Erasures.Erasure;
import dev.attune.trainer.gate.Gate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model with its learner, its gate, what is served of it and what is committed of it. The gate
 * decides between two buckets, so that the state of a version is that of the very weights.
 */
final class TrainedModel implements AutoCloseable {
  private final String name;
  private final RewardsConfig config;
  private final LearnerFactory learners;
  private final RewardLearner learner;
  private final @Nullable Gate gate;
  private final ModelMonitor monitor;
  private Erasures erasures;
  private Map<Integer, Long> erasuresSeen;
  private Served served;
  private long highestVersion;
  private Optional<String> parent;
  private long abandonedComparisons;
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
   * @param comparisons in the weights
   */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  private record Served(
      long version, byte[] weights, Optional<TrainingState> state, long comparisons) {}

  /** A model that begins. */
  private TrainedModel(
      String name,
      RewardsConfig config,
      LearnerFactory learners,
      Optional<GeneralModel> general,
      Erasures erasures) {
    this.name = name;
    this.config = config;
    this.learners = learners;
    boolean isGeneral = name.equals(Domains.GENERAL);
    this.learner = isGeneral ? learners.general() : learners.customized(general);
    List<EncodedExample> generalSet =
        general
            .filter(any -> config.gated())
            .map(model -> learners.generalSet(model, config.gate().general()))
            .orElse(List.of());
    this.gate = config.gated() ? new Gate(config.gate(), config.seed(), generalSet) : null;
    this.monitor = new ModelMonitor(name);
    this.erasures = erasures;
    // Of those who left before there was the model, the general state may still hold something.
    this.erasuresSeen = general.map(model -> model.state().erasures()).orElse(erasures.position());
    this.served = new Served(0, learner.weights(), Optional.empty(), 0);
    this.parent = general.map(model -> model.version().getWeights().getSha256());
    this.verdict = Optional.empty();
    this.committed = Optional.empty();
    forget(erasures);
  }

  /** A model that goes on. */
  private TrainedModel(
      StoredModel stored, RewardsConfig config, LearnerFactory learners, Erasures erasures) {
    ModelVersion manifest = stored.manifest();
    this.name = manifest.getName();
    this.config = config;
    this.learners = learners;
    TrainingState state = TrainingState.read(name, stored.state());
    this.learner = learners.restore(name, state.learner());
    this.gate = config.gated() ? gate(config, state) : null;
    this.monitor = new ModelMonitor(name, state);
    this.erasures = erasures;
    this.erasuresSeen = state.erasures();
    this.served =
        new Served(
            manifest.getVersion(),
            stored.weights(),
            stored.published().map(version -> TrainingState.read(name, version.state())),
            stored.published().map(version -> inWeights(version.manifest())).orElse(0L));
    this.highestVersion = stored.highestVersion();
    this.parent = Optional.ofNullable(manifest.getParent());
    this.abandonedComparisons = state.abandonedComparisons();
    this.verdict = Optional.ofNullable(manifest.getVerdict());
    this.committed = Optional.of(manifest);
    forget(erasures);
  }

  /**
   * Begins a model.
   *
   * @param general what a domain's model starts from; of no meaning for the general model itself
   */
  static TrainedModel begin(
      String name,
      RewardsConfig config,
      LearnerFactory learners,
      Optional<GeneralModel> general,
      Erasures erasures) {
    return new TrainedModel(
        name,
        config,
        learners,
        name.equals(Domains.GENERAL) ? Optional.empty() : general,
        erasures);
  }

  /** Goes on with a model where it was stored. */
  static TrainedModel restore(
      StoredModel stored, RewardsConfig config, LearnerFactory learners, Erasures erasures) {
    return new TrainedModel(stored, config, learners, erasures);
  }

  private static Gate gate(RewardsConfig config, TrainingState state) {
    return state.gate().length == 0
        ? new Gate(config.gate(), config.seed(), List.of())
        : Gate.restore(config.gate(), state.gate());
  }

  /** How many of a version's comparisons its weights hold. */
  private static long inWeights(ModelVersion version) {
    return version.getComparisons()
        - version.getMetrics().getOrDefault(Manifests.ABANDONED_COMPARISONS, 0.0).longValue();
  }

  LearnerCounts counts() {
    return learner.counts();
  }

  boolean changed() {
    return changed;
  }

  /** True where others wait for the next checkpoint: it has a new version, or an old one again. */
  boolean urgent() {
    return published || rolledBack;
  }

  /** While an operator holds the model it trains on and nothing new is published. */
  void hold(boolean pinned) {
    held = pinned;
  }

  // ---- learning ------------------------------------------------------------------------------

  void accept(PreferenceBucket bucket) {
    List<LearnedBatch> batches = learner.accept(Domains.head(bucket.getDomain()), bucket);
    changed = true;
    monitor.observe(bucket, batches);
    if (gate == null) {
      return;
    }
    for (LearnedBatch batch : batches) {
      for (Prediction prediction : batch.predictions()) {
        if (gate.observe(prediction)) {
          monitor.drifted(gate.events(), gate.agreed());
          if (gate.agreed()) {
            learner.boost(config.driftFactor(), config.driftSteps());
          }
        }
      }
    }
    if (gate.due()) {
      decide(gate);
    }
  }

  private void decide(Gate due) {
    if (held) {
      decided(due.pinned());
      return;
    }
    byte[] weights = learner.weights();
    byte[] serving = served.weights();
    GateVerdict word =
        due.decide(
            examples -> learners.predict(serving, examples),
            examples -> learners.predict(weights, examples));
    if (word.getDecision() == GateDecision.PUBLISHED) {
      publish(weights);
    } else if (word.getDecision() == GateDecision.FELL_BACK) {
      if (served.state().isPresent()) {
        goBackTo(served.state().get(), served.comparisons());
      } else {
        // Nothing was published that it could go back to.
        word.setDecision(GateDecision.REFUSED);
      }
    }
    decided(word);
  }

  private void decided(GateVerdict word) {
    verdict = Optional.of(word);
    monitor.decided(word);
  }

  private void publish(byte[] weights) {
    monitor.published(!Arrays.equals(weights, served.weights()));
    if (served.version() > 0) {
      parent = Optional.of(Chunks.sha256(served.weights()));
    }
    highestVersion++;
    served =
        new Served(
            highestVersion,
            weights,
            Optional.empty(),
            learner.counts().comparisons() - abandonedComparisons);
    published = true;
  }

  private void goBackTo(TrainingState earlier, long comparisons) {
    learner.fallBack(earlier.learner());
    abandonedComparisons = learner.counts().comparisons() - comparisons;
    for (Erasure erasure : erasures.after(earlier.erasures())) {
      learner.forget(erasure.user());
    }
  }

  // ---- what others ask for -------------------------------------------------------------------

  /** Goes on from an earlier version. */
  void rollBack(ModelVersion to, byte[] weights, byte[] state) {
    TrainingState earlier = TrainingState.read(name, state);
    goBackTo(earlier, inWeights(to));
    served = new Served(to.getVersion(), weights, Optional.of(earlier), inWeights(to));
    parent = Optional.ofNullable(to.getParent());
    decided(gate == null ? ungated(GateDecision.ROLLED_BACK) : gate.rolledBack());
    changed = true;
    published = false;
    rolledBack = true;
  }

  /** Forgets users who left; returns whether there was anything of one. */
  boolean forget(Erasures left) {
    erasures = left;
    boolean holding = false;
    for (Erasure erasure : left.after(erasuresSeen)) {
      holding |= learner.forget(erasure.user()) > 0;
      holding |= gate != null && gate.forget(erasure.user());
    }
    changed |= holding;
    Map<Integer, Long> seen = new HashMap<>(erasuresSeen);
    left.position().forEach((partition, next) -> seen.merge(partition, next, Math::max));
    erasuresSeen = seen;
    return holding;
  }

  // ---- checkpoints ---------------------------------------------------------------------------

  /** Everything as it is now; a checkpoint that is not committed ends the model's life. */
  ModelCheckpoint checkpoint() {
    if (gate == null && !rolledBack) {
      publishUngated();
    }
    Map<String, Double> metrics = new HashMap<>(learner.metrics());
    metrics.putAll(monitor.metrics());
    metrics.put(Manifests.ABANDONED_COMPARISONS, (double) abandonedComparisons);
    return new ModelCheckpoint(
        name,
        committed,
        served.version(),
        published,
        rolledBack,
        parent,
        served.weights(),
        state().toBytes(),
        learner.counts(),
        metrics,
        verdict,
        monitor.measurements(),
        monitor.alarms(),
        monitor.changedCalibrations());
  }

  /** Where nothing decides, whatever has taken a step is published. */
  private void publishUngated() {
    byte[] weights = learner.weights();
    if (Arrays.equals(weights, served.weights())) {
      return;
    }
    if (held) {
      verdict = Optional.of(ungated(GateDecision.PINNED));
    } else {
      publish(weights);
      verdict = Optional.of(ungated(GateDecision.UNGATED));
    }
  }

  private GateVerdict ungated(GateDecision decision) {
    return GateVerdict.newBuilder()
        .setDecision(decision)
        .setReason("there is no gate")
        .setEvents(learner.counts().events())
        .build();
  }

  private TrainingState state() {
    return new TrainingState(
        learner.state(),
        gate == null ? new byte[0] : gate.toBytes(),
        monitor.meter(),
        monitor.alarmsState(),
        monitor.calibrations(),
        abandonedComparisons,
        erasuresSeen);
  }

  void committed(ModelCheckpoint checkpoint, ModelVersion version) {
    if (checkpoint.published()) {
      served =
          new Served(
              served.version(),
              served.weights(),
              Optional.of(TrainingState.read(name, checkpoint.state())),
              served.comparisons());
    }
    committed = Optional.of(version);
    monitor.committed();
    changed = false;
    published = false;
    rolledBack = false;
  }

  @Override
  public void close() {
    learner.close();
  }
}
