package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.reward.UserKey;
import dev.attune.model.text.Turn;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Erasures.Erasure;
import dev.attune.trainer.gate.Alarms;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rewards pipeline's core with real learners and the gate. */
class GatedRewardsTest {
  private static final String LAW = "law";
  private static final String TAX = "law.tax";
  private static final String MODEL = "domain/law";
  private static final int HONEST = 30;

  @TempDir static Path folder;
  static BaseModel base;
  static OnlineLearners learners;

  @BeforeAll
  static void makeBase() {
    base = GoldStream.base(folder);
    learners = new OnlineLearners(base, GoldStream.learning(), GoldStream.rewards(), "test");
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  @Test
  void shouldPublishNothingOfAPoisonedStreamAndGoBack() {
    // Given
    try (Run run = new Run(learners)) {
      run.learn(LAW, HONEST, false);
      ModelVersion honest = run.current.get(MODEL);
      boolean alarmBefore = run.alarms.get(MODEL).get(Alarms.REFUSED);

      // When
      run.learn(LAW, HONEST, true);

      // Then
      assertThat(honest.getVersion()).isPositive();
      ModelVersion poisoned = run.current.get(MODEL);
      assertThat(poisoned.getVersion()).isEqualTo(honest.getVersion());
      assertThat(poisoned.getWeights()).isEqualTo(honest.getWeights());
      assertThat(run.decisions)
          .contains(GateDecision.PUBLISHED, GateDecision.REFUSED, GateDecision.FELL_BACK);
      assertThat(alarmBefore).isFalse();
      assertThat(run.alarms.get(MODEL)).containsEntry(Alarms.REFUSED, true);
      assertThat(run.reported).containsExactly(Alarms.REFUSED + " 1.0");
      assertThat(poisoned.getComparisons() + pending(poisoned))
          .isEqualTo(2L * HONEST * GoldStream.EVENTS);
      assertThat(poisoned.getMetrics().get(Manifests.ABANDONED_COMPARISONS)).isPositive();
    }
  }

  @Test
  void shouldRestoreTheEarlierRewardsByARollback() {
    // Given
    try (Run run = new Run(learners)) {
      run.learn(LAW, HONEST + 15, false);
      ModelVersion earlier = run.published.get(0);
      double[] before = rewards(run.bytes(earlier));
      ModelVersion later = run.current.get(MODEL);

      // When
      run.rollBack(earlier);

      // Then
      ModelVersion back = run.current.get(MODEL);
      assertThat(later.getVersion()).isGreaterThan(earlier.getVersion());
      assertThat(back.getVerdict().getDecision()).isEqualTo(GateDecision.ROLLED_BACK);
      assertThat(rewards(run.bytes(back))).containsExactly(before, within(1e-5));
    }
  }

  @Test
  void shouldComeToTheSameBytesWhereverItStopsAndWithOneResidentLearner() {
    // Given
    try (Run whole = new Run(learners);
        Run broken = new Run(new ResidentLearners(learners, 1))) {
      whole.learnInTurn(20, 1_000);

      // When
      broken.learnInTurn(20, 7);

      // Then
      assertThat(whole.published).isNotEmpty();
      assertThat(broken.published).hasSameSizeAs(whole.published);
      for (String model : Set.of(MODEL, "domain/law.tax")) {
        assertThat(broken.current.get(model).getVersion())
            .isEqualTo(whole.current.get(model).getVersion());
        assertThat(broken.current.get(model).getWeights())
            .isEqualTo(whole.current.get(model).getWeights());
        assertThat(broken.current.get(model).getState())
            .isEqualTo(whole.current.get(model).getState());
      }
    }
  }

  @Test
  void shouldRememberNothingOfAUserWhoLeft() {
    // Given
    long user = UserKey.of(GoldStream.user(3));
    try (Run run = new Run(learners)) {
      run.learn(LAW, 8, false);

      // When
      run.trainer.forget(new Erasures(List.of(new Erasure(0, 0, user))));

      // Then
      assertThat(run.trainer.uncommitted()).isTrue();
      run.commit();
      TrainingState state = run.state(run.current.get(MODEL));
      try (OnlineRewardLearner learner =
          OnlineRewardLearner.restore(base, GoldStream.learning(), state.learner())) {
        assertThat(learner.forget(user)).isZero();
        assertThat(learner.forget(UserKey.of(GoldStream.user(4)))).isPositive();
      }
      assertThat(state.erasures()).containsEntry(0, 1L);
      run.learn(LAW, 4, false);
      run.restart();
      run.trainer.forget(new Erasures(List.of(new Erasure(0, 0, user))));
      assertThat(run.trainer.uncommitted()).isFalse();
    }
  }

  @Test
  void shouldRebuildAVersionFromAnEarlierOne() {
    // Given
    try (Run run = new Run(learners)) {
      run.learn(LAW, HONEST + 15, false);
      ModelVersion from = run.published.get(0);
      ModelVersion to = run.published.get(run.published.size() - 1);
      long start = from.getPositions().get(0).getNextOffset();
      long end = to.getPositions().get(0).getNextOffset();

      // When
      RewardsReplay.Rebuilt rebuilt;
      try (RewardsReplay replay =
          RewardsReplay.from(
              StoredModel.published(from, run.bytes(from), run.store.get(sha(from))),
              learners,
              GoldStream.rewards())) {
        for (long offset = start; offset < end; offset++) {
          replay.accept(offset, GoldStream.bucket(LAW, offset, false));
        }
        rebuilt = replay.rebuilt();
      }

      // Then
      assertThat(to.getVersion()).isGreaterThan(from.getVersion());
      assertThat(rebuilt)
          .isEqualTo(
              new RewardsReplay.Rebuilt(
                  to.getVersion(),
                  to.getWeights().getSha256(),
                  to.getState().getSha256(),
                  to.getComparisons(),
                  end - start));
    }
  }

  private static String sha(ModelVersion version) {
    return version.getState().getSha256();
  }

  private static long pending(ModelVersion version) {
    return version.getMetrics().get(Manifests.PENDING_COMPARISONS).longValue();
  }

  /** What weights say of replies that no one has judged. */
  private static double[] rewards(byte[] weights) {
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(RewardWeights.read(weights))) {
      ScoreItem item =
          new ScoreItem(
              List.of(new Turn("user", "moon salt river")),
              List.of("wind gold stone", "lead paper", "slow quick gold gold"),
              model,
              RewardWeights.POOLED);
      return scorer.score(List.of(item)).get(0);
    }
  }

  /** A partition as the pipeline drives it, with a map for a cluster. */
  private static final class Run implements AutoCloseable {
    private static final int PARTITIONS = 8;

    final LearnerFactory factory;
    final Map<String, byte[]> store = new LinkedHashMap<>();
    final Map<String, ModelVersion> current = new LinkedHashMap<>();
    final List<ModelVersion> published = new ArrayList<>();
    final List<GateDecision> decisions = new ArrayList<>();
    final Map<String, Map<String, Boolean>> alarms = new LinkedHashMap<>();

    /** What attune.evaluations gets of alarms: which, and whether it is raised (1) or ended (0). */
    final List<String> reported = new ArrayList<>();

    PartitionTrainer trainer;
    private long offset;

    Run(LearnerFactory factory) {
      this.factory = factory;
      this.trainer = trainer();
    }

    private PartitionTrainer trainer() {
      return new PartitionTrainer(
          Domains.partition(LAW, PARTITIONS), PARTITIONS, factory, GoldStream.rewards());
    }

    void learn(String domain, int buckets, boolean flipped) {
      for (int i = 0; i < buckets; i++) {
        learnOne(domain, flipped);
      }
      commit();
    }

    /** Two domains in turn; a restart after so many buckets, checkpointed or not. */
    void learnInTurn(int buckets, int restartAfter) {
      for (int i = 1; i <= 2 * buckets; i++) {
        learnOne(i % 2 == 0 ? LAW : TAX, false);
        if (i % restartAfter == 0) {
          commit();
          restart();
        }
      }
      commit();
    }

    private void learnOne(String domain, boolean flipped) {
      var bucket = GoldStream.bucket(domain, offset, flipped);
      trainer.missingModel(bucket).ifPresent(name -> trainer.begin(name, Optional.empty()));
      trainer.accept(offset, bucket);
      offset++;
      if (trainer.urgent()) {
        commit();
      }
    }

    void rollBack(ModelVersion to) {
      trainer.rollBack(to, bytes(to), store.get(sha(to)));
      commit();
    }

    void commit() {
      Checkpoint checkpoint = trainer.checkpoint();
      List<ModelVersion> versions = new ArrayList<>();
      for (ModelCheckpoint changed : checkpoint.changed()) {
        ModelVersion version =
            Manifests.next(
                changed,
                Chunks.describe(changed.weights()),
                Chunks.describe(changed.state()),
                factory.provenance(),
                new BucketPosition("topic-1", 0, checkpoint.position()),
                Instant.EPOCH);
        store.put(version.getWeights().getSha256(), changed.weights());
        store.put(sha(version), changed.state());
        current.put(version.getName(), version);
        if (changed.published()) {
          published.add(version);
        }
        changed.measurements().stream()
            .filter(measurement -> measurement.kind().equals("gate"))
            .map(measurement -> GateDecision.valueOf(measurement.labels().get("decision")))
            .forEach(decisions::add);
        changed.measurements().stream()
            .filter(measurement -> measurement.kind().equals("alarm"))
            .map(one -> one.labels().get("alarm") + " " + one.metrics().get("raised"))
            .forEach(reported::add);
        alarms.put(changed.name(), changed.alarms());
        versions.add(version);
      }
      trainer.committed(checkpoint, versions);
    }

    void restart() {
      trainer.close();
      trainer = trainer();
      trainer.startAt(offset);
      current.values().forEach(manifest -> trainer.restore(stored(manifest)));
    }

    private StoredModel stored(ModelVersion manifest) {
      List<ModelVersion> own =
          published.stream()
              .filter(version -> version.getName().equals(manifest.getName()))
              .toList();
      return new StoredModel(
          manifest,
          bytes(manifest),
          store.get(sha(manifest)),
          own.stream()
              .filter(version -> version.getVersion() == manifest.getVersion())
              .findFirst()
              .map(version -> new StoredModel.Published(version, store.get(sha(version)))),
          own.stream().mapToLong(ModelVersion::getVersion).max().orElse(0));
    }

    byte[] bytes(ModelVersion version) {
      return store.get(version.getWeights().getSha256());
    }

    TrainingState state(ModelVersion version) {
      return TrainingState.read(version.getName(), store.get(sha(version)));
    }

    @Override
    public void close() {
      trainer.close();
    }
  }
}
