package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.ingest.Events;
import dev.attune.platform.ConfigException;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SignalReaderTest {
  private final SignalReader reader = new SignalReader(SignalWeights.defaults());

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
            new Reply("a", "reply a", null, 0, null, null),
            new Reply("a#edit", "a better reply", null, -1, null, null));
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
        Arguments.of(new Ranking(List.of(List.of(), List.of())), RejectionReason.NOTHING_TO_LEARN),
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
        Arguments.of(new Edit("a", "\u00a0"), RejectionReason.NOTHING_TO_LEARN),
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

  @Test
  void shouldIgnoreEmptyTiers() {
    // Given
    Object signal = new Ranking(List.of(List.of(), List.of("b"), List.of(), List.of("a")));

    // When
    Feedback feedback = read(signal, 2);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(better(1, 0, 1));
  }

  static Stream<Arguments> signalsThatLeaveOut() {
    return Stream.of(
        Arguments.of(new Ranking(List.of(List.of("d"), List.of("b"))), List.of(1, 3)),
        Arguments.of(new Ratings(Map.of("c", 1.0, "b", 2.0)), List.of(1, 2)),
        Arguments.of(new Thumb("c", true), List.of(2)),
        Arguments.of(new Edit("c", "a better reply"), List.of(2, -1)),
        Arguments.of(new Regeneration("a", "d"), List.of(0, 3)),
        Arguments.of(new Tie(List.of("d", "b")), List.of(1, 3)));
  }

  @ParameterizedTest
  @MethodSource("signalsThatLeaveOut")
  void shouldKeepThePositionsAsShown(Object signal, List<Integer> positions) {
    // When
    Feedback feedback = read(signal, 5);

    // Then
    assertThat(feedback.getReplies()).extracting(Reply::getPosition).isEqualTo(positions);
    assertThat(feedback.getShown()).isEqualTo(5);
  }

  @Test
  void shouldNotTakeTheCorrectionForTheShownCandidateThatHasItsId() {
    // Given
    List<Candidate> shown =
        List.of(new Candidate("a#edit", "another reply"), new Candidate("a", "reply a"));
    PreferenceEvent event =
        Events.event("u", "e", 2).setCandidates(shown).setSignal(new Edit("a", "better")).build();

    // When
    Feedback feedback = reader.read(event, 7);

    // Then
    assertThat(feedback.getReplies())
        .containsExactly(
            new Reply("a#edit", "better", null, -1, null, null),
            new Reply("a", "reply a", null, 1, null, null));
  }

  @Test
  void shouldNotCompareEqualTexts() {
    // Given
    List<Candidate> shown =
        List.of(new Candidate("a", "same"), new Candidate("b", "same"), new Candidate("c", "else"));
    PreferenceEvent event =
        Events.event("u", "e", 3).setCandidates(shown).setSignal(new Choice("a")).build();

    // When
    Feedback feedback = reader.read(event, 7);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(better(0, 1, 1));
    assertThat(ids(feedback)).containsExactly("a", "c");
  }

  @Test
  void shouldLearnNothingFromEqualTextsAlone() {
    // Given
    List<Candidate> shown = List.of(new Candidate("a", "same"), new Candidate("b", "same"));
    PreferenceEvent event =
        Events.event("u", "e", 2).setCandidates(shown).setSignal(new Choice("a")).build();

    // When
    RejectedEventException rejection =
        catchThrowableOfType(RejectedEventException.class, () -> reader.read(event, 7));

    // Then
    assertThat(rejection.reason()).isEqualTo(RejectionReason.NOTHING_TO_LEARN);
  }

  static Stream<Arguments> weighedSignals() {
    return Stream.of(
        Arguments.of(SignalKind.CHOICE, new Choice("a"), weighed(2, .5f, false)),
        Arguments.of(
            SignalKind.RANKING,
            new Ranking(List.of(List.of("a"), List.of("b"))),
            weighed(2, .5f, false)),
        Arguments.of(
            SignalKind.RATINGS, new Ratings(Map.of("a", 9.0, "b", 1.0)), weighed(2, .5f, false)),
        Arguments.of(
            SignalKind.RATINGS, new Ratings(Map.of("a", 1.0, "b", 1.0)), weighed(2, 0f, true)),
        Arguments.of(SignalKind.REGENERATION, new Regeneration("b", "a"), weighed(2, .5f, false)),
        Arguments.of(SignalKind.TIE, new Tie(List.of()), weighed(2, 0f, true)));
  }

  @ParameterizedTest
  @MethodSource("weighedSignals")
  void shouldGiveEachSignalItsOwnWeightAndMargin(
      SignalKind kind, Object signal, Comparison expected) {
    // Given
    SignalReader weighing = new SignalReader(weights(kind));

    // When
    Feedback feedback = weighing.read(Events.event("u", "e", 2).setSignal(signal).build(), 7);

    // Then
    assertThat(feedback.getComparisons()).containsExactly(expected);
  }

  @Test
  void shouldWeighEditsAndThumbsToo() {
    // Given
    PreferenceEvent edited = Events.event("u", "e", 2).setSignal(new Edit("a", "better")).build();
    PreferenceEvent thumbed = Events.event("u", "e", 2).setSignal(new Thumb("a", true)).build();

    // When
    Feedback edit = new SignalReader(weights(SignalKind.EDIT)).read(edited, 7);
    Feedback thumb = new SignalReader(weights(SignalKind.THUMB)).read(thumbed, 7);

    // Then
    assertThat(edit.getComparisons()).containsExactly(new Comparison(1, 0, 2f, .5f, false));
    assertThat(thumb.getJudgements()).containsExactly(new Judgement(0, true, 2f));
  }

  @Test
  void shouldMultiplyTheWeightOfAPairOfRatingsByTheSignals() {
    // Given
    SignalReader weighing = new SignalReader(weights(SignalKind.RATINGS));
    Object signal = new Ratings(Map.of("a", 5.0, "b", 4.0, "c", 1.0));

    // When
    Feedback feedback = weighing.read(Events.event("u", "e", 3).setSignal(signal).build(), 7);

    // Then
    assertThat(feedback.getComparisons())
        .containsExactlyInAnyOrder(
            new Comparison(0, 1, .5f, .5f, false),
            new Comparison(0, 2, 2f, .5f, false),
            new Comparison(1, 2, 1.5f, .5f, false));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "NaN, 0", "101, 0", "1, -1", "1, NaN", "1, 11"})
  void shouldRefuseWeightsAndMarginsThatMeanNothing(double weight, double margin) {
    // When
    Throwable failure = catchThrowable(() -> new SignalWeights.Value(weight, margin));

    // Then
    assertThat(failure).isInstanceOf(ConfigException.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"THUMB", "TIE"})
  void shouldRefuseAMarginWhereNothingIsPreferred(SignalKind kind) {
    // Given
    Map<SignalKind, SignalWeights.Value> values = new EnumMap<>(SignalWeights.defaults().values());
    values.put(kind, new SignalWeights.Value(1, .5));

    // When
    Throwable failure = catchThrowable(() -> new SignalWeights(values));

    // Then
    assertThat(failure).isInstanceOf(ConfigException.class).hasMessageContaining(kind.text());
  }

  /** Weight 2 and, where it can have one, margin ½ for one kind. */
  private static SignalWeights weights(SignalKind kind) {
    Map<SignalKind, SignalWeights.Value> values = new EnumMap<>(SignalWeights.defaults().values());
    values.put(kind, new SignalWeights.Value(2, kind.prefers() ? .5 : 0));
    return new SignalWeights(values);
  }

  private static Comparison weighed(float weight, float margin, boolean tie) {
    return new Comparison(0, 1, weight, margin, tie);
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
