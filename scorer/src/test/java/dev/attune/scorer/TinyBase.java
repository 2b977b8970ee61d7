package dev.attune.scorer;

import dev.attune.model.engine.Precision;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.PersonalWeights;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A real base and a real reward model of the smallest kind. */
final class TinyBase {
  private TinyBase() {}

  /** Makes a base in this folder and loads it. */
  static BaseModel make(Path folder) {
    List<Turn> dialogue =
        List.of(
            new Turn("user", "Why is the sky blue?"),
            new Turn("assistant", "Because the air scatters blue light more than red light."));
    Stage1Config config = new Stage1Config(300, 16, 32, 2, 2, 512, 32, 2, 2, 0.02, 3e-3, 1);
    Stage1.train(Collections.nCopies(20, dialogue), config, Precision.FP32, folder, Progress.NONE);
    return BaseModel.load(folder, Precision.FP32);
  }

  /** The bytes of a reward model that has learned from one preference. */
  static byte[] train(BaseModel base) {
    return train(base, 16);
  }

  /** The same, of one preference that came so many times. */
  static byte[] train(BaseModel base, int times) {
    PreferenceExample example =
        new PreferenceExample(
            List.of(new Turn("user", "Why?")),
            List.of("Because.", "It scatters blue light."),
            List.of(new Pair(1, 0, 1, 0, false)),
            null);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, OnlineConfig.defaults())) {
      learner.accept("pooled", Collections.nCopies(times, example));
      return learner.weights().toBytes();
    }
  }

  /** A policy with rows, whose coordinates are the first few features. */
  static Policy policy(BaseModel base) {
    int features = 2 * base.config().hiddenSize() + 1;
    float[] deviation = new float[features];
    Arrays.fill(deviation, 1);
    List<float[]> directions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      float[] direction = new float[features];
      direction[i] = 1;
      directions.add(direction);
    }
    PersonalWeights weights = PersonalWeights.untrained(base, PersonalConfig.defaults());
    float[] centre = weights.newRow().values();
    float[] other = centre.clone();
    for (int i = 0; i < other.length; i++) {
      other[i] += i % 2 == 0 ? 0.5f : -0.5f;
    }
    return new Policy(
        1,
        base.sha256(),
        64,
        96,
        new HeadBasis(new float[features], deviation, directions),
        GaussianWeights.independent(5, 1),
        weights,
        RowSubspace.of(centre, List.of(other), 1),
        List.of());
  }

  /** A user who is not the generic one, in the head and in the row. */
  static UserState someone(Policy policy) {
    double[] liking = {1, -1, 1, -1, 0};
    GaussianWeights head = GaussianWeights.of(liking, policy.prior().matrix());
    GaussianWeights row = GaussianWeights.of(new double[] {3}, policy.rows().prior().matrix());
    return new UserState(policy.epoch(), head, 3, row, 3);
  }
}
