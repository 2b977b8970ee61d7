package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RowLearnerTest extends PersonalTestBase {
  private static final double STEP = 1e-2;

  static List<UserModelConfig> userModels() {
    return List.of(UserModelConfig.individual(), UserModelConfig.cluster(3));
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldTeachNewUsersWithEverythingSharedFrozen(UserModelConfig users) {
    // Given: shared weights that know of two tastes
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config(users), rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(80, 1)), List.of("long", "short"));
      learner.train(examples, 60, 8);
      UserRow known = rows.find("long");
      double rate = users.kind() == UserModelConfig.Kind.CLUSTER ? 0.1 : 1e-2;
      List<ReferencedReplies> test = learner.encode(candidates(40, 2));
      List<PersonalExample> events =
          examples(learner.encode(candidates(20, 3)), List.of("longer", "shorter"));
      events = events.stream().map(RowLearnerTest::byName).toList();
      try (PersonalModel model = new PersonalModel(base, learner.weights());
          RowLearner stream = new RowLearner(model, rows)) {

        // When: each event once, as it comes
        for (PersonalExample event : events) {
          stream.learn(List.of(event), rate, 3);
        }

        // Then
        double longer = PersonalLearnerTest.share(model, rows, "longer", test);
        double shorter = PersonalLearnerTest.share(model, rows, "shorter", test);
        assertThat(longer - shorter).isGreaterThan(0.4);
        assertThat(rows.find("shorter").steps()).isEqualTo(30);
        assertThat(rows.find("long")).isEqualTo(known);
      }
    }
  }

  private static PersonalExample byName(PersonalExample example) {
    int preferred = example.user().equals("longer") ? 1 : 0;
    return PersonalExample.choice(example.user(), example.replies(), preferred, 1 - preferred);
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldGiveTheSlopesOfEachComparisonByItsUsersRow(UserModelConfig users) {
    // Given: a trained model, and several comparisons of the same users
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config(users), rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(6, 1)), List.of("long", "short"));
      learner.train(examples, 10, 4);
      try (PersonalModel model = new PersonalModel(base, learner.weights());
          RowLearner stream = new RowLearner(model, rows)) {

        // When
        List<RowGradient> gradients = stream.gradients(examples);

        // Then: against central differences along a random direction
        Random random = new Random(1);
        for (int i = 0; i < examples.size(); i++) {
          PersonalExample example = examples.get(i);
          UserRow row = rows.find(example.user());
          float[] direction = new float[row.size()];
          double slope = 0;
          for (int j = 0; j < direction.length; j++) {
            direction[j] = (float) random.nextGaussian();
            slope += direction[j] * gradients.get(i).gradient()[j];
          }
          assertThat(gradients.get(i).difference())
              .isCloseTo(difference(model, rows, example), within(1e-4));
          double up = moved(model, example, row, direction, STEP);
          double down = moved(model, example, row, direction, -STEP);
          double expected = (up - down) / (2 * STEP);
          assertThat(slope).isCloseTo(expected, within(2e-3 + 0.04 * Math.abs(expected)));
        }
      }
    }
  }

  private static double moved(
      PersonalModel model, PersonalExample example, UserRow row, float[] along, double step) {
    float[] values = row.values();
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (step * along[i]);
    }
    UserRowTable moved = new UserRowTable();
    moved.put(example.user(), row.withValues(values));
    return difference(model, moved, example);
  }

  private static double difference(PersonalModel model, UserRows rows, PersonalExample example) {
    double[] r = model.score(rows, new PersonalItem(example.user(), null, example.replies()));
    int preferred = example.pairs().get(0).preferred();
    return r[preferred] - r[1 - preferred];
  }

  @Test
  void shouldRefuseAUserModelWithoutRows() {
    // Given
    PersonalWeights plain = PersonalWeights.untrained(base, config(UserModelConfig.plain()));
    try (PersonalModel model = new PersonalModel(base, plain)) {

      // When / Then
      assertThatThrownBy(() -> new RowLearner(model, new UserRowTable()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("UNIFORM");
    }
  }
}
