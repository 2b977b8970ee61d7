package dev.attune.trainer.gate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gate around a real learner: replies with gold are preferred, then those without. */
class GatedLearningTest {
  private static final List<String> WORDS =
      List.of("gold", "lead", "river", "stone", "quick", "slow", "moon", "salt", "paper", "wind");

  @TempDir static Path folder;
  static BaseModel base;

  @BeforeAll
  static void makeBase() {
    Random random = new Random(1);
    List<List<Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      dialogues.add(
          List.of(
              new Turn("user", sentence(random, 3)), new Turn("assistant", sentence(random, 6))));
    }
    Stage1Config config = new Stage1Config(320, 32, 64, 2, 2, 128, 32, 4, 40, 0.02, 3e-3, 1);
    Stage1.train(dialogues, config, Precision.FP32, folder, Progress.NONE);
    base = BaseModel.load(folder, Precision.FP32);
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldPublishAnHonestStreamAndNothingOfAPoisonedOne(long seed) {
    // Given
    try (Domain domain = new Domain(seed)) {
      List<GateVerdict> honest = domain.learn(320, seed, false);
      String served = domain.sha256();

      // When
      List<GateVerdict> poisoned = domain.learn(320, seed + 10, true);

      // Then
      assertThat(honest).extracting(GateVerdict::getDecision).contains(GateDecision.PUBLISHED);
      assertThat(poisoned)
          .extracting(GateVerdict::getDecision)
          .doesNotContain(GateDecision.PUBLISHED)
          .contains(GateDecision.REFUSED, GateDecision.FELL_BACK);
      assertThat(domain.sha256()).isEqualTo(served);
      assertThat(domain.accuracy(seed + 20)).isGreaterThan(0.75);
    }
  }

  /** A domain's learner, its gate, and what is served. */
  private static final class Domain implements AutoCloseable {
    private final OnlineRewardLearner learner;
    private final RewardScorer scorer = new RewardScorer(base);
    private final Gate gate;
    private @Nullable RewardWeights served;
    private byte[] servedState;

    Domain(long seed) {
      OnlineConfig config =
          new OnlineConfig(
              new RewardModelConfig(4, 8, Pooling.MEAN, false, 32, 32),
              new OptimizerConfig(3e-3, 0.01, 0.9, 0.98, 1, 3, 1000, 0, 0.9, 0, false),
              0,
              false,
              4,
              100_000,
              1,
              1,
              100,
              128,
              0,
              0,
              0,
              0,
              128,
              seed);
      learner = OnlineRewardLearner.customized(base, config, null, null);
      servedState = learner.state();
      gate = new Gate(GateConfig.defaults(), seed, List.of());
    }

    List<GateVerdict> learn(int events, long seed, boolean flipped) {
      List<GateVerdict> verdicts = new ArrayList<>();
      for (PreferenceExample event : events(events, seed, flipped)) {
        for (LearnedBatch batch : learner.accept(RewardWeights.POOLED, List.of(event))) {
          batch.predictions().forEach(gate::observe);
          if (gate.due()) {
            verdicts.add(decide());
          }
        }
      }
      return verdicts;
    }

    private GateVerdict decide() {
      RewardWeights candidate = learner.weights();
      GateVerdict verdict = gate.decide(predictor(served), predictor(candidate));
      if (verdict.getDecision() == GateDecision.PUBLISHED) {
        served = candidate;
        servedState = learner.state();
      } else if (verdict.getDecision() == GateDecision.FELL_BACK) {
        learner.fallBack(servedState);
      }
      return verdict;
    }

    private Predictor predictor(@Nullable RewardWeights weights) {
      if (weights == null) {
        return Predictor.untrained();
      }
      return examples -> {
        try (ResidentModel model = scorer.load(weights)) {
          return scorer.predict(model, examples);
        }
      };
    }

    String sha256() {
      return served == null ? "" : served.sha256();
    }

    /** Of what is served, on unseen honest events. */
    double accuracy(long seed) {
      List<PreferenceExample> unseen = events(100, seed, false);
      try (ResidentModel model = scorer.load(requireNonNull(served))) {
        List<ScoreItem> items =
            unseen.stream()
                .map(e -> new ScoreItem(e.prompt(), e.replies(), model, RewardWeights.POOLED))
                .toList();
        return scorer.score(items).stream().filter(rewards -> rewards[1] > rewards[0]).count()
            / 100.0;
      }
    }

    @Override
    public void close() {
      learner.close();
      scorer.close();
    }
  }

  /** Comparisons of two replies by twenty users; one in ten is wrong. */
  private static List<PreferenceExample> events(int count, long seed, boolean flipped) {
    Random random = new Random(seed);
    List<PreferenceExample> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String plain = sentence(random, 5).replace("gold", "lead");
      String golden = sentence(random, 4).replace("gold", "lead") + " gold";
      boolean wrong = flipped ^ random.nextInt(10) == 0;
      events.add(
          new PreferenceExample(
              List.of(new Turn("user", sentence(random, 3))),
              List.of(plain, golden),
              List.of(wrong ? Pair.of(0, 1) : Pair.of(1, 0)),
              List.of(),
              null,
              1 + random.nextInt(40),
              false));
    }
    return events;
  }

  private static String sentence(Random random, int words) {
    List<String> sentence = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      sentence.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", sentence);
  }
}
