package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.head.Calibration;
import dev.attune.model.head.GaussianWeights;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.scorer.core.Explainer.Recalled;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExplainerTest {
  private static final GaussianWeights PRIOR = GaussianWeights.independent(2, 1);
  private static final Calibration CALIBRATION =
      new Calibration(GaussianWeights.of(new double[] {2, 0.5, 3}, new double[3][3]), 0);

  @Test
  void shouldNameTheLargestPartOfTheLead() {
    // Given: a lead of 2·1 by the domain, 0.5·8 by the head and 3·1 by the row
    List<CandidateScore> scores =
        List.of(
            score("b", 2, 1.0, 0.0, 0.0), score("a", 1, 2.0, 8.0, 1.0), score("c", 3, 0, 0.0, 0.0));

    // When
    Explanation explanation = Explainer.explain(scores, CALIBRATION, PRIOR, List.of());

    // Then
    assertThat(explanation.getOver()).isEqualTo("b");
    assertThat(explanation.getDomain()).isEqualTo(2);
    assertThat(explanation.getHead()).isEqualTo(4);
    assertThat(explanation.getRow()).isEqualTo(3);
    assertThat(explanation.getDecidedBy()).isEqualTo("head");
  }

  @Test
  void shouldHaveTheDomainDecideForAUserWhomNobodyKnows() {
    // Given
    List<CandidateScore> scores =
        List.of(score("a", 1, 1.0, null, null), score("b", 1, 1.0, null, null));

    // When
    Explanation explanation = Explainer.explain(scores, CALIBRATION, null, List.of());

    // Then
    assertThat(explanation.getDecidedBy()).isEqualTo("domain");
    assertThat(explanation.getDomain()).isZero();
    assertThat(explanation.getInfluences()).isEmpty();
  }

  @Test
  void shouldPutTheEventsThatMadeTheLeadFirst() {
    // Given: the lead is along the first coordinate; events say something of one coordinate each
    double[] first = {1, 0};
    double[] second = {0, 1};
    GaussianWeights head = PRIOR;
    for (double[] x : List.of(second, first, first, second)) {
      head = head.observe(x, head.score(x), 1);
    }
    List<Recalled> past =
        List.of(event(10, second), event(11, first), event(12, new double[] {-1, 0}));
    List<CandidateScore> scores =
        List.of(
            withFeatures(score("a", 1, 0, 1.0, null), 1, 0),
            withFeatures(score("b", 2, 0, 0.0, null), 0, 0));

    // When
    Explanation explanation = Explainer.explain(scores, CALIBRATION, head, past);

    // Then
    assertThat(explanation.getEvents()).isEqualTo(3);
    List<Influence> influences = explanation.getInfluences();
    assertThat(influences).extracting(each -> each.getEvent().getOffset()).startsWith(12L, 11L);
    assertThat(influences.get(1).getInfluence()).isPositive();
    assertThat(influences.get(0).getInfluence()).isNegative();
    assertThat(influences.get(2).getInfluence()).isCloseTo(0, within(1e-6));
  }

  @Test
  void shouldMeasureWhatTheLeadLosesWithoutTheEvent() {
    // Given
    double[] x = {1, 0.5};
    GaussianWeights head = PRIOR.observe(x, PRIOR.score(x), 1);
    List<CandidateScore> scores =
        List.of(
            withFeatures(score("a", 1, 0, 1.0, null), 1, 1),
            withFeatures(score("b", 2, 0, 0.0, null), 0, 0));
    double[] lead = {1, 1};

    // When
    Explanation explanation = Explainer.explain(scores, CALIBRATION, head, List.of(event(3, x)));

    // Then: the head has learned this one event, so without it there is next to no lead
    double all = 0.5 * (head.score(lead) - PRIOR.score(lead));
    assertThat(explanation.getInfluences().get(0).getInfluence())
        .isCloseTo(all, within(0.25 * all));
  }

  private static Recalled event(long offset, double[] x) {
    Feedback feedback =
        Feedback.newBuilder()
            .setEventId("e" + offset)
            .setOffset(offset)
            .setOccurredAt(Instant.EPOCH)
            .setPrompt(List.of())
            .setReplies(List.of(reply("good"), reply("bad")))
            .setComparisons(List.of(comparison()))
            .setJudgements(List.of())
            .build();
    return new Recalled(
        new PastEvent(new Position("attune.preferences", 0, offset), "law", feedback),
        new float[][] {{(float) x[0], (float) x[1]}, {0, 0}});
  }

  private static Reply reply(String text) {
    return Reply.newBuilder().setId(text).setText(text).build();
  }

  private static Comparison comparison() {
    return Comparison.newBuilder().setPreferred(0).setOther(1).build();
  }

  private static CandidateScore score(
      String id, int rank, double domain, @Nullable Double head, @Nullable Double row) {
    return CandidateScore.newBuilder()
        .setId(id)
        .setRank(rank)
        .setReward(0)
        .setDomainReward(2 * domain)
        .setComponents(new RewardComponents(domain, head, null, row))
        .build();
  }

  private static CandidateScore withFeatures(CandidateScore score, float first, float second) {
    score.setFeatures(List.of(first, second));
    return score;
  }
}
