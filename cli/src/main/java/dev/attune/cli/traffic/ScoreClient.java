package dev.attune.cli.traffic;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Asks for rewards through attune.prompts and matches what comes back in attune.rewards by request
 * id. It keeps account: each request must get exactly one result. Thread-safe.
 */
public final class ScoreClient implements AutoCloseable {
  private record Sent(long nanos, CompletableFuture<ScoreResult> result) {}

  private final RecordSender sender;
  private final TopicFollower follower;
  private final ConcurrentHashMap<String, Sent> requests = new ConcurrentHashMap<>();
  private final AtomicLong scored = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final Histogram latency = new ConcurrentHistogram(TimeUnit.MINUTES.toMicros(10), 3);

  /**
   * @param sender used, not closed here
   */
  public ScoreClient(KafkaSettings kafka, RecordSender sender) {
    this.sender = sender;
    this.follower =
        new TopicFollower(
            kafka,
            "attune-score-client",
            List.of(Topics.REWARDS),
            TopicFollower.Start.END,
            record -> answered((ScoreResult) record.value()));
  }

  /**
   * Sends a request; completes with its result, which may name an error. The request id must be
   * new. Completed by the follower's thread: dependent work must be short.
   */
  public CompletableFuture<ScoreResult> score(ScoreRequest request) {
    Sent sent = new Sent(System.nanoTime(), new CompletableFuture<>());
    if (requests.putIfAbsent(request.getRequestId(), sent) != null) {
      throw new IllegalArgumentException("request id " + request.getRequestId() + " is used twice");
    }
    var unused =
        sender
            .send(Topics.PROMPTS, request.getUserId(), request)
            .whenComplete(
                (place, failure) -> {
                  if (failure != null) {
                    sent.result().completeExceptionally(failure);
                  }
                });
    return sent.result();
  }

  /** What became of the requests so far. */
  public RequestAccounts accounts() {
    // Read before the number sent, so that a request in between is seen as open.
    long answers = scored.get() + failed.get();
    long sent = requests.size();
    return new RequestAccounts(
        sent, scored.get(), failed.get(), Math.max(0, sent - answers), repeated.get());
  }

  /** From the call of {@link #score} to the result's arrival, in microseconds. */
  public Histogram latencyMicros() {
    return latency.copy();
  }

  /** Throws where results are no longer followed. */
  public void check() {
    follower.check();
  }

  private void answered(ScoreResult result) {
    Sent sent = requests.get(result.getRequestId());
    if (sent == null) {
      return; // somebody else's
    }
    if (sent.result().isDone()) {
      repeated.incrementAndGet();
      return;
    }
    latency.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sent.nanos()));
    (result.getError() == ScoreErrorCode.NONE ? scored : failed).incrementAndGet();
    sent.result().complete(result);
  }

  @Override
  public void close() {
    follower.close();
  }
}
