package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.ingest.Events;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SignalReaderTest {
  private final SignalReader reader =
      new SignalReader(new EventValidator(new EventLimits(1 << 20, 100, 16, Duration.ZERO)));

  @Test
  void shouldPreferTheChosenToEachOther() {
    // Given
    Object signal = new Choice("b");

    // When
    Feedback feedback = read(signal, 3);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(better(1, 0, 1), better(1, 2, 1));
    assertThat(ids(feedback)).containsExactly("a", "b", "c");
  }

  @Test
  void shouldCompareAcrossTiersAndTieWithin() {
    // Given
    Object signal = new Ranking(List.of(List.of("c"), List.of("a", "b")));

    // When
    Feedback feedback = read(signal, 4);

    // Then
    assertThat(feedback.getComparisons())
        .containsExactlyInAnyOrder(better(2, 0, 1), better(2, 1, 1), tie(0, 1));
    assertThat(ids(feedback)).containsExactly("a", "b", "c");
  }

  @Test
  void shouldWeighRatedPairsByTheirShareOfTheRange() {
    // Given
    Object signal = new Ratings(Map.of("a", 1.0, "b", 5.0, "c", 2.0, "d", 1.0));

    // When
    Feedback feedback = read(signal, 4);

    // Then
    assertThat(feedback.getComparisons())
        .containsExactlyInAnyOrder(
            better(1, 0, 1),
            better(2, 0, .25f),
            tie(0, 3),
            better(1, 2, .75f),
            better(1, 3, 1),
            better(2, 3, .25f));
  }

  @Test
  void shouldRateOverTheWholeRangeOfDoubles() {
    // Given
    Object signal = new Ratings(Map.of("a", -Double.MAX_VALUE, "b", Double.MAX_VALUE));

    // When
    Feedback feedback = read(signal, 2);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(better(1, 0, 1));
  }

  @Test
  void shouldJudgeTheThumbedReplyAlone() {
    // Given
    Object signal = new Thumb("b", false);

    // When
    Feedback feedback = read(signal, 3);

    // Then
    assertThat(feedback.getJudgements()).containsExactly(new Judgement(0, false, 1f));
    assertThat(feedback.getComparisons()).isEmpty();
    assertThat(ids(feedback)).containsExactly("b");
  }

  @Test
  void shouldPreferTheCorrectionToTheCandidate() {
    // Given
    Object signal = new Edit("a", "a better reply");

    // When
    Feedback feedback = read(signal, 2);

    // Then
    assertThat(feedback.getReplies())
        .containsExactly(
            new Reply("a", "reply a", null, 0, null),
            new Reply("a#edit", "a better reply", null, -1, null));
    assertThat(feedback.getComparisons()).containsExactly(better(1, 0, 1));
  }

  @Test
  void shouldPreferTheKeptToTheDiscarded() {
    // Given
    Object signal = new Regeneration("a", "c");

    // When
    Feedback feedback = read(signal, 3);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(better(1, 0, 1));
    assertThat(ids(feedback)).containsExactly("a", "c");
  }

  @Test
  void shouldTieAllThatWereShownWhereTheTieNamesNone() {
    // Given
    Object signal = new Tie(List.of());

    // When
    Feedback feedback = read(signal, 3);

    // Then
    assertThat(feedback.getComparisons())
        .containsExactlyInAnyOrder(tie(0, 1), tie(0, 2), tie(1, 2));
  }

  static Stream<Arguments> badSignals() {
    return Stream.of(
        Arguments.of(new Choice("x"), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Ranking(List.of(List.of("x"))), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(
            new Ranking(List.of(List.of("a"), List.of("a"))), RejectionReason.DUPLICATE_CANDIDATE),
        Arguments.of(new Ranking(List.of()), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Ranking(List.of(List.of("a"))), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Ratings(Map.of("x", 1.0)), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(
            new Ratings(Map.of("a", Double.NaN, "b", 1.0)), RejectionReason.INVALID_RATING),
        Arguments.of(
            new Ratings(Map.of("a", Double.POSITIVE_INFINITY)), RejectionReason.INVALID_RATING),
        Arguments.of(new Ratings(Map.of("a", 1.0)), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Thumb("x", true), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Edit("x", "text"), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Edit("a", "reply a"), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Edit("a", " "), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Edit("a", "x".repeat(101)), RejectionReason.TEXT_TOO_LONG),
        Arguments.of(new Edit("a", "\ud800"), RejectionReason.INVALID_UNICODE),
        Arguments.of(new Regeneration("x", "a"), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Regeneration("a", "x"), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Regeneration("a", "a"), RejectionReason.NOTHING_TO_LEARN),
        Arguments.of(new Tie(List.of("a", "x")), RejectionReason.UNKNOWN_CANDIDATE),
        Arguments.of(new Tie(List.of("a", "a")), RejectionReason.DUPLICATE_CANDIDATE),
        Arguments.of(new Tie(List.of("a")), RejectionReason.NOTHING_TO_LEARN));
  }

  @ParameterizedTest
  @MethodSource("badSignals")
  void shouldRejectASignalThatDoesNotFit(Object signal, RejectionReason reason) {
    // When
    RejectedEventException rejection =
        catchThrowableOfType(RejectedEventException.class, () -> read(signal, 2));

    // Then
    assertThat(rejection.reason()).isEqualTo(reason);
  }

  @Test
  void shouldRejectAChoiceAmongOne() {
    // Given
    Object signal = new Choice("a");

    // When
    RejectedEventException rejection =
        catchThrowableOfType(RejectedEventException.class, () -> read(signal, 1));

    // Then
    assertThat(rejection.reason()).isEqualTo(RejectionReason.NOTHING_TO_LEARN);
  }

  private Feedback read(Object signal, int candidates) {
    return reader.read(Events.event("u", "e", candidates).setSignal(signal).build(), 7);
  }

  private static Comparison better(int preferred, int other, float weight) {
    return new Comparison(preferred, other, weight, 0f, false);
  }

  private static Comparison tie(int one, int other) {
    return new Comparison(one, other, 1f, 0f, true);
  }

  private static List<String> ids(Feedback feedback) {
    return feedback.getReplies().stream().map(Reply::getId).toList();
  }
}
