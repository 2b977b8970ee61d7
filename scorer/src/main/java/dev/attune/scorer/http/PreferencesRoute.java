package dev.attune.scorer.http;

import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.json.AvroJson;
import dev.attune.scorer.core.EventTooLargeException;
import dev.attune.scorer.core.PreferenceSink;
import dev.attune.scorer.core.QueueFullException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * {@code POST /v1/preferences}: a PreferenceEvent in, its position in {@code attune.preferences}
 * out when the cluster has it. Here it is only checked that it can be kept and found again: a key,
 * an id, their lengths. Ingest has the rules of an event, and judges it later.
 */
final class PreferencesRoute implements BodyRoute {
  /** The longest that any ingest takes. */
  private static final int IDENTIFIER = 256;

  private final JsonBody json;
  private final PreferenceSink sink;
  private final Duration timeout;

  /**
   * @param timeout that an answer may take at most
   */
  PreferencesRoute(JsonBody json, PreferenceSink sink, Duration timeout) {
    this.json = json;
    this.sink = sink;
    this.timeout = timeout;
  }

  @Override
  public CompletableFuture<Answer> answer(byte[] body) {
    PreferenceEvent event = JsonBody.record(json.object(body), PreferenceEvent.class);
    check(event.getUserId(), "userId", ProblemCode.EMPTY_USER_ID);
    check(event.getEventId(), "eventId", ProblemCode.EMPTY_EVENT_ID);
    try {
      // The sink's own future is completed with it, so that an event nobody waits for is not sent.
      return sink.send(event)
          .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .thenApply(position -> Answer.of(202, AvroJson.write(position)))
          .exceptionallyCompose(failure -> CompletableFuture.failedFuture(explained(failure)));
    } catch (QueueFullException e) {
      throw overloaded(e);
    }
  }

  private static Throwable explained(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof QueueFullException full) {
      return overloaded(full);
    }
    if (cause instanceof EventTooLargeException) {
      return new ProblemException(ProblemCode.BODY_TOO_LARGE, String.valueOf(cause.getMessage()));
    }
    return cause == null ? failure : cause;
  }

  private static ProblemException overloaded(QueueFullException full) {
    return new ProblemException(ProblemCode.OVERLOADED, String.valueOf(full.getMessage()));
  }

  private static void check(String identifier, String field, ProblemCode empty) {
    if (identifier.isBlank()) {
      throw new ProblemException(empty, field + " must not be empty");
    }
    if (identifier.length() > IDENTIFIER) {
      throw new ProblemException(
          ProblemCode.TOO_LONG, field + " must have at most " + IDENTIFIER + " characters");
    }
  }
}
