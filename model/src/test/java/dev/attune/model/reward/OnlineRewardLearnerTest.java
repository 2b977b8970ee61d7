package dev.attune.model.reward;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.reward.PreferenceExample.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnlineRewardLearnerTest extends RewardTestBase {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldLearnAPreference(long seed) {
    // Given
    OnlineConfig config = config(8, 3, 0, seed);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null);
        RewardScorer scorer = new RewardScorer(base)) {

      // When
      learner.accept(RewardWeights.POOLED, golden(160, seed));

      // Then
      try (ResidentModel model = scorer.load(learner.weights())) {
        List<PreferenceExample> unseen = golden(100, seed + 100);
        assertThat(accuracy(scorer, model, "pooled", unseen)).isGreaterThan(0.8);
        assertThat(learner.metrics().get("accuracy")).isBetween(0.6, 1.0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0.1, 0", "0, 6"})
  void shouldGoOnFromItsStateAsIfItHadNeverStopped(double imitation, double sourceVariance) {
    // Given: three and a half batches, so that events are waiting in the state too
    OnlineConfig config = withEffects(config(4, 1.5, imitation, 1), sourceVariance, 5);
    List<PreferenceExample> events = golden(28, 1);
    byte[] state;
    try (OnlineRewardLearner first = OnlineRewardLearner.general(base, config)) {
      first.accept("helpful", events.subList(0, 14));
      state = first.state();
    }
    try (OnlineRewardLearner unbroken = OnlineRewardLearner.general(base, config);
        OnlineRewardLearner restored = OnlineRewardLearner.restore(base, config, state)) {
      unbroken.accept("helpful", events.subList(0, 14));
      unbroken.accept("webgpt", events.subList(14, 28));

      // When
      restored.accept("webgpt", events.subList(14, 28));

      // Then
      assertThat(restored.weights().sha256()).isEqualTo(unbroken.weights().sha256());
      assertThat(restored.state()).isEqualTo(unbroken.state());
      assertThat(restored.weights().heads()).containsExactly("pooled", "helpful", "webgpt");
    }
  }

  @Test
  void shouldLetASourcesHeadBeginAsThePooledOneIs() {
    // Given
    OnlineConfig config = config(4, 1.5, 0, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config)) {
      learner.accept("helpful", golden(40, 1));

      // When
      List<LearnedBatch> first = learner.accept("webgpt", golden(4, 2));

      // Then
      assertThat(first).hasSize(1);
      assertThat(first.get(0).predictions())
          .allSatisfy(
              prediction -> {
                assertThat(prediction.own()).containsExactly(prediction.pooled(), within(1e-6));
                assertThat(Math.abs(prediction.own()[0])).isGreaterThan(0.01);
              });
      assertThat(learner.accept("webgpt", golden(4, 3)).get(0).predictions())
          .as("it goes a way of its own")
          .anySatisfy(
              prediction -> assertThat(prediction.own()[0]).isNotEqualTo(prediction.pooled()[0]));
    }
  }

  @Test
  void shouldNotDependOnHowEventsAreHandedOver() {
    // Given
    OnlineConfig config = config(4, 1, 0, 1);
    List<PreferenceExample> events = golden(10, 1);
    try (OnlineRewardLearner together = OnlineRewardLearner.customized(base, config, null, null);
        OnlineRewardLearner single = OnlineRewardLearner.customized(base, config, null, null)) {
      together.accept(RewardWeights.POOLED, events);

      // When
      events.forEach(event -> single.accept(RewardWeights.POOLED, List.of(event)));

      // Then
      assertThat(single.state()).isEqualTo(together.state());
    }
  }

  @Test
  void shouldLearnWhatWaitedForALargerBatch() {
    // Given
    byte[] state;
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.customized(base, config(8, 1, 0, 1), null, null)) {
      learner.accept(RewardWeights.POOLED, golden(7, 1));
      state = learner.state();
    }
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.restore(base, config(4, 1, 0, 1), state)) {

      // When
      learner.accept(RewardWeights.POOLED, golden(1, 2));

      // Then
      assertThat(learner.counts().events()).isEqualTo(8);
      assertThat(learner.counts().pendingEvents()).isZero();
    }
  }

  @Test
  void shouldLeaveAStepOutWhoseGradientIsNoNumber() {
    // Given: a weight that is no number; what is served is still the average before it
    byte[] state;
    String before;
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.customized(base, config(2, 0, 0, 1), null, null)) {
      state = learner.state();
      before = learner.weights().sha256();
    }
    LearnerState read = LearnerState.read(state);
    read.slots().get("heads").weight()[0] = Float.NaN;
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.restore(base, config(2, 0, 0, 1), read.toBytes())) {

      // When
      learner.accept(RewardWeights.POOLED, golden(4, 1));

      // Then
      assertThat(learner.weights().sha256()).isEqualTo(before);
      assertThat(learner.metrics().values()).allMatch(Double::isFinite);
      assertThat(learner.counts().steps()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3})
  void shouldLearnTheSameInPartsAsInOne(double imitation) {
    // Given: batches of four events with three replies, cut at every event or every second one
    List<PreferenceExample> events = golden(16, 1);
    OnlineConfig whole = config(Pooling.MEAN, true, 100_000, 4, 1, imitation, 1);
    OnlineConfig cut = config(Pooling.MEAN, true, 80, 4, 1, imitation, 1);
    try (OnlineRewardLearner one = OnlineRewardLearner.customized(base, whole, null, null);
        OnlineRewardLearner parts = OnlineRewardLearner.customized(base, cut, null, null)) {
      one.accept(RewardWeights.POOLED, events.subList(0, 4));

      // When
      parts.accept(RewardWeights.POOLED, events.subList(0, 4));

      // Then
      assertThat(parts.metrics().get("loss")).isCloseTo(one.metrics().get("loss"), within(1e-5));
      Map<String, LearnerState.Slot> expected = LearnerState.read(one.state()).slots();
      LearnerState.read(parts.state())
          .slots()
          .forEach(
              (name, slot) ->
                  assertThat(slot.mean())
                      .as(name)
                      .containsExactly(expected.get(name).mean(), within(1e-5f)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldLearnFromJudgementsAlone(long seed) {
    // Given: each reply called good where it has more gold, and seldom so
    List<PreferenceExample> judged =
        golden(160, seed).stream()
            .map(
                e ->
                    new PreferenceExample(
                        e.prompt(), e.replies(), List.of(), judgements(e.replies()), null))
            .toList();
    try (OnlineRewardLearner learner =
            OnlineRewardLearner.customized(base, config(8, 3, 0, seed), null, null);
        RewardScorer scorer = new RewardScorer(base)) {

      // When
      learner.accept(RewardWeights.POOLED, judged);

      // Then: a third of the replies are good, which the bias takes up
      try (ResidentModel model = scorer.load(learner.weights())) {
        List<PreferenceExample> unseen = golden(100, seed + 100);
        assertThat(accuracy(scorer, model, "pooled", unseen)).isGreaterThan(0.75);
        assertThat(learner.weights().parameters().get("biases").values()[0]).isNegative();
      }
    }
  }

  private static List<PreferenceExample.Judgement> judgements(List<String> replies) {
    return IntStream.range(0, replies.size())
        .mapToObj(i -> new PreferenceExample.Judgement(i, replies.get(i).contains("gold"), 1))
        .toList();
  }

  @Test
  void shouldCountEachComparisonOnce() {
    // Given
    OnlineConfig config = config(4, 2, 0, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {

      // When
      learner.accept(RewardWeights.POOLED, golden(10, 1));

      // Then: two batches of four, each followed by two of replay; two events wait
      assertThat(learner.counts()).isEqualTo(new LearnerCounts(8, 16, 0, 2, 4, 0, 16, 6));
    }
  }

  @Test
  void shouldStartADomainFromTheGeneralModel() {
    // Given
    OnlineConfig config = config(4, 1, 0, 1);
    try (OnlineRewardLearner general = OnlineRewardLearner.general(base, config)) {
      general.accept("helpful", golden(20, 1));

      // When
      try (OnlineRewardLearner domain =
          OnlineRewardLearner.customized(base, config, general.weights(), general.state())) {

        // Then
        assertThat(domain.weights().sha256()).isEqualTo(general.weights().sha256());
        assertThat(domain.counts().events()).isZero();
      }
    }
  }

  @Test
  void shouldLearnNothingFromTiesBetweenEqualRewards() {
    // Given
    OnlineConfig config = config(2, 0, 0, 1);
    List<PreferenceExample> ties =
        golden(2, 1).stream()
            .map(
                e ->
                    new PreferenceExample(
                        e.prompt(), e.replies(), List.of(new Pair(0, 1, 1, 2, true)), null))
            .toList();
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {

      // When
      learner.accept(RewardWeights.POOLED, ties);

      // Then: all rewards are 0 at the start, which is what a tie asks for
      assertThat(learner.weights().parameters().get("heads").values()).containsOnly(0f);
    }
  }

  @Test
  void shouldReportWhatItThoughtOfEachEventBeforeItsStep() {
    // Given: a start without a learned adapter, whose rewards are all 0
    OnlineConfig config = config(2, 0, 0, 1);
    List<PreferenceExample> events = golden(5, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {

      // When
      List<LearnedBatch> learned = learner.accept(RewardWeights.POOLED, events);

      // Then
      assertThat(learned).hasSize(2).allMatch(LearnedBatch::applied);
      assertThat(learned.get(0).gradientNorm()).isPositive();
      assertThat(learned.get(0).predictions())
          .hasSize(2)
          .allSatisfy(
              prediction -> {
                assertThat(prediction.own()).containsOnly(0.0).hasSize(2);
                assertThat(prediction.loss()).isEqualTo(Math.log(2), within(1e-12));
              });
      assertThat(learned.get(1).predictions()).noneMatch(p -> p.own()[0] == 0);
    }
  }

  @Test
  void shouldThinkOfEventsWhatAScorerComputes() {
    // Given: two heads, comparisons and a judgement
    OnlineConfig config = config(3, 0, 0, 1);
    RewardWeights weights = random(2, List.of("pooled", "helpful"));
    List<PreferenceExample> events = comparisonsAndAJudgement();
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, weights, null);
        RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(weights)) {
      List<Prediction> fresh = learner.accept("helpful", events).get(0).predictions();

      // When
      List<Prediction> scored =
          scorer.predict(model, fresh.stream().map(Prediction::example).toList());

      // Then
      requireSame(fresh, scored);
    }
  }

  private static List<PreferenceExample> comparisonsAndAJudgement() {
    List<PreferenceExample> events = new ArrayList<>(golden(2, 3));
    PreferenceExample judged = golden(1, 4).get(0);
    events.add(
        new PreferenceExample(
            judged.prompt(),
            judged.replies(),
            List.of(),
            List.of(new PreferenceExample.Judgement(1, false, 2)),
            null));
    return events;
  }

  private static void requireSame(List<Prediction> fresh, List<Prediction> scored) {
    assertThat(scored).hasSameSizeAs(fresh).isNotEmpty();
    for (int i = 0; i < fresh.size(); i++) {
      assertThat(scored.get(i).own()).containsExactly(fresh.get(i).own(), within(1e-5));
      assertThat(scored.get(i).pooled()).containsExactly(fresh.get(i).pooled(), within(1e-5));
      assertThat(scored.get(i).own()).isNotEqualTo(scored.get(i).pooled());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldLearnSourcesThatDisagreeInClosedForm(long seed) {
    // Given: one source prefers gold, the other prefers what has none
    OnlineConfig config = withEffects(config(8, 0, 0, seed), 6, 128);
    List<PreferenceExample> unseen = golden(100, seed + 100);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config);
        RewardScorer scorer = new RewardScorer(base)) {

      // When
      for (int i = 0; i < 40; i++) {
        learner.accept("helpful", golden(4, 100 * seed + i));
        learner.accept("harmless", contrary(golden(4, 200 * seed + i)));
      }

      // Then
      try (ResidentModel model = scorer.load(learner.weights())) {
        assertThat(accuracy(scorer, model, "helpful", unseen)).isGreaterThan(0.75);
        assertThat(accuracy(scorer, model, "harmless", contrary(unseen))).isGreaterThan(0.75);
      }
    }
  }

  private static List<PreferenceExample> contrary(List<PreferenceExample> events) {
    return events.stream()
        .map(
            event ->
                new PreferenceExample(
                    event.prompt(),
                    event.replies(),
                    event.pairs().stream()
                        .map(p -> Pair.of(/* preferred= */ p.other(), /* other= */ p.preferred()))
                        .toList(),
                    null))
        .toList();
  }

  @Test
  void shouldServeWhatItThoughtOfEventsInClosedForm() {
    // Given
    OnlineConfig config = withEffects(config(3, 0, 0, 1), 6, 128);
    List<PreferenceExample> events = comparisonsAndAJudgement();
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config);
        RewardScorer scorer = new RewardScorer(base)) {
      learner.accept("helpful", events);
      RewardWeights weights = learner.weights();
      List<Prediction> fresh = learner.accept("helpful", events).get(0).predictions();
      try (ResidentModel model = scorer.load(weights)) {

        // When
        List<Prediction> scored =
            scorer.predict(model, fresh.stream().map(Prediction::example).toList());

        // Then
        requireSame(fresh, scored);
      }
    }
  }

  @Test
  void shouldFallBackInClosedForm() {
    // Given
    OnlineConfig config = withEffects(config(2, 1, 0, 1), 6, 128);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config)) {
      learner.accept("helpful", golden(4, 1));
      byte[] earlier = learner.state();
      String weights = learner.weights().sha256();
      learner.accept("helpful", golden(4, 2));
      learner.accept("webgpt", golden(2, 3));

      // When
      learner.fallBack(earlier);

      // Then
      assertThat(learner.weights().sha256()).isEqualTo(weights);
      assertThat(LearnerState.read(learner.state()).effects()).containsOnlyKeys("helpful");
    }
  }

  @Test
  void shouldLetADomainStartFromSourcesInClosedForm() {
    // Given: a domain's model has all heads as rows of its own
    OnlineConfig config = withEffects(config(2, 1, 0, 1), 6, 128);
    RewardWeights general;
    byte[] state;
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config)) {
      learner.accept("helpful", golden(20, 1));
      general = learner.weights();
      state = learner.state();
    }

    // When
    try (OnlineRewardLearner domain =
        OnlineRewardLearner.customized(base, config, general, state)) {

      // Then
      assertThat(domain.weights().heads()).containsExactly("pooled", "helpful");
      assertThat(domain.weights().parameters().get("heads").values())
          .containsExactly(general.parameters().get("heads").values());
      domain.accept(RewardWeights.POOLED, golden(8, 2));
      assertThat(domain.weights().sha256()).isNotEqualTo(general.sha256());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldRefuseAStateWhoseSourcesWereLearnedTheOtherWay(boolean closedForm) {
    // Given
    OnlineConfig byGradient = config(2, 1, 0, 1);
    OnlineConfig inClosedForm = withEffects(byGradient, 6, 128);
    byte[] state;
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.general(base, closedForm ? inClosedForm : byGradient)) {
      learner.accept("helpful", golden(4, 1));
      state = learner.state();
    }

    // When / Then
    assertThatThrownBy(
            () -> OnlineRewardLearner.restore(base, closedForm ? byGradient : inClosedForm, state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            closedForm ? "were learned in closed form" : "were learned by gradient")
        .hasMessageContaining("sourceVariance");
  }

  @Test
  void shouldFallBackToWhatAnEarlierStateHadLearned() {
    // Given
    OnlineConfig config = config(2, 1, 0, 1);
    List<PreferenceExample> events = golden(11, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {
      learner.accept(RewardWeights.POOLED, events.subList(0, 4));
      byte[] earlier = learner.state();
      String weights = learner.weights().sha256();
      learner.accept(RewardWeights.POOLED, events.subList(4, 11));
      LearnerCounts counts = learner.counts();

      // When
      learner.fallBack(earlier);

      // Then: what waits is still to be learned, and nothing is counted twice
      assertThat(learner.weights().sha256()).isEqualTo(weights);
      assertThat(learner.counts()).isEqualTo(counts);
      assertThat(learner.counts().pendingEvents()).isEqualTo(1);
      assertThat(LearnerState.read(learner.state()).memory()).hasSize(4);
    }
  }

  @Test
  void shouldForgetAUsersEvents() {
    // Given: seven events are remembered or wait, three of them of one user
    OnlineConfig config = config(2, 1, 0, 1);
    long user = UserKey.of("ada");
    List<PreferenceExample> events = new ArrayList<>(golden(7, 1));
    for (int i : List.of(0, 3, 6)) {
      PreferenceExample e = events.get(i);
      events.set(
          i,
          new PreferenceExample(e.prompt(), e.replies(), e.pairs(), List.of(), null, user, false));
    }
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {
      learner.accept(RewardWeights.POOLED, events);

      // When
      int forgotten = learner.forget(user);

      // Then
      LearnerState state = LearnerState.read(learner.state());
      assertThat(forgotten).isEqualTo(3);
      assertThat(state.memory()).hasSize(4).noneMatch(e -> e.user() == user);
      assertThat(state.pending()).isEmpty();
    }
  }

  @Test
  void shouldLearnFasterForAWhile() {
    // Given: a learner that was told so before it stopped
    OnlineConfig config = config(2, 0, 0, 1);
    try (OnlineRewardLearner usual = OnlineRewardLearner.customized(base, config, null, null);
        OnlineRewardLearner told = OnlineRewardLearner.restore(base, config, usual.state())) {
      told.boost(4, 1);
      try (OnlineRewardLearner faster = OnlineRewardLearner.restore(base, config, told.state())) {
        usual.accept(RewardWeights.POOLED, golden(2, 1));

        // When
        faster.accept(RewardWeights.POOLED, golden(2, 1));

        // Then: the first step of AdamW goes as far as the learning rate
        float slow = LearnerState.read(usual.state()).slots().get("heads").weight()[0];
        float fast = LearnerState.read(faster.state()).slots().get("heads").weight()[0];
        assertThat(fast / slow).isEqualTo(4, within(1e-3f));
      }
    }
  }

  @Test
  void shouldTestADomainOnOtherGeneralEventsThanItTrainsOn() {
    // Given
    OnlineConfig config = config(4, 1, 0, 1);
    try (OnlineRewardLearner general = OnlineRewardLearner.general(base, config)) {
      general.accept("helpful", golden(16, 1));
      byte[] state = general.state();
      RewardWeights weights = general.weights();
      Set<String> trained;
      try (OnlineRewardLearner domain =
          OnlineRewardLearner.customized(base, config, weights, state)) {
        trained =
            LearnerState.read(domain.state()).enrichment().stream()
                .map(OnlineRewardLearnerTest::text)
                .collect(toSet());
      }

      // When
      List<EncodedExample> set = OnlineRewardLearner.generalSet(config, weights, state, 5);

      // Then
      assertThat(trained).hasSize(8);
      assertThat(set).hasSize(5).noneMatch(example -> trained.contains(text(example)));
    }
  }

  private static String text(EncodedExample example) {
    return Arrays.toString(example.dialogue().replies().get(0).ids());
  }

  @ParameterizedTest
  @ValueSource(chars = {'3', '4'})
  void shouldReadAStateOfAnEarlierFormat(char format) {
    // Given: in 4 there were no effects, 4 bytes before the last 100; in 3 events had no users, and
    // the learning rate's factor was not there either, 16 bytes before the last 36
    OnlineConfig config = config(4, 1, 0, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config)) {
      byte[] state = learner.state();
      byte[] withoutEffects = without(state, 4, 100);
      byte[] old = format == '4' ? withoutEffects : without(withoutEffects, 16, 36);
      old[3] = (byte) format;

      // When
      try (OnlineRewardLearner restored = OnlineRewardLearner.restore(base, config, old)) {

        // Then
        assertThat(restored.state()).isEqualTo(state);
      }
    }
  }

  private static byte[] without(byte[] bytes, int count, int before) {
    byte[] shorter = Arrays.copyOf(bytes, bytes.length - count);
    System.arraycopy(bytes, bytes.length - before, shorter, shorter.length - before, before);
    return shorter;
  }

  @Test
  void shouldTakeEventsThatCompareNothing() {
    // Given
    OnlineConfig config = config(2, 1, 0, 1);
    PreferenceExample event = golden(1, 1).get(0);
    PreferenceExample nothing =
        new PreferenceExample(event.prompt(), event.replies(), List.of(), null);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {

      // When
      learner.accept(RewardWeights.POOLED, List.of(nothing, nothing));

      // Then
      assertThat(learner.counts().events()).isEqualTo(2);
      assertThat(learner.counts().comparisons()).isZero();
    }
  }

  @Test
  void shouldRefuseAStateOfAnotherConfiguration() {
    // Given
    byte[] state;
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config(4, 1, 0, 1))) {
      state = learner.state();
    }
    OnlineConfig other = OnlineConfig.defaults();

    // When / Then
    assertThatThrownBy(() -> OnlineRewardLearner.restore(base, other, state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("learned for");
  }

  @Test
  void shouldRefuseAStateWhoseHeadsReadSomethingElse() {
    // Given
    byte[] state;
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config(4, 1, 0, 1))) {
      state = learner.state();
    }
    OnlineConfig other = config(Pooling.MAX, false, 100_000, 4, 1, 0, 1);

    // When / Then
    assertThatThrownBy(() -> OnlineRewardLearner.restore(base, other, state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pooling=MEAN")
        .hasMessageContaining("pooling=MAX");
  }

  @Test
  void shouldSayWhyAStateOfAnEarlierVersionIsRefused() {
    // Given
    byte[] old = {0x41, 0x54, 0x4c, 0x31, 0};

    // When / Then
    assertThatThrownBy(() -> OnlineRewardLearner.restore(base, config(4, 1, 0, 1), old))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("earlier version");
  }

  @Test
  void shouldRefuseBytesThatAreNoState() {
    // Given
    byte[] noise = {1, 2, 3, 4, 5};

    // When / Then
    assertThatThrownBy(() -> OnlineRewardLearner.restore(base, config(4, 1, 0, 1), noise))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not the state");
  }

  @Test
  void shouldNotGrowInMemory() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/statm")), "needs /proc");
    // Given
    OnlineConfig config = config(4, 4, 0, 1);
    try (OnlineRewardLearner learner = OnlineRewardLearner.customized(base, config, null, null)) {
      learner.accept(RewardWeights.POOLED, golden(160, 1));
      long before = residentPages();

      // When
      learner.accept(RewardWeights.POOLED, golden(240, 2));

      // Then: some 200 steps; a leak of one batch's activations a step would be far more
      assertThat(residentPages() - before).isLessThan(16 * 1024 * 1024 / 4096);
    }
  }

  private static long residentPages() throws IOException {
    System.gc();
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]);
  }
}
