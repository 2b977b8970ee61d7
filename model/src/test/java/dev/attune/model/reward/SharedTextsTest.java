package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.text.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedTextsTest extends RewardTestBase {
  private static final int NO_LIMIT = 1000;

  @Test
  void shouldHoldAReplyOnceThatSeveralJudge() {
    // Given
    List<EncodedExample> examples =
        List.of(event("a", 1, 10, 11), event("a", 2, 10, 11), event("a", 1, 11, 12));

    // When
    SharedTexts texts = SharedTexts.of(examples, NO_LIMIT);

    // Then: the first and the last are one, behind which the second stands
    assertThat(texts.merged())
        .map(example -> example.dialogue().replies().stream().map(r -> r.ids()[0]).toList())
        .containsExactly(List.of(10, 11, 12), List.of(10, 11));
    assertThat(texts.merged().get(0).pairs())
        .containsExactly(new Pair(0, 1, 0.5f, 0, false), new Pair(1, 2, 0.5f, 0, false));
    assertThat(texts.merged().get(0).judgements())
        .containsExactly(new Judgement(0, true, 2), new Judgement(1, true, 2));
    assertThat(texts.rows()).containsExactly(new int[] {0, 1}, new int[] {3, 4}, new int[] {1, 2});
  }

  @Test
  void shouldKeepApartWhatTrainsAnotherHeadOrDoesNotFit() {
    // Given: each has three tokens
    List<EncodedExample> examples =
        List.of(
            event("a", 1, 10, 11),
            event("b", 1, 10, 11),
            event("a", 1, 11, 12),
            event("a", 1, 12, 13));

    // When
    SharedTexts texts = SharedTexts.of(examples, 6);

    // Then
    assertThat(texts.merged()).map(example -> example.pairs().size()).containsExactly(2, 1, 1);
    assertThat(texts.merged().get(1)).isSameAs(examples.get(1));
    assertThat(texts.merged().get(2)).isSameAs(examples.get(3));
    assertThat(texts.rows().get(3)).containsExactly(5, 6);
  }

  @Test
  void shouldLearnTheSameAsFromSeparateTexts() {
    // Given: a limit of one token leaves all apart
    List<PreferenceExample> events =
        List.of(
            choice("red blue gold", "blue red"),
            choice("blue red", "red red blue"),
            choice("red blue gold", "red red blue"),
            choice("red red blue", "blue red"));
    OnlineConfig together = config(Pooling.MEAN, true, NO_LIMIT, 4, 0, 0, 1);
    OnlineConfig apart = config(Pooling.MEAN, true, 1, 4, 0, 0, 1);
    try (OnlineRewardLearner one = OnlineRewardLearner.general(base, together);
        OnlineRewardLearner other = OnlineRewardLearner.general(base, apart);
        RewardScorer scorer = new RewardScorer(base)) {

      // When
      List<Prediction> predictions = one.accept("topic", events).get(0).predictions();
      one.accept("topic", events);

      // Then
      assertThat(predictions)
          .map(Prediction::example)
          .map(EncodedExample::pairs)
          .hasSize(4)
          .doesNotContain(List.of());
      other.accept("topic", events);
      other.accept("topic", events);
      assertThat(rewards(scorer, one)).containsExactly(rewards(scorer, other), within(1e-4));
      assertThat(rewards(scorer, one)[0]).isNotCloseTo(0, within(1e-3));
      assertThat(one.metrics().get("accuracy")).isEqualTo(other.metrics().get("accuracy"));
    }
  }

  private static double[] rewards(RewardScorer scorer, OnlineRewardLearner learner) {
    try (ResidentModel model = scorer.load(learner.weights())) {
      return scorer
          .score(
              List.of(
                  new ScoreItem(
                      List.of(new Turn("user", "which")),
                      List.of("red blue gold", "blue red"),
                      model,
                      "topic")))
          .get(0);
    }
  }

  private static PreferenceExample choice(String preferred, String other) {
    return PreferenceExample.choice(
        List.of(new Turn("user", "which")), List.of(preferred, other), 0);
  }

  private static EncodedExample event(String head, int prompt, int first, int second) {
    return new EncodedExample(
        head,
        0,
        false,
        new EncodedDialogue(new int[] {prompt}, List.of(reply(first), reply(second))),
        List.of(new Pair(0, 1, 0.5f, 0, false)),
        List.of(new Judgement(0, true, 2)));
  }

  private static EncodedReply reply(int id) {
    return new EncodedReply(new int[] {id}, 5);
  }
}
