package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The replies of one request that asks for them, until they are written. They are settled at the
 * request's deadline at the latest, whether they are written by then or not. Thread-safe.
 */
public final class PendingReplies {
  private final ScoreRequest request;
  private final ReplyGenerator generator;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<Settled> settled = new CompletableFuture<>();

  /**
   * How it ended.
   *
   * @param request with the replies as its candidates; as it came where there are none
   * @param rejection why there are none; null where there are
   * @param tokens what the request costs as it is now
   */
  record Settled(ScoreRequest request, @Nullable Rejection rejection, int tokens) {}

  PendingReplies(ScoreRequest request, ReplyGenerator generator) {
    this.request = request;
    this.generator = generator;
  }

  /** Has them written from what is served by now; does nothing the second time. */
  void begin() {
    if (begun.getAndSet(true)) {
      return;
    }
    Instant now = generator.now();
    Rejection late = RequestValidator.checkDeadline(request, now).orElse(null);
    if (late != null) {
      settle(new Settled(request, late, 0));
      return;
    }
    generator.submit(this, now);
    settled.whenComplete((end, failure) -> generator.forget(this));
    Instant deadline = request.getDeadline();
    if (deadline != null) {
      settled.completeOnTimeout(
          new Settled(request, RequestValidator.deadlinePassed(deadline), 0),
          Duration.between(now, deadline).toMillis(),
          TimeUnit.MILLISECONDS);
    }
  }

  /** Nobody waits for them any more. */
  void cancel() {
    settled.cancel(false);
  }

  /** Does nothing where it ended before. */
  void settle(Settled end) {
    settled.complete(end);
  }

  boolean isSettled() {
    return settled.isDone();
  }

  /** How it ended; to be asked for only when it has, and was not cancelled. */
  Settled end() {
    return settled.join();
  }

  ScoreRequest request() {
    return request;
  }

  /** When they are of no use any more; {@link Instant#MAX} for never. */
  Instant deadline() {
    return request.getDeadline() == null ? Instant.MAX : request.getDeadline();
  }
}
