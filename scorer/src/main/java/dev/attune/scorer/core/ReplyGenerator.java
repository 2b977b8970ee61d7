package dev.attune.scorer.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.RewardFunction.Draft;
import dev.attune.scorer.core.RewardFunction.GeneratedReply;
import dev.attune.scorer.core.RewardFunction.LoadedPolicy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Writes the replies of requests that ask for them, on a thread of its own, so that those that only
 * want rewards do not wait for it. Takes several requests at a time, the most urgent first.
 *
 * <p>Replies are samples of the user's policy; until a policy with rows is published, of the base.
 * What is drawn is a function of the request's id: the same request gets the same replies under the
 * same policy and state.
 *
 * <p>{@link #run} is for one thread, the rest is thread-safe.
 */
public final class ReplyGenerator implements ReplySource {
  /** Replies that grow together at most, but for those of a single request. */
  private static final int MOST_TOGETHER = 64;

  /**
   * Characters of a reply at most: an answer that is too large for the broker would block its log.
   */
  private static final int LONGEST = 10_000;

  private static final Comparator<Waiting> MOST_URGENT =
      Comparator.<Waiting, Instant>comparing(waiting -> waiting.replies.deadline())
          .thenComparingLong(Waiting::number);

  private final GenerationConfig config;
  private final RewardFunction rewards;
  private final ModelDirectory models;
  private final UserStates users;
  private final InstantSource clock;
  private final Listener listener;

  /** Guarded by this. It holds no more than the requests that wait for an answer. */
  private final PriorityQueue<Waiting> queue = new PriorityQueue<>(MOST_URGENT);

  private long submitted;
  private boolean stopped;

  /** How a request's replies ended. */
  public enum Outcome {
    /** They are there. */
    WRITTEN,
    /** The deadline came first, or nobody waited any more. */
    DROPPED,
    /** They could not be written. */
    FAILED
  }

  /** Is told of what is written, from any thread. */
  public interface Listener {
    /** The replies of some requests were written together. */
    void generated(int replies, int tokens, Duration computation);

    /**
     * @param waited since a request's replies were begun
     */
    void settled(Duration waited, Outcome outcome);
  }

  public ReplyGenerator(
      GenerationConfig config,
      RewardFunction rewards,
      ModelDirectory models,
      UserStates users,
      InstantSource clock,
      Listener listener) {
    this.config = config;
    this.rewards = rewards;
    this.models = models;
    this.users = users;
    this.clock = clock;
    this.listener = listener;
  }

  @Override
  public @Nullable PendingReplies of(ScoreRequest request) {
    return RequestValidator.asksForReplies(request) ? new PendingReplies(request, this) : null;
  }

  /** Writes until {@link #stop}. */
  public void run() throws InterruptedException {
    for (List<Waiting> batch = next(); !batch.isEmpty(); batch = next()) {
      write(batch);
    }
  }

  /** Ends {@link #run} after what is under way; what waits stays as it is. */
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  Instant now() {
    return clock.instant();
  }

  synchronized void submit(PendingReplies replies, Instant now) {
    queue.add(new Waiting(replies, submitted++, now));
    notifyAll();
  }

  /** Takes replies that have ended out of the queue, if they are there. */
  synchronized void forget(PendingReplies replies) {
    for (Iterator<Waiting> each = queue.iterator(); each.hasNext(); ) {
      Waiting waiting = each.next();
      if (waiting.replies == replies) {
        each.remove();
        listener.settled(waiting.until(now()), Outcome.DROPPED);
        return;
      }
    }
  }

  /** Empty: the end. */
  private synchronized List<Waiting> next() throws InterruptedException {
    while (!stopped && queue.isEmpty()) {
      wait();
    }
    List<Waiting> batch = new ArrayList<>();
    int replies = 0;
    while (!stopped && !queue.isEmpty()) {
      replies += queue.element().replies.request().getGenerate();
      if (replies > MOST_TOGETHER && !batch.isEmpty()) {
        break;
      }
      batch.add(queue.remove());
    }
    return batch;
  }

  private void write(List<Waiting> batch) {
    long start = System.nanoTime();
    List<@Nullable Written> written;
    try (ModelDirectory.Lease lease = models.lease()) {
      LoadedPolicy policy = lease.policy();
      List<Draft> drafts =
          batch.stream().map(waiting -> draft(waiting.replies.request(), policy)).toList();
      written = FaultIsolation.compute(drafts, this::compose);
    }
    Duration computation = Duration.ofNanos(System.nanoTime() - start);
    int replies = 0;
    int tokens = 0;
    for (int i = 0; i < batch.size(); i++) {
      Written own = written.get(i);
      if (own != null) {
        replies += own.request.getCandidates().size();
        tokens += own.tokens;
      }
      settle(batch.get(i), own);
    }
    listener.generated(replies, tokens, computation);
  }

  private Draft draft(ScoreRequest request, @Nullable LoadedPolicy policy) {
    return new Draft(
        request,
        policy,
        policy == null ? null : ServedUser.of(users, request.getUserId(), policy).withRow(),
        seeds(request));
  }

  private List<Written> compose(List<Draft> drafts) {
    List<List<GeneratedReply>> texts = rewards.generate(drafts, config);
    List<Written> written = new ArrayList<>();
    for (int i = 0; i < drafts.size(); i++) {
      List<Candidate> candidates = new ArrayList<>();
      for (GeneratedReply reply : texts.get(i)) {
        candidates.add(new Candidate("g" + (candidates.size() + 1), printable(reply.text())));
      }
      ScoreRequest complete = withCandidates(drafts.get(i).request(), candidates);
      written.add(
          new Written(
              complete,
              texts.get(i).stream().mapToInt(GeneratedReply::tokens).sum(),
              rewards.tokens(complete)));
    }
    return written;
  }

  /** Not by a builder's copy, which would copy every text. */
  private static ScoreRequest withCandidates(ScoreRequest request, List<Candidate> candidates) {
    return new ScoreRequest(
        request.getRequestId(),
        request.getUserId(),
        request.getDomain(),
        request.getPrompt(),
        candidates,
        request.getUserText(),
        request.getDeadline(),
        request.getExplain(),
        request.getGenerate(),
        request.getAfter(),
        request.getBase());
  }

  private void settle(Waiting waiting, @Nullable Written written) {
    Outcome outcome = written == null ? Outcome.FAILED : Outcome.WRITTEN;
    if (waiting.replies.isSettled()) {
      outcome = Outcome.DROPPED;
    }
    waiting.replies.settle(
        written == null
            ? new PendingReplies.Settled(
                waiting.replies.request(),
                new Rejection(ScoreErrorCode.INTERNAL, "the replies could not be generated"),
                0)
            : new PendingReplies.Settled(written.request, null, written.cost));
    listener.settled(waiting.until(now()), outcome);
  }

  /** A text that an answer can carry and that an event may repeat, which must have no NUL. */
  private static String printable(String text) {
    String clean = text.replace('\0', '\uFFFD');
    if (clean.length() <= LONGEST) {
      return clean;
    }
    boolean halves = Character.isHighSurrogate(clean.charAt(LONGEST - 1));
    return clean.substring(0, halves ? LONGEST - 1 : LONGEST);
  }

  /** The first k do not depend on how many are asked for. */
  private static List<Long> seeds(ScoreRequest request) {
    byte[] id = TextHash.sha256().digest(request.getRequestId().getBytes(UTF_8));
    SplittableRandom random = new SplittableRandom(ByteBuffer.wrap(id).getLong());
    return random.longs(request.getGenerate()).boxed().toList();
  }

  /**
   * A request in the queue.
   *
   * @param number counts those that came
   */
  private record Waiting(PendingReplies replies, long number, Instant since) {
    Duration until(Instant now) {
      Duration waited = Duration.between(since, now);
      return waited.isNegative() ? Duration.ZERO : waited;
    }
  }

  /**
   * What was written for a request.
   *
   * @param request with the replies as its candidates
   * @param tokens that were generated
   * @param cost of the request in a batch
   */
  private record Written(ScoreRequest request, int tokens, int cost) {}
}
