package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The first experiment of Li et al. 2024: users who want longer replies, and fewer who do not. */
class ConflictingUsersTest extends PersonalTestBase {
  private static final List<String> USERS =
      List.of("long-1", "long-2", "short-1", "long-3", "long-4", "long-5", "short-2");
  private static final int SEEDS = 3;

  private static Accuracy plain;

  private record Accuracy(double majority, double minority, double generic) {}

  @BeforeAll
  static void trainOnePolicyForAll() {
    plain = mean(UserModelConfig.plain());
  }

  static List<UserModelConfig> userModels() {
    return List.of(
        UserModelConfig.individual(),
        UserModelConfig.cluster(3),
        UserModelConfig.individual().softPrompt(4));
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldServeBothGroupsWherePlainDpoFailsTheMinority(UserModelConfig users) {
    // When
    Accuracy personal = mean(users);

    // Then
    assertThat(plain.minority).isLessThan(0.45);
    assertThat(personal.minority).isGreaterThan(plain.minority + 0.4);
    assertThat(personal.majority).isGreaterThan(plain.majority - 0.1);
    assertThat(personal.generic).isGreaterThan(0.55);
  }

  private static Accuracy mean(UserModelConfig users) {
    double majority = 0;
    double minority = 0;
    double generic = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Accuracy accuracy = accuracy(config(users).withSeed(seed));
      majority += accuracy.majority / SEEDS;
      minority += accuracy.minority / SEEDS;
      generic += accuracy.generic / SEEDS;
    }
    return new Accuracy(majority, minority, generic);
  }

  private static Accuracy accuracy(PersonalConfig config) {
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config, rows)) {
      List<ReferencedReplies> train = learner.encode(candidates(210, config.seed()));
      learner.train(examples(train, USERS), 60, 8);
      List<ReferencedReplies> test = learner.encode(candidates(60, 100 + config.seed()));
      try (PersonalModel model = new PersonalModel(base, learner.weights())) {
        return new Accuracy(
            PersonalLearnerTest.share(model, rows, "long-1", test),
            1 - PersonalLearnerTest.share(model, rows, "short-1", test),
            PersonalLearnerTest.share(model, rows, "nobody", test));
      }
    }
  }
}
