package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.adapter.LoraConfig;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PersonalCheckpointingTest extends PersonalTestBase {
  private static final float CLOSE = 1e-4f;

  @ParameterizedTest
  @ValueSource(strings = {"added", "soft", "cluster", "dropout"})
  void shouldLearnWhatIsLearnedWithoutIt(String kind) {
    // Given
    UserModelConfig users =
        switch (kind) {
          case "soft" -> UserModelConfig.individual().softPrompt(2);
          case "cluster" -> UserModelConfig.cluster(3);
          default -> UserModelConfig.individual();
        };
    PersonalConfig config = config(users);
    if (kind.equals("dropout")) {
      LoraConfig l = config.lora();
      LoraConfig lora =
          new LoraConfig(l.rank(), l.alpha(), 0.3, l.targets(), l.layers(), l.rankStabilized());
      config =
          new PersonalConfig(users, config.loss(), lora, config.optimizer(), 24, 24, 100_000, 1);
    }
    UserRowTable kept = learn(config, false);

    // When
    UserRowTable computedAgain = learn(config, true);

    // Then
    for (String user : List.of("long", "short")) {
      assertThat(computedAgain.find(user).values())
          .containsExactly(kept.find(user).values(), within(CLOSE));
      assertThat(kept.find(user).values()).isNotEqualTo(new float[kept.find(user).values().length]);
    }
  }

  private static UserRowTable learn(PersonalConfig config, boolean checkpointing) {
    PersonalOptimizer o = config.optimizer();
    PersonalOptimizer optimizer =
        new PersonalOptimizer(
            o.learningRate(),
            o.weightDecay(),
            o.beta1(),
            o.beta2(),
            o.clip(),
            o.warmUpSteps(),
            o.decaySteps(),
            0,
            o.vectorLearningRate(),
            o.logitLearningRate(),
            o.vectorBeta2(),
            checkpointing);
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config.with(optimizer), rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(8, 1)), List.of("long", "short"));
      for (int i = 0; i < 4; i++) {
        learner.step(examples);
      }
    }
    return rows;
  }
}
