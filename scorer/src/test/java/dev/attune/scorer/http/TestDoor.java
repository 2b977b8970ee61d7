package dev.attune.scorer.http;

import dev.attune.platform.Configuration;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreTimings;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.scorer.ScorerConfig;
import dev.attune.scorer.metrics.DoorMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A running door, what it is wired to made up, and a client of it. */
final class TestDoor implements AutoCloseable {
  static final String SCORE = "/v1/score";
  static final String PREFERENCES = "/v1/preferences";

  static final String REQUEST =
      """
      {"requestId": "r", "userId": "ada", "domain": "science",
       "prompt": [{"role": "user", "text": "Why is the sky blue?"}],
       "candidates": [{"id": "a", "text": "Air scatters."}, {"id": "b", "text": "Because."}]}
      """;

  static final String EVENT =
      """
      {"eventId": "e", "userId": "ada", "occurredAt": "2026-01-31T12:00:00Z",
       "prompt": [{"role": "user", "text": "Why is the sky blue?"}],
       "candidates": [{"id": "a", "text": "Air scatters."}, {"id": "b", "text": "Because."}],
       "signal": {"Choice": {"chosenId": "a"}}}
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final int port;
  private final ScoringDoor door;

  volatile Function<ScoreRequest, CompletableFuture<ScoreResult>> scoring =
      request -> CompletableFuture.completedFuture(result(request));

  volatile Function<PreferenceEvent, CompletableFuture<Position>> sink =
      event -> CompletableFuture.completedFuture(new Position("attune.preferences", 3, 17L));

  /**
   * @param settings such as {@code scorer.http.timeout=1 s}
   */
  TestDoor(String... settings) {
    door =
        ScoringDoor.open(
            config(settings),
            request -> scoring.apply(request),
            event -> sink.apply(event),
            new DoorMetrics(meters));
    port = door.port();
  }

  static DoorConfig config(String... settings) {
    Map<String, String> flags =
        new HashMap<>(
            Map.of(
                "kafka.bootstrap.servers", "localhost:1",
                "schema.registry.url", "http://localhost:1",
                "scorer.base", "base",
                "scorer.http.port", "0",
                "scorer.http.max-connections", "1000"));
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      flags.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return Objects.requireNonNull(ScorerConfig.from(Configuration.of(flags)).door());
  }

  /** A result with every field set. */
  static ScoreResult result(ScoreRequest request) {
    List<CandidateScore> candidates =
        request.getCandidates().stream()
            .map(
                candidate ->
                    CandidateScore.newBuilder()
                        .setId(candidate.getId())
                        .setReward(1.5)
                        .setDomainReward(1)
                        .setPersonalReward(0.5)
                        .setStandardDeviation(0.1)
                        .setRank(1)
                        .setFeatures(List.of(0.25f, 1f))
                        .setComponents(new RewardComponents(1.0, 0.5, 0.01, null))
                        .setText("Air scatters.")
                        .build())
            .toList();
    return ScoreResult.newBuilder()
        .setRequestId(request.getRequestId())
        .setUserId(request.getUserId())
        .setDomain(request.getDomain() == null ? "general" : request.getDomain())
        .setCandidates(candidates)
        .setBestPreferred(candidates.stream().map(candidate -> 0.5).toList())
        .setVersions(new ScoreVersions("0".repeat(64), "domain/science", 4L, 2L, null, 7L, null))
        .setIncluded(new Position("attune.preferences", 3, 17L))
        .setTimings(new ScoreTimings(0.5, 12.25))
        .setExplanation(
            new Explanation(
                "b",
                "head",
                0.0,
                0.5,
                0.0,
                List.of(new Influence(new Position("attune.preferences", 3, 9L), "science", -0.25)),
                1))
        .build();
  }

  static ScoreResult error(ScoreRequest request, ScoreErrorCode code) {
    ScoreResult result = result(request);
    result.setCandidates(List.of());
    result.setBestPreferred(List.of());
    result.setError(code);
    result.setErrorMessage("because of " + code);
    return result;
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** Posts JSON, with further headers as name, value, name, value. */
  HttpResponse<String> post(String path, String json, String... headers) {
    return post(path, BodyPublishers.ofString(json), headers);
  }

  HttpResponse<String> post(String path, byte[] body) {
    return post(path, BodyPublishers.ofByteArray(body));
  }

  private HttpResponse<String> post(String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(body);
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return send(request);
  }

  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).timeout(PATIENCE));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A connection on which these characters were sent; its reads have a time limit. */
  Socket connect(String sent) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
    socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  /** All that comes until the door closes the connection. */
  static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    door.close();
    meters.close();
  }
}
