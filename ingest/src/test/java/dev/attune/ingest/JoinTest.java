package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.serde.WireFormatException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events meet the results that they answer in the whole topology. */
class JoinTest {
  private static final ScoreVersions VERSIONS =
      new ScoreVersions("sha", "domain/cooking", 3L, null, null, 9L, null);

  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest = new IngestHarness(registry, stateDir, Map.of("ingest.join.window", "10 min"));
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  @Test
  void shouldGiveAnEventWhatWasServed() {
    // Given
    ingest.serve(result("ann", "r1", "a", "b"));
    ingest.advance(Duration.ofMinutes(9));

    // When
    answer("ann", "e1", "r1");

    // Then
    Feedback feedback = only(Route.BY_USER);
    assertThat(feedback.getReplies()).extracting(Reply::getServedReward).containsExactly(0.5, 1.5);
    assertThat(feedback.getReplies().get(0).getFeatures()).containsExactly(1f, 2f);
    assertThat(feedback.getServedBy()).isEqualTo(VERSIONS);
    assertThat(feedback.getServedProbability()).isCloseTo(1 / (1 + Math.exp(1)), within(1e-12));
    assertThat(ingest.byDomain.readValue().getFeedback()).containsExactly(feedback);
    assertThat(joins("joined")).isEqualTo(1);
    assertThat(results("kept")).isEqualTo(1);
  }

  @Test
  void shouldJoinRepliesThatTheScorerWroteByTheirIds() {
    // Given: the best first
    ScoreResult written = result("ann", "r1", "b", "a");
    written.getCandidates().forEach(each -> each.setText("text of " + each.getId()));
    ingest.serve(written);

    // When
    answer("ann", "e1", "r1");

    // Then
    assertThat(only(Route.BY_USER).getReplies())
        .extracting(Reply::getId, Reply::getServedReward)
        .containsExactly(tuple("a", 1.5), tuple("b", 0.5));
  }

  @Test
  void shouldNotJoinWhatIsLateOrUnknownOrOfAnotherUser() {
    // Given
    ingest.serve(result("ann", "r1", "a", "b"));
    ingest.serve(result("bob", "r2", "a", "b"));
    ingest.advance(Duration.ofMinutes(11));

    // When
    answer("ann", "e1", "r1");
    answer("ann", "e2", "r2");
    answer("ann", "e3", "r3");

    // Then
    assertThat(joins("missing")).isEqualTo(3);
    assertThat(ingest.count("accepted")).isEqualTo(3);
    assertThat(ingest.flush(Route.BY_USER).get(0).getFeedback())
        .extracting(Feedback::getServedBy)
        .containsOnlyNulls();
  }

  @Test
  void shouldNotJoinAResultOfOtherCandidatesOrAnError() {
    // Given
    ingest.serve(result("ann", "r1", "a", "z"));
    ScoreResult error = result("ann", "r2");
    error.setError(ScoreErrorCode.TOO_LONG);
    ingest.serve(error);
    ingest.serve(result("ann", " ", "a", "b"));

    // When
    answer("ann", "e1", "r1");
    answer("ann", "e2", "r2");

    // Then
    assertThat(joins("mismatch")).isEqualTo(1);
    assertThat(joins("missing")).isEqualTo(1);
    assertThat(results("skipped")).isEqualTo(2);
  }

  @Test
  void shouldTakeTheLatestResultOfARequest() {
    // Given
    ingest.serve(result("ann", "r1", "a", "z"));
    ingest.advance(Duration.ofSeconds(1));
    ScoreResult again = result("ann", "r1", "a", "b");
    again.setSource(new Position("attune.prompts", 0, 2L));
    ingest.serve(again);

    // When
    answer("ann", "e1", "r1");

    // Then
    assertThat(joins("joined")).isEqualTo(1);
  }

  @Test
  void shouldTakeTheFirstAnswerToOneRecord() {
    // Given
    ingest.serve(result("ann", "r1", "a", "b"));
    ingest.advance(Duration.ofSeconds(1));
    ScoreResult repeated = result("ann", "r1", "a", "b");
    repeated.getCandidates().get(0).setReward(7);
    ingest.serve(repeated);

    // When
    answer("ann", "e1", "r1");

    // Then
    assertThat(only(Route.BY_USER).getReplies())
        .extracting(Reply::getServedReward)
        .containsExactly(0.5, 1.5);
  }

  @Test
  void shouldGoOnAfterAResultThatCannotBeRead() {
    // Given
    ingest.serve("ann", new byte[] {7});
    ingest.serve("ann", null);
    ingest.serve("ann", ingest.bytes(Events.choice("ann", "e0", 2).build()));

    // When
    ingest.serve(result("ann", "r1", "a", "b"));
    answer("ann", "e1", "r1");

    // Then
    assertThat(results("unreadable")).isEqualTo(3);
    assertThat(joins("joined")).isEqualTo(1);
  }

  @Test
  void shouldTryAgainWhileTheRegistryIsAway() {
    // Given
    registry.close();

    // When
    Throwable thrown = catchThrowable(() -> ingest.serve("ann", new byte[] {0, 0, 0, 0, 99, 1, 2}));

    // Then
    assertThat(thrown)
        .extracting(Throwable::getCause)
        .isInstanceOfSatisfying(
            WireFormatException.class, e -> assertThat(e.isRetriable()).isTrue());
    assertThat(results("unreadable")).isZero();
  }

  @Test
  void shouldForgetTheResultsOfAUserWhoLeaves() {
    // Given
    ingest.serve(result("ann", "r1", "a", "b"));
    ingest.serve(result("bob", "r1", "a", "b"));

    // When
    ingest.erase("ann");
    answer("ann", "e1", "r1");
    answer("bob", "e2", "r1");

    // Then
    assertThat(joins("missing")).isEqualTo(1);
    assertThat(joins("joined")).isEqualTo(1);
  }

  @Test
  void shouldReadNoResultsWhereTheJoinIsOff() {
    // Given
    try (IngestHarness off =
        new IngestHarness(
            registry, stateDir.resolve("off"), Map.of("ingest.join.window", "0 ms"))) {

      // When
      off.send(Events.choice("ann", "e1", 2).setRequestId("r1").build());

      // Then
      assertThat(off.flush(Route.BY_USER).get(0).getFeedback()).hasSize(1);
      assertThat(off.count("accepted")).isEqualTo(1);
    }
  }

  private void answer(String user, String eventId, String requestId) {
    ingest.send(Events.choice(user, eventId, 2).setRequestId(requestId).build());
  }

  private Feedback only(Route route) {
    return ingest.flush(route).get(0).getFeedback().get(0);
  }

  private double joins(String outcome) {
    return ingest.meters.get("attune.ingest.joins").tag("outcome", outcome).counter().count();
  }

  private double results(String outcome) {
    return ingest.meters.get("attune.ingest.results").tag("outcome", outcome).counter().count();
  }

  /** Candidates with rewards 0.5, 1.5, … */
  private static ScoreResult result(String user, String requestId, String... candidates) {
    List<CandidateScore> scores =
        IntStream.range(0, candidates.length)
            .mapToObj(
                i ->
                    new CandidateScore(
                        candidates[i],
                        0.5 + i,
                        0.5 + i,
                        null,
                        null,
                        1,
                        List.of(1f + i, 2f),
                        null,
                        null))
            .toList();
    return ScoreResult.newBuilder()
        .setRequestId(requestId)
        .setUserId(user)
        .setDomain("cooking")
        .setCandidates(scores)
        .setVersions(VERSIONS)
        .setSource(new Position("attune.prompts", 0, 1L))
        .build();
  }
}
