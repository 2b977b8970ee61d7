package dev.attune.scorer.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.json.AvroJson;
import dev.attune.scorer.core.DirectScoring;
import dev.attune.scorer.core.QueueFullException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/score}: a ScoreRequest in, a ScoreResult out. */
final class ScoreRoute implements BodyRoute {
  /** No request is without it on the wire; here one is made. */
  private static final String REQUEST_ID = "requestId";

  private final JsonBody json;
  private final DirectScoring scoring;
  private final Duration timeout;
  private final InstantSource clock;
  private final Executor executor;

  /**
   * @param timeout that an answer may take at most
   * @param executor turns results into answers, which the scorer's thread is not to be kept with
   */
  ScoreRoute(
      JsonBody json,
      DirectScoring scoring,
      Duration timeout,
      InstantSource clock,
      Executor executor) {
    this.json = json;
    this.scoring = scoring;
    this.timeout = timeout;
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public CompletableFuture<Answer> answer(byte[] body) {
    ObjectNode object = json.object(body);
    if (!object.has(REQUEST_ID)) {
      object.put(REQUEST_ID, UUID.randomUUID().toString());
    }
    ScoreRequest request = JsonBody.record(object, ScoreRequest.class);
    Instant now = clock.instant();
    Instant latest = now.plus(timeout);
    Instant deadline = request.getDeadline();
    if (deadline == null || deadline.isAfter(latest)) {
      deadline = latest;
    }
    if (!deadline.isAfter(now)) {
      throw new ProblemException(ProblemCode.DEADLINE_PASSED, "the deadline was " + deadline);
    }
    request.setDeadline(deadline);
    try {
      // The scorer's own future is completed with it, so that it drops what nobody waits for.
      return scoring
          .submit(request)
          .orTimeout(Duration.between(now, deadline).toMillis(), TimeUnit.MILLISECONDS)
          .handleAsync(ScoreRoute::answer, executor);
    } catch (QueueFullException e) {
      throw new ProblemException(ProblemCode.OVERLOADED, String.valueOf(e.getMessage()));
    }
  }

  private static Answer answer(@Nullable ScoreResult result, @Nullable Throwable failure) {
    if (failure instanceof TimeoutException) {
      throw new ProblemException(ProblemCode.DEADLINE_PASSED, "the answer did not come in time");
    }
    if (result == null) {
      throw new ProblemException(ProblemCode.STOPPING, "the scorer is being stopped");
    }
    if (result.getError() != ScoreErrorCode.NONE) {
      String message = result.getErrorMessage();
      throw new ProblemException(
          ProblemCode.of(result.getError()), message == null ? "no rewards" : message);
    }
    return Answer.of(200, AvroJson.write(result));
  }
}
