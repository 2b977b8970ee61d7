package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.platform.ConfigException;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.EventTooLargeException;
import dev.attune.scorer.core.QueueFullException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScoringDoorTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "a-token-of-sixteen-or-more";
  private static final String OTHER_TOKEN = "another-token-to-rotate-to";

  @Test
  void shouldAnswerARequestWithItsResult() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
      JsonNode result = JSON.readTree(response.body());
      assertThat(result.at("/requestId").textValue()).isEqualTo("r");
      assertThat(result.at("/domain").textValue()).isEqualTo("science");
      assertThat(result.at("/candidates/1/id").textValue()).isEqualTo("b");
      assertThat(result.at("/candidates/0/components/head").doubleValue()).isEqualTo(0.5);
      assertThat(result.at("/included/offset").longValue()).isEqualTo(17);
      assertThat(result.at("/source").isNull()).isTrue();
    }
  }

  @Test
  void shouldHandOverEachFieldOfARequest() {
    // Given
    List<ScoreRequest> seen = new CopyOnWriteArrayList<>();
    try (TestDoor door = new TestDoor("scorer.http.timeout=1 min")) {
      door.scoring =
          request -> {
            seen.add(request);
            return CompletableFuture.completedFuture(TestDoor.result(request));
          };
      Instant deadline = Instant.ofEpochMilli(Instant.now().plusSeconds(30).toEpochMilli());

      // When
      door.post(
          TestDoor.SCORE,
          """
          {"userId": "ada", "prompt": [], "candidates": [], "userText": "I cook.", "base": "b",
           "deadline": "%s", "after": {"topic": "attune.preferences", "partition": 3, "offset": 17}}
          """
              .formatted(deadline));

      // Then
      ScoreRequest request = seen.get(0);
      assertThat(request.getRequestId()).hasSize(36);
      assertThat(request.getDomain()).isNull();
      assertThat(request.getUserText()).isEqualTo("I cook.");
      assertThat(request.getAfter().getOffset()).isEqualTo(17);
      assertThat(request.getBase()).isEqualTo("b");
      assertThat(request.getDeadline()).isEqualTo(deadline);
    }
  }

  @Test
  void shouldGiveARequestTheDoorsOwnDeadline() {
    // Given
    List<ScoreRequest> seen = new CopyOnWriteArrayList<>();
    try (TestDoor door = new TestDoor("scorer.http.timeout=1 min")) {
      door.scoring =
          request -> {
            seen.add(request);
            return CompletableFuture.completedFuture(TestDoor.result(request));
          };

      // When
      door.post(
          TestDoor.SCORE,
          "{\"userId\": \"u\", \"prompt\": [], \"candidates\": [], \"deadline\": 9223372036854775807}");

      // Then
      assertThat(seen.get(0).getDeadline())
          .isBetween(Instant.now(), Instant.now().plus(Duration.ofMinutes(1)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EMPTY_USER_ID, 422",
    "NO_CANDIDATES, 422",
    "DUPLICATE_CANDIDATE, 422",
    "TOO_LONG, 422",
    "UNKNOWN_BASE, 409",
    "DEADLINE_PASSED, 504",
    "MALFORMED, 400",
    "INTERNAL, 500"
  })
  void shouldTurnAScorersErrorIntoAProblem(ScoreErrorCode code, int status) throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      door.scoring = request -> CompletableFuture.completedFuture(TestDoor.error(request, code));

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      JsonNode problem = problem(response, status);
      assertThat(problem.at("/code").textValue()).isEqualTo(code.name());
      assertThat(problem.at("/detail").textValue()).isEqualTo("because of " + code);
    }
  }

  @ParameterizedTest
  @EnumSource(value = ScoreErrorCode.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void shouldHaveACodeForEachErrorOfTheScorer(ScoreErrorCode code) {
    // When
    ProblemCode problem = ProblemCode.of(code);

    // Then
    assertThat(problem).hasToString(code.name());
  }

  @Test
  void shouldAnswerAnEventWithItsPosition() throws Exception {
    // Given
    List<PreferenceEvent> seen = new CopyOnWriteArrayList<>();
    try (TestDoor door = new TestDoor()) {
      var take = door.sink;
      door.sink =
          event -> {
            seen.add(event);
            return take.apply(event);
          };

      // When
      HttpResponse<String> response = door.post(TestDoor.PREFERENCES, TestDoor.EVENT);

      // Then
      assertThat(response.statusCode()).isEqualTo(202);
      assertThat(JSON.readTree(response.body()))
          .isEqualTo(
              JSON.readTree("{\"topic\":\"attune.preferences\",\"partition\":3,\"offset\":17}"));
      assertThat(seen.get(0).getUserId()).isEqualTo("ada");
      assertThat(seen.get(0).getSignal()).isEqualTo(new Choice("a"));
      assertThat(seen.get(0).getOccurredAt()).isEqualTo(Instant.parse("2026-01-31T12:00:00Z"));
    }
  }

  @ParameterizedTest
  @CsvSource({"userId, EMPTY_USER_ID", "eventId, EMPTY_EVENT_ID"})
  void shouldRefuseAnEventThatCouldNotBeFoundAgain(String field, String code) throws Exception {
    // Given
    String blank =
        TestDoor.EVENT.replaceFirst("\"" + field + "\": \"\\w+\"", "\"" + field + "\": \" \"");
    String tooLong =
        TestDoor.EVENT.replaceFirst(
            "\"" + field + "\": \"\\w+\"", "\"" + field + "\": \"" + "x".repeat(257) + "\"");
    try (TestDoor door = new TestDoor()) {
      // When
      List<HttpResponse<String>> responses =
          List.of(door.post(TestDoor.PREFERENCES, blank), door.post(TestDoor.PREFERENCES, tooLong));

      // Then
      assertThat(problem(responses.get(0), 422).at("/code").textValue()).isEqualTo(code);
      assertThat(problem(responses.get(1), 422).at("/code").textValue()).isEqualTo("TOO_LONG");
    }
  }

  @Test
  void shouldSayWhereTheClusterDoesNotTakeAnEvent() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      door.sink = event -> CompletableFuture.failedFuture(new QueueFullException("no broker"));
      HttpResponse<String> away = door.post(TestDoor.PREFERENCES, TestDoor.EVENT);
      door.sink = event -> CompletableFuture.failedFuture(new EventTooLargeException("too large"));

      // When
      HttpResponse<String> large = door.post(TestDoor.PREFERENCES, TestDoor.EVENT);

      // Then
      assertThat(problem(away, 503).at("/code").textValue()).isEqualTo("OVERLOADED");
      assertThat(problem(large, 413).at("/code").textValue()).isEqualTo("BODY_TOO_LARGE");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ~~ | BAD_JSON
          [] | BAD_JSON
          {"userId": "u" | BAD_JSON
          {"userId": "u", "userId": "v"} | BAD_JSON
          {"userId": NaN} | BAD_JSON
          {} {} | BAD_JSON
          {"userId": 1e99999999999999999999999999999999999999999999999999999999999999999} | BAD_JSON
          {"a":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]} | BAD_JSON
          {} | BAD_FIELD
          {"userId": 7} | BAD_FIELD
          {"userId": "u", "prompt": [], "candidates": [], "user": "u"} | BAD_FIELD
          {"userId": "\\ud800", "prompt": [], "candidates": []} | BAD_FIELD
          {"userId": "u", "prompt": [], "candidates": [], "generate": 99999999999} | BAD_FIELD
          """)
  void shouldSayWhatIsWrongWithABody(String body, String code) throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, body == null ? "" : body);

      // Then
      assertThat(problem(response, 400).at("/code").textValue()).isEqualTo(code);
    }
  }

  @Test
  void shouldNameAFieldThatItDoesNotKnow() throws Exception {
    // Given
    String body = TestDoor.REQUEST.replace("\"role\"", "\"rôle\"");
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, body);

      // Then
      assertThat(problem(response, 400).at("/detail").textValue())
          .isEqualTo("prompt[0].rôle is no field of Turn");
    }
  }

  @Test
  void shouldRefuseABodyThatIsNotUtf8() throws Exception {
    // Given
    byte[] latin1 = "{\"userId\": \"Zoë\"}".getBytes(StandardCharsets.ISO_8859_1);
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, latin1);

      // Then
      assertThat(problem(response, 400).at("/code").textValue()).isEqualTo("BAD_JSON");
    }
  }

  @Test
  void shouldRefuseABodyThatIsTooLargeHoweverItComes() throws Exception {
    // Given
    String large = " ".repeat(1025);
    try (TestDoor door = new TestDoor("scorer.http.max-body-bytes=1 KiB")) {
      HttpRequest.Builder chunked =
          HttpRequest.newBuilder(door.uri(TestDoor.SCORE))
              .header("Content-Type", "application/json")
              .POST(
                  BodyPublishers.ofInputStream(
                      () -> new ByteArrayInputStream(large.getBytes(StandardCharsets.UTF_8))));

      // When
      List<HttpResponse<String>> responses =
          List.of(door.post(TestDoor.SCORE, large), door.send(chunked));

      // Then
      for (HttpResponse<String> response : responses) {
        assertThat(problem(response, 413).at("/code").textValue()).isEqualTo("BODY_TOO_LARGE");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          text/plain | 415
          application/json; charset=ISO-8859-1 | 415
          application/json; charset=nonsense! | 415
          application/xjson | 415
          application/json; charset=UTF-8 | 200
          APPLICATION/JSON | 200
          """)
  void shouldTakeJsonInUtf8Only(String type, int status) {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response =
          door.post(TestDoor.SCORE, TestDoor.REQUEST, "Content-Type", type);

      // Then
      assertThat(response.statusCode()).isEqualTo(status);
    }
  }

  @Test
  void shouldNotTakeACompressedBody() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response =
          door.post(TestDoor.SCORE, TestDoor.REQUEST, "Content-Encoding", "gzip");

      // Then
      assertThat(problem(response, 415).at("/code").textValue())
          .isEqualTo("UNSUPPORTED_MEDIA_TYPE");
    }
  }

  @Test
  void shouldLetPassWhoBearsAToken() {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.tokens=" + TOKEN + "," + OTHER_TOKEN)) {
      // When
      List<HttpResponse<String>> responses =
          List.of(
              door.post(TestDoor.SCORE, TestDoor.REQUEST, "Authorization", "Bearer " + TOKEN),
              door.post(
                  TestDoor.SCORE, TestDoor.REQUEST, "Authorization", "bearer " + OTHER_TOKEN));

      // Then
      assertThat(responses).extracting(HttpResponse::statusCode).containsOnly(200);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer wrong-token-of-sixteen",
    "Bearer",
    "Bearer a-token-of-sixteen-or-mor",
    "Basic a-token-of-sixteen-or-more",
    "a-token-of-sixteen-or-more"
  })
  void shouldNotLetPassWhoBearsNone(String authorization) throws Exception {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.tokens=" + TOKEN)) {
      // When
      HttpResponse<String> response =
          door.post(TestDoor.SCORE, TestDoor.REQUEST, "Authorization", authorization);

      // Then
      assertThat(problem(response, 401).at("/code").textValue()).isEqualTo("UNAUTHENTICATED");
      assertThat(response.headers().firstValue("WWW-Authenticate"))
          .hasValue("Bearer realm=\"attune\"");
    }
  }

  @Test
  void shouldShowNobodyElseWhatItHas() {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.tokens=" + TOKEN)) {
      // When
      HttpResponse<String> response = door.get("/v1/unknown");

      // Then
      assertThat(response.statusCode()).isEqualTo(401);
    }
  }

  @Test
  void shouldServeItsDescriptionToEverybody() throws Exception {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.tokens=" + TOKEN)) {
      // When
      HttpResponse<String> response = door.get("/openapi.json");

      // Then
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(JSON.readTree(response.body()).at("/openapi").textValue()).isEqualTo("3.1.0");
    }
  }

  @Test
  void shouldSayWhichMethodsAPathTakes() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.get(TestDoor.SCORE);

      // Then
      assertThat(problem(response, 405).at("/code").textValue()).isEqualTo("METHOD_NOT_ALLOWED");
      assertThat(response.headers().firstValue("Allow")).hasValue("POST");
    }
  }

  @Test
  void shouldNotKnowOtherPathsNorTheirNames() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      HttpResponse<String> response = door.get("/v1/users/ada");

      // Then
      assertThat(problem(response, 404).at("/code").textValue()).isEqualTo("NOT_FOUND");
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          door.meters
                              .get("attune.scorer.http.requests")
                              .tags("route", "other", "status", "404")
                              .counter()
                              .count())
                      .isEqualTo(1));
    }
  }

  @Test
  void shouldBeAProblemWhereItIsNoHttp() throws Exception {
    // Given
    try (TestDoor door = new TestDoor();
        Socket socket = door.connect("no HTTP at all\r\n\r\n")) {
      // When
      String answer = TestDoor.readAll(socket);

      // Then
      assertThat(answer)
          .startsWith("HTTP/1.1 400 ")
          .contains("application/problem+json", "\"code\":\"BAD_REQUEST\"");
    }
  }

  @Test
  void shouldRefuseHeadersThatAreTooLarge() throws Exception {
    // Given
    String headers = "GET /openapi.json HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(9000) + "\r\n\r\n";
    try (TestDoor door = new TestDoor();
        Socket socket = door.connect(headers)) {
      // When
      String answer = TestDoor.readAll(socket);

      // Then
      assertThat(answer).startsWith("HTTP/1.1 431 ").contains("\"status\":431");
    }
  }

  @Test
  void shouldGiveUpAtItsOwnTimeLimit() throws Exception {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.timeout=200 ms")) {
      door.scoring = request -> new CompletableFuture<>();

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(problem(response, 504).at("/code").textValue()).isEqualTo("DEADLINE_PASSED");
    }
  }

  @Test
  void shouldNotAskForWhatComesTooLate() throws Exception {
    // Given
    List<ScoreRequest> seen = new CopyOnWriteArrayList<>();
    try (TestDoor door = new TestDoor()) {
      door.scoring =
          request -> {
            seen.add(request);
            return new CompletableFuture<>();
          };

      // When
      HttpResponse<String> response =
          door.post(
              TestDoor.SCORE,
              "{\"userId\": \"u\", \"prompt\": [], \"candidates\": [], \"deadline\": 1}");

      // Then
      assertThat(problem(response, 504).at("/code").textValue()).isEqualTo("DEADLINE_PASSED");
      assertThat(seen).isEmpty();
    }
  }

  @Test
  void shouldNotSendAnEventThatNobodyWaitsForAnyMore() throws Exception {
    // Given
    CompletableFuture<Position> position = new CompletableFuture<>();
    try (TestDoor door = new TestDoor("scorer.http.timeout=200 ms")) {
      door.sink = event -> position;

      // When
      HttpResponse<String> response = door.post(TestDoor.PREFERENCES, TestDoor.EVENT);

      // Then
      assertThat(problem(response, 504).at("/code").textValue()).isEqualTo("DEADLINE_PASSED");
      assertThat(position).isDone();
    }
  }

  @Test
  void shouldAskToComeAgainWhereTheScorersQueueIsFull() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      door.scoring =
          request -> {
            throw new QueueFullException("1000 requests wait");
          };

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(problem(response, 503).at("/code").textValue()).isEqualTo("OVERLOADED");
      assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
    }
  }

  @Test
  void shouldLimitWhatWaitsForAnAnswer() throws Exception {
    // Given
    CompletableFuture<Void> released = new CompletableFuture<>();
    try (TestDoor door = new TestDoor("scorer.http.max-in-flight=2")) {
      door.scoring = request -> released.thenApply(none -> TestDoor.result(request));
      List<CompletableFuture<HttpResponse<String>>> first =
          List.of(
              CompletableFuture.supplyAsync(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST)),
              CompletableFuture.supplyAsync(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST)));
      await().until(() -> inFlight(door, "score") == 2);

      // When
      HttpResponse<String> third = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(problem(third, 503).at("/code").textValue()).isEqualTo("OVERLOADED");
      released.complete(null);
      assertThat(first).allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(200));
      assertThat(door.post(TestDoor.SCORE, TestDoor.REQUEST).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void shouldScoreWhileEventsWaitForTheCluster() {
    // Given
    CompletableFuture<Position> position = new CompletableFuture<>();
    try (TestDoor door = new TestDoor("scorer.http.max-in-flight=1")) {
      door.sink = event -> position;
      CompletableFuture.runAsync(() -> door.post(TestDoor.PREFERENCES, TestDoor.EVENT));
      await().until(() -> inFlight(door, "preferences") == 1);

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(door.post(TestDoor.PREFERENCES, TestDoor.EVENT).statusCode()).isEqualTo(503);
      position.complete(new Position("attune.preferences", 0, 0L));
    }
  }

  @Test
  void shouldTellAClientThatAsksFirstToGoOn() throws Exception {
    // Given
    String header =
        "POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: "
            + TestDoor.REQUEST.length()
            + "\r\n\r\n";
    try (TestDoor door = new TestDoor();
        Socket socket = door.connect(header)) {
      String goOn = "HTTP/1.1 100 Continue\r\n\r\n";
      String told =
          new String(socket.getInputStream().readNBytes(goOn.length()), StandardCharsets.US_ASCII);

      // When
      socket.getOutputStream().write(TestDoor.REQUEST.getBytes(StandardCharsets.US_ASCII));

      // Then
      assertThat(told).isEqualTo(goOn);
      assertThat(TestDoor.readAll(socket)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void shouldLimitWhatItHoldsOfBodies() throws Exception {
    // Given
    String half =
        "POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n"
            + " ".repeat(1000);
    try (TestDoor door =
        new TestDoor("scorer.http.max-body-bytes=1 KiB", "scorer.http.max-buffered-bytes=1 KiB")) {
      HttpResponse<String> refused;
      try (Socket slow = door.connect(half)) {
        await().until(() -> door.meters.get("attune.scorer.http.buffered").gauge().value() == 1000);

        // When
        refused = door.post(TestDoor.SCORE, TestDoor.REQUEST);
      }

      // Then
      assertThat(problem(refused, 503).at("/code").textValue()).isEqualTo("OVERLOADED");
      await().until(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST).statusCode() == 200);
      await().until(() -> door.meters.get("attune.scorer.http.buffered").gauge().value() == 0);
    }
  }

  @Test
  void shouldSayThatABodyIsLate() throws Exception {
    // Given
    String half =
        "POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    try (TestDoor door = new TestDoor("scorer.http.request-timeout=300 ms");
        Socket socket = door.connect(half)) {
      // When
      String answer = TestDoor.readAll(socket);

      // Then
      assertThat(answer)
          .startsWith("HTTP/1.1 408 ")
          .contains("Connection: close", "\"code\":\"BODY_TIMEOUT\"");
    }
  }

  @Test
  void shouldCloseAConnectionHoweverBusilyItSendsSingleBytes() throws Exception {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.request-timeout=300 ms");
        Socket socket = door.connect("GET /openapi.json HTTP/1.1\r\nX: ")) {
      // When
      await()
          .pollInterval(Duration.ofMillis(20))
          .atMost(Duration.ofSeconds(10))
          .until(() -> refusesAByte(socket));

      // Then
      assertThat(
              door.meters
                  .get("attune.scorer.http.connections.closed")
                  .tag("reason", "timeout")
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void shouldCloseAConnectionThatIsIdleForTooLong() throws Exception {
    // Given
    try (TestDoor door = new TestDoor("scorer.http.idle-timeout=200 ms");
        Socket socket = door.connect("GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n")) {
      // When
      String all = TestDoor.readAll(socket);

      // Then
      assertThat(all).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void shouldForgetAClientThatLeavesWhileItWaits() throws Exception {
    // Given
    CompletableFuture<ScoreResult> result = new CompletableFuture<>();
    try (TestDoor door = new TestDoor()) {
      door.scoring = request -> result;
      Socket socket = door.connect(request(TestDoor.REQUEST));
      await().until(() -> inFlight(door, "score") == 1);
      socket.setSoLinger(true, 0);
      socket.close();

      // When
      result.complete(TestDoor.result(emptyRequest()));

      // Then
      await().until(() -> inFlight(door, "score") == 0);
      await().until(() -> door.meters.get("attune.scorer.http.connections").gauge().value() == 0);
      await().until(() -> door.meters.get("attune.scorer.http.buffered").gauge().value() == 0);
    }
  }

  @Test
  void shouldTurnAwayWhoComesWhereAllOthersWaitForAnAnswer() throws Exception {
    // Given
    CompletableFuture<ScoreResult> result = new CompletableFuture<>();
    CompletableFuture<Position> position = new CompletableFuture<>();
    try (TestDoor door =
        new TestDoor("scorer.http.max-in-flight=1", "scorer.http.max-connections=2")) {
      door.scoring = request -> result;
      door.sink = event -> position;
      List<CompletableFuture<HttpResponse<String>>> first =
          List.of(
              CompletableFuture.supplyAsync(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST)),
              CompletableFuture.supplyAsync(() -> door.post(TestDoor.PREFERENCES, TestDoor.EVENT)));
      await().until(() -> inFlight(door, "score") + inFlight(door, "preferences") == 2);

      // When
      String answer;
      try (Socket third = door.connect("")) {
        answer = TestDoor.readAll(third);
      }

      // Then
      assertThat(answer).isEmpty();
      result.complete(TestDoor.result(emptyRequest()));
      position.complete(new Position("attune.preferences", 0, 0L));
      assertThat(first).extracting(each -> each.join().statusCode()).containsExactly(200, 202);
    }
  }

  private static boolean refused(TestDoor door) {
    try (Socket late = door.connect("")) {
      return late.isClosed();
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void shouldAnswerWhatIsUnderWayBeforeItCloses() throws Exception {
    // Given
    CompletableFuture<ScoreResult> result = new CompletableFuture<>();
    TestDoor door = new TestDoor();
    door.scoring = request -> result;
    CompletableFuture<HttpResponse<String>> response =
        CompletableFuture.supplyAsync(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST));
    await().until(() -> inFlight(door, "score") == 1);
    Socket idle = door.connect("GET /openapi.json HTTP/1.1\r\n");
    await().until(() -> door.meters.get("attune.scorer.http.connections").gauge().value() == 2);

    // When
    CompletableFuture<Void> closed = CompletableFuture.runAsync(door::close);

    // Then
    assertThat(TestDoor.readAll(idle)).isEmpty();
    // The system may hold the port for a moment after it was closed.
    await().until(() -> refused(door));
    assertThat(closed).isNotDone();
    result.complete(TestDoor.result(emptyRequest()));
    assertThat(response.join().statusCode()).isEqualTo(200);
    assertThat(closed).succeedsWithin(Duration.ofSeconds(5));
  }

  @Test
  void shouldNotWaitForeverToClose() {
    // Given
    TestDoor door = new TestDoor("scorer.http.timeout=300 ms");
    door.scoring = request -> new CompletableFuture<>();
    CompletableFuture<HttpResponse<String>> response =
        CompletableFuture.supplyAsync(() -> door.post(TestDoor.SCORE, TestDoor.REQUEST));
    await().until(() -> inFlight(door, "score") == 1);

    // When
    CompletableFuture<Void> closed = CompletableFuture.runAsync(door::close);

    // Then
    assertThat(closed).succeedsWithin(Duration.ofSeconds(10));
    await().until(response::isDone);
  }

  @Test
  void shouldSayThatTheScorerStops() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      door.scoring = request -> CompletableFuture.failedFuture(new IllegalStateException("closed"));

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(problem(response, 503).at("/code").textValue()).isEqualTo("STOPPING");
    }
  }

  @Test
  void shouldNotShowWhatWentWrongInside() throws Exception {
    // Given
    try (TestDoor door = new TestDoor()) {
      door.scoring =
          request -> {
            throw new IllegalStateException("secret of the inside");
          };

      // When
      HttpResponse<String> response = door.post(TestDoor.SCORE, TestDoor.REQUEST);

      // Then
      assertThat(problem(response, 500).at("/code").textValue()).isEqualTo("INTERNAL");
      assertThat(response.body()).doesNotContain("secret");
    }
  }

  @Test
  void shouldCountAndTimeRequests() {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      door.post(TestDoor.SCORE, TestDoor.REQUEST);
      door.post(TestDoor.SCORE, "{}");

      // Then
      await()
          .untilAsserted(
              () -> {
                assertThat(count(door, "200")).isEqualTo(1);
                assertThat(count(door, "400")).isEqualTo(1);
              });
      assertThat(
              door.meters.get("attune.scorer.http.latency").tag("route", "score").timer().count())
          .isEqualTo(2);
      assertThat(
              door.meters
                  .get("attune.scorer.http.problems")
                  .tag("code", "bad_field")
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void shouldSayThatItsPortIsTaken() {
    // Given
    try (TestDoor door = new TestDoor()) {
      // When
      var failure = assertThatThrownBy(() -> new TestDoor("scorer.http.port=" + door.port));

      // Then
      failure
          .isInstanceOf(ConfigException.class)
          .hasMessageContainingAll("scorer.http.port", String.valueOf(door.port));
    }
  }

  private static ScoreRequest emptyRequest() {
    return ScoreRequest.newBuilder()
        .setRequestId("r")
        .setUserId("u")
        .setPrompt(List.of())
        .setCandidates(List.of())
        .build();
  }

  /** A score request as it is on the wire. */
  private static String request(String json) {
    return "POST /v1/score HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
        + json.length()
        + "\r\n\r\n"
        + json;
  }

  private static double inFlight(TestDoor door, String route) {
    return door.meters.get("attune.scorer.http.in.flight").tag("route", route).gauge().value();
  }

  private static double count(TestDoor door, String status) {
    return door.meters
        .get("attune.scorer.http.requests")
        .tags("route", "score", "status", status)
        .counter()
        .count();
  }

  /** Writes one byte; whether the other side has closed. */
  private static boolean refusesAByte(Socket socket) {
    try {
      socket.getOutputStream().write('x');
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static JsonNode problem(HttpResponse<String> response, int status) throws IOException {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = JSON.readTree(response.body());
    assertThat(problem.at("/status").intValue()).isEqualTo(status);
    assertThat(problem.at("/title").textValue()).isNotBlank();
    return problem;
  }
}
