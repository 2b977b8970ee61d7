package dev.attune.scorer;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
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
    PreferenceExample example =
        new PreferenceExample(
            List.of(new Turn("user", "Why?")),
            List.of("Because.", "It scatters blue light."),
            List.of(new Pair(1, 0, 1, 0, false)),
            null);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, OnlineConfig.defaults())) {
      learner.accept("pooled", Collections.nCopies(16, example));
      return learner.weights().toBytes();
    }
  }
}
