package dev.attune.ingest.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.TrustedRecords;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServedFeedbackTest {
  static {
    TrustedRecords.trust();
  }

  private static final ScoreVersions VERSIONS =
      new ScoreVersions("sha", "domain/cooking", 3L, null, 1L, 9L, null);
  private static final ScoreResult RESULT =
      result(score("a", 0.25, List.of(1f, 2f)), score("b", -1.5, null), score("c", 0.25, null));

  @Test
  void shouldTakeOverRewardsFeaturesAndVersions() {
    // Given
    Feedback choice = feedback(List.of(better(1, 0)), reply("a", 0), reply("b", 1));

    // When
    Optional<Feedback> served = ServedFeedback.of(choice, RESULT);

    // Then
    assertThat(served.get().getReplies())
        .containsExactly(
            new Reply("a", "text of a", List.of(1f, 2f), 0, 0.25, null),
            new Reply("b", "text of b", null, 1, -1.5, null));
    assertThat(served.get().getServedBy()).isEqualTo(VERSIONS);
    assertThat(served.get().getServedProbability())
        .isCloseTo(1 / (1 + Math.exp(1.75)), within(1e-12));
    assertThat(choice.getServedBy()).isNull();
  }

  @Test
  void shouldTakeTheProbabilityOfTheFirstComparisonThatIsNoTie() {
    // Given
    Feedback ranking =
        feedback(
            List.of(new Comparison(0, 2, 1f, 0f, true), better(0, 1), better(2, 1)),
            reply("a", 0),
            reply("b", 1),
            reply("c", 2));
    Feedback tie =
        feedback(List.of(new Comparison(0, 1, 1f, 0f, true)), reply("a", 0), reply("b", 1));

    // When
    Optional<Feedback> served = ServedFeedback.of(ranking, RESULT);

    // Then
    assertThat(served.get().getServedProbability())
        .isCloseTo(1 / (1 + Math.exp(-1.75)), within(1e-12));
    assertThat(ServedFeedback.of(tie, RESULT).get().getServedProbability()).isNull();
    assertThat(ServedFeedback.of(tie, RESULT).get().getServedBy()).isEqualTo(VERSIONS);
  }

  @Test
  void shouldGiveTheUsersOwnTextNoReward() {
    // Given
    Feedback edit = feedback(List.of(better(1, 0)), reply("a", 0), reply("a#edit", -1));

    // When
    Optional<Feedback> served = ServedFeedback.of(edit, RESULT);

    // Then
    assertThat(served.get().getReplies()).element(0).returns(0.25, Reply::getServedReward);
    assertThat(served.get().getReplies()).element(1).returns(null, Reply::getServedReward);
    assertThat(served.get().getServedProbability()).isNull();
  }

  @Test
  void shouldNotJoinAResultOfOtherCandidates() {
    // Given
    Feedback choice = feedback(List.of(better(1, 0)), reply("a", 0), reply("d", 1));

    // When
    Optional<Feedback> served = ServedFeedback.of(choice, RESULT);

    // Then
    assertThat(served).isEmpty();
  }

  private static Comparison better(int preferred, int other) {
    return new Comparison(preferred, other, 1f, 0f, false);
  }

  private static Reply reply(String id, int position) {
    return new Reply(id, "text of " + id, null, position, null, null);
  }

  private static CandidateScore score(String id, double reward, List<Float> features) {
    return new CandidateScore(id, reward, reward, null, null, 1, features, null, null);
  }

  private static Feedback feedback(List<Comparison> comparisons, Reply... replies) {
    return Feedback.newBuilder()
        .setEventId("e")
        .setOffset(7L)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of(new Turn("user", "Why?")))
        .setReplies(Arrays.asList(replies))
        .setComparisons(comparisons)
        .setJudgements(List.of())
        .setShown(replies.length)
        .build();
  }

  private static ScoreResult result(CandidateScore... scores) {
    return ScoreResult.newBuilder()
        .setRequestId("r")
        .setUserId("ann")
        .setDomain("cooking")
        .setCandidates(List.of(scores))
        .setVersions(VERSIONS)
        .setSource(new Position("attune.prompts", 0, 1L))
        .build();
  }
}
