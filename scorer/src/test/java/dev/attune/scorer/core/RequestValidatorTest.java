package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestValidatorTest {
  private final RequestValidator validator =
      new RequestValidator(new RequestLimits(2, 20, 4), FakeRewards.BASE);

  @Test
  void shouldAcceptARequestAtItsLimits() {
    // Given: "user" and "Why?" are 8 characters of the 20
    ScoreRequest request = Requests.of("r", "123456", "123456").setBase(FakeRewards.BASE).build();

    // When
    Optional<Rejection> rejection = validator.check(request);

    // Then
    assertThat(rejection).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void shouldNameTheFault(ScoreRequest request, ScoreErrorCode code) {
    // When
    Optional<Rejection> rejection = validator.check(request);

    // Then
    assertThat(rejection).map(Rejection::code).contains(code);
  }

  static Stream<Arguments> faults() {
    String longId = "x".repeat(RequestLimits.IDENTIFIER + 1);
    List<Candidate> twice = List.of(new Candidate("a", "1"), new Candidate("a", "2"));
    List<Candidate> longCandidate = List.of(new Candidate(longId, "1"));
    return Stream.of(
        Arguments.of(Requests.of("r", "1").setUserId(" ").build(), ScoreErrorCode.EMPTY_USER_ID),
        Arguments.of(Requests.of("r").build(), ScoreErrorCode.NO_CANDIDATES),
        Arguments.of(Requests.of("r").setGenerate(-1).build(), ScoreErrorCode.NO_CANDIDATES),
        Arguments.of(Requests.of("r").setGenerate(5).build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(
            Requests.of("r").setCandidates(twice).build(), ScoreErrorCode.DUPLICATE_CANDIDATE),
        Arguments.of(Requests.of("r", "1", "2", "3").build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(Requests.of("r", "1234567", "123456").build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(
            Requests.of("r", "1").setUserText("x".repeat(20)).build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(Requests.of(longId, "1").build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(
            Requests.of("r").setCandidates(longCandidate).build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(Requests.of("r", "1").setDomain(longId).build(), ScoreErrorCode.TOO_LONG),
        Arguments.of(
            Requests.of("r", "1").setAfter(new Position("another", 0, 1L)).build(),
            ScoreErrorCode.MALFORMED),
        Arguments.of(Requests.of("r", "1").setBase("other").build(), ScoreErrorCode.UNKNOWN_BASE));
  }

  @Test
  void shouldAcceptAsManyRepliesAsAreAllowed() {
    // Given
    ScoreRequest asking = Requests.of("r").setGenerate(4).build();
    ScoreRequest withCandidates = Requests.of("r", "1").setGenerate(5).build();

    // When
    List<Optional<Rejection>> rejections =
        List.of(validator.check(asking), validator.check(withCandidates));

    // Then: where there are candidates none are generated
    assertThat(rejections).containsOnly(Optional.empty());
  }

  @Test
  void shouldRefuseToGenerateWhereItIsOff() {
    // Given
    RequestValidator off = new RequestValidator(new RequestLimits(2, 20, 0), FakeRewards.BASE);

    // When
    Optional<Rejection> rejection = off.check(Requests.of("r").setGenerate(1).build());

    // Then
    assertThat(rejection).map(Rejection::code).contains(ScoreErrorCode.NO_CANDIDATES);
    assertThat(rejection).map(Rejection::message).get().asString().contains("generated");
  }

  @Test
  void shouldRefuseOnlyAfterTheDeadline() {
    // Given
    Instant deadline = Instant.parse("2026-01-01T00:00:10Z");
    ScoreRequest request = Requests.of("r", "1").setDeadline(deadline).build();

    // When
    Optional<Rejection> atIt = RequestValidator.checkDeadline(request, deadline);

    // Then
    assertThat(atIt).isEmpty();
    assertThat(RequestValidator.checkDeadline(request, deadline.plusMillis(1)))
        .map(Rejection::code)
        .contains(ScoreErrorCode.DEADLINE_PASSED);
  }
}
