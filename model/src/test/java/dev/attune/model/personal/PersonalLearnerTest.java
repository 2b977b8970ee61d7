package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.reward.PreferenceExample.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PersonalLearnerTest extends PersonalTestBase {
  private static final PersonalConfig CONFIG = config(UserModelConfig.individual());

  static List<UserModelConfig> userModels() {
    return List.of(
        UserModelConfig.individual(),
        UserModelConfig.individual().withoutOffset(),
        UserModelConfig.individual().softPrompt(2),
        UserModelConfig.cluster(3),
        UserModelConfig.cluster(3).softPrompt(2));
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldNeverMoveTheRowsOfAbsentUsers(UserModelConfig users) {
    // Given
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config(users), rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(8, 1)), List.of("long", "short"));
      learner.step(examples);
      UserRow absent = rows.find("short");
      UserRow present = rows.find("long");

      // When
      for (int i = 0; i < 5; i++) {
        learner.step(examples.stream().filter(e -> e.user().equals("long")).toList());
      }

      // Then: bit for bit
      assertThat(rows.find("short")).isEqualTo(absent);
      assertThat(rows.find("long")).isNotEqualTo(present);
      assertThat(rows.find("long").steps()).isEqualTo(6);
      assertThat(rows.find("short").steps()).isEqualTo(1);
      assertThat(rows.users()).containsExactly("long", "short");
    }
  }

  @Test
  void shouldWeighBothTermsAsAnExpectation() {
    // Given: a model that has learned something, and comparisons of several weights and users
    UserRowTable rows = new UserRowTable();
    PersonalConfig config = CONFIG.with(PersonalLoss.dpo().withAlpha(0.7));
    try (PersonalLearner learner = PersonalLearner.start(base, config, rows)) {
      List<ReferencedReplies> replies = learner.encode(candidates(8, 1));
      List<PersonalExample> examples = examples(replies, List.of("long", "short"));
      learner.train(examples, 5, 4);
      double expected = 0;
      try (PersonalModel model = new PersonalModel(base, learner.weights())) {
        for (PersonalExample e : examples) {
          expected += 0.7 * loss(model, rows, e, e.user()) / examples.size();
          expected += 0.3 * loss(model, rows, e, null) / examples.size();
        }
      }

      // When
      double loss = learner.step(examples);

      // Then
      assertThat(loss).isCloseTo(expected, within(1e-4));
    }
  }

  private static double loss(
      PersonalModel model, UserRows rows, PersonalExample example, String user) {
    double[] r = model.score(rows, new PersonalItem(user, null, example.replies()));
    int preferred = example.pairs().get(0).preferred();
    return Math.log1p(Math.exp(r[1 - preferred] - r[preferred]));
  }

  @ParameterizedTest
  @MethodSource("userModels")
  void shouldGoOnFromAStateBitForBit(UserModelConfig users) {
    // Given
    UserRowTable rows = new UserRowTable();
    byte[] state;
    byte[] table;
    byte[] expected;
    byte[] expectedRows;
    List<PersonalExample> examples;
    try (PersonalLearner learner = PersonalLearner.start(base, config(users), rows)) {
      examples = judged(examples(learner.encode(candidates(12, 1)), List.of("long", "short")));
      learner.train(examples, 4, 4);
      state = learner.state();
      table = rows.toBytes();
      learner.train(examples, 4, 4);
      expected = learner.state();
      expectedRows = rows.toBytes();
    }
    UserRowTable restoredRows = UserRowTable.read(table);
    try (PersonalLearner restored =
        PersonalLearner.restore(base, config(users), restoredRows, state)) {

      // When
      restored.train(examples, 4, 4);

      // Then
      assertThat(restored.steps()).isEqualTo(8);
      assertThat(restored.state()).isEqualTo(expected);
      assertThat(restoredRows.toBytes()).isEqualTo(expectedRows);
    }
  }

  private static List<PersonalExample> judged(List<PersonalExample> examples) {
    List<PersonalExample> all = new ArrayList<>(examples);
    ReferencedReplies replies = examples.get(0).replies();
    List<Judgement> judgements = List.of(new Judgement(0, true, 1), new Judgement(1, false, 1));
    all.add(new PersonalExample("short", null, replies, List.of(), judgements));
    return all;
  }

  @Test
  void shouldTeachTheGenericUserAloneWhereTheUserIsUnknown() {
    // Given
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, CONFIG, rows)) {
      List<ReferencedReplies> replies = learner.encode(candidates(8, 1));
      List<PersonalExample> examples =
          replies.stream().map(r -> PersonalExample.choice(null, r, 1, 0)).toList();

      // When
      double before = learner.step(examples);
      double after = learner.step(examples);

      // Then
      assertThat(rows.users()).isEmpty();
      assertThat(before).isCloseTo(Math.log(2), within(1e-5));
      assertThat(after).isLessThan(before);
    }
  }

  @Test
  void shouldLearnTheSameHoweverABatchIsCut() {
    // Given
    List<Double> whole = lossesOfSteps(CONFIG);
    PersonalConfig cut =
        new PersonalConfig(
            CONFIG.users(), CONFIG.loss(), CONFIG.lora(), CONFIG.optimizer(), 24, 24, 60, 1);

    // When
    List<Double> inParts = lossesOfSteps(cut);

    // Then
    for (int i = 0; i < whole.size(); i++) {
      assertThat(inParts.get(i)).isCloseTo(whole.get(i), within(1e-4));
    }
    assertThat(whole.get(4)).isNotCloseTo(whole.get(0), within(1e-2));
  }

  /** The losses of some steps on comparisons and judgements. */
  private static List<Double> lossesOfSteps(PersonalConfig config) {
    List<Double> losses = new ArrayList<>();
    try (PersonalLearner learner = PersonalLearner.start(base, config, new UserRowTable())) {
      List<PersonalExample> examples =
          judged(examples(learner.encode(candidates(12, 1)), List.of("long", "short")));
      for (int i = 0; i < 5; i++) {
        losses.add(learner.step(examples));
      }
    }
    return losses;
  }

  @Test
  void shouldLearnFromJudgementsOfSingleReplies() {
    // Given: two users who call opposite replies good, one reply at a time
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, CONFIG, rows)) {
      List<ReferencedReplies> replies = learner.encode(metals(80, 1));
      List<PersonalExample> examples = new ArrayList<>();
      for (int i = 0; i < replies.size(); i++) {
        String user = i % 2 == 0 ? "long" : "short";
        int reply = i / 2 % 2;
        boolean good = (reply == 1) == user.equals("long");
        List<Judgement> judgement = List.of(new Judgement(reply, good, 1));
        examples.add(new PersonalExample(user, null, replies.get(i), List.of(), judgement));
      }

      // When
      learner.train(examples, 80, 8);

      // Then
      try (PersonalModel model = new PersonalModel(base, learner.weights())) {
        List<ReferencedReplies> test = learner.encode(metals(40, 2));
        assertThat(share(model, rows, "long", test)).isGreaterThan(0.75);
        assertThat(share(model, rows, "short", test)).isLessThan(0.25);
      }
    }
  }

  static List<PersonalConfig> rewards() {
    PersonalConfig reward = CONFIG.with(PersonalLoss.reward());
    return List.of(
        reward,
        reward.with(UserModelConfig.individual().softPrompt(2)),
        reward.with(UserModelConfig.individual().asHead()),
        reward.with(UserModelConfig.cluster(3).asHead()),
        CONFIG.with(PersonalLoss.ipo(0.1)));
  }

  @ParameterizedTest
  @MethodSource("rewards")
  void shouldLearnOpposedUsersByOtherObjectives(PersonalConfig config) {
    // Given
    UserRowTable rows = new UserRowTable();
    try (PersonalLearner learner = PersonalLearner.start(base, config, rows)) {
      List<PersonalExample> examples =
          examples(learner.encode(metals(80, 1)), List.of("long", "short"));

      // When
      learner.train(examples, 80, 8);

      // Then
      try (PersonalModel model = new PersonalModel(base, learner.weights())) {
        List<ReferencedReplies> test = learner.encode(metals(40, 2));
        assertThat(share(model, rows, "long", test)).isGreaterThan(0.75);
        assertThat(share(model, rows, "short", test)).isLessThan(0.25);
      }
    }
  }

  /** Returns how often a user is thought to prefer reply 1. */
  static double share(
      PersonalModel model, UserRows rows, String user, List<ReferencedReplies> test) {
    List<PersonalItem> items = test.stream().map(r -> new PersonalItem(user, null, r)).toList();
    return model.score(rows, items).stream().mapToDouble(r -> r[1] > r[0] ? 1 : 0).sum()
        / test.size();
  }

  @Test
  void shouldRefuseAStateOfAnotherUserModel() {
    // Given
    byte[] state;
    try (PersonalLearner learner = PersonalLearner.start(base, CONFIG, new UserRowTable())) {
      state = learner.state();
    }
    PersonalConfig other = CONFIG.with(UserModelConfig.cluster(3));

    // When / Then
    assertThatThrownBy(() -> PersonalLearner.restore(base, other, new UserRowTable(), state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CLUSTER");
  }

  @Test
  void shouldRefuseARowOfAnotherSize() {
    // Given
    UserRowTable rows = new UserRowTable();
    rows.put("long", UserRow.of(1, 2, 3));
    try (PersonalLearner learner = PersonalLearner.start(base, CONFIG, rows)) {
      List<PersonalExample> examples = examples(learner.encode(candidates(1, 1)), List.of("long"));

      // When / Then
      assertThatThrownBy(() -> learner.step(examples))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("long");
    }
  }

  @Test
  void shouldRefuseTextsLongerThanTheBaseReads() {
    // Given
    PersonalConfig longest = CONFIG.withLengths(base.maxTokens(), 1);

    // When / Then
    assertThatThrownBy(() -> PersonalLearner.start(base, longest, new UserRowTable()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the base reads");
  }

  @Test
  void shouldDropTheAdaptersInputsAsOftenAsItIsRepeated() {
    // Given
    LoraConfig all = CONFIG.lora();
    LoraConfig dropout =
        new LoraConfig(
            all.rank(), all.alpha(), 0.3, all.targets(), all.layers(), all.rankStabilized());
    PersonalConfig dropping =
        new PersonalConfig(
            CONFIG.users(), CONFIG.loss(), dropout, CONFIG.optimizer(), 24, 24, 100_000, 1);

    // When
    double[] losses = losses(dropping);

    // Then
    assertThat(losses).containsExactly(losses(dropping));
    assertThat(losses[3]).isNotCloseTo(losses(CONFIG)[3], within(1e-7));
  }

  private static double[] losses(PersonalConfig config) {
    try (PersonalLearner learner = PersonalLearner.start(base, config, new UserRowTable())) {
      List<PersonalExample> examples =
          examples(learner.encode(candidates(6, 1)), List.of("long", "short"));
      return IntStream.range(0, 4).mapToDouble(i -> learner.step(examples)).toArray();
    }
  }
}
