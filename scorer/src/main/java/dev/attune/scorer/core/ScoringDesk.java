package dev.attune.scorer.core;

import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Scores the requests of both doors in the same batches: a batch of the prompts topic takes along
 * direct requests as far as its budget goes; while the topic is quiet, direct requests make batches
 * of their own. Where both have work, they take turns.
 *
 * <p>{@link #score} is called by the thread that reads the topic, {@link #run} by one that waits
 * for direct requests, {@link #submit} by any.
 */
public final class ScoringDesk implements DirectScoring {
  /** Direct requests that wait for their replies to be written at most. */
  private static final int MOST_FOR_REPLIES = 64;

  /** How soon a direct request goes on when what it waits for has come. */
  private static final long HELD_MILLIS = 5;

  private final BatchScorer scorer;
  private final Admission admission;
  private final ScoreBatcher waiting;
  private final int mostWaiting;
  private final InstantSource clock;
  private final BatchListener listener;

  /** Fair, so that neither door starves the other. */
  private final ReentrantLock scoring = new ReentrantLock(true);

  /** By the partition of the prompt; guarded by this, as {@link #waiting} is. */
  private final Map<Integer, CompletableFuture<ScoreResult>> answers = new HashMap<>();

  private int submitted;
  private boolean open;
  private boolean stopped;

  /** Is told of each batch. */
  public interface BatchListener {
    /**
     * @param tokens each prompt counted once
     */
    void scored(int requests, int tokens, Duration computation);
  }

  /**
   * @param waiting holds direct requests, and no others
   * @param mostWaiting direct requests at most
   */
  public ScoringDesk(
      BatchScorer scorer,
      Admission admission,
      ScoreBatcher waiting,
      int mostWaiting,
      InstantSource clock,
      BatchListener listener) {
    this.scorer = scorer;
    this.admission = admission;
    this.waiting = waiting;
    this.mostWaiting = mostWaiting;
    this.clock = clock;
    this.listener = listener;
  }

  @Override
  public CompletableFuture<ScoreResult> submit(ScoreRequest request) {
    int lane;
    synchronized (this) {
      requireRoom();
      // Counts through all numbers below 0, again and again.
      lane = ~(submitted++ & Integer.MAX_VALUE);
    }
    Prompt prompt = admission.admit(lane, 0, "", clock.instant(), request);
    CompletableFuture<ScoreResult> answer = new CompletableFuture<>();
    synchronized (this) {
      requireRoom();
      requireRoomForReplies(prompt);
      answers.put(lane, answer);
      waiting.add(prompt);
      notifyAll();
    }
    var unused = answer.whenComplete((result, failure) -> giveUp(lane));
    return answer;
  }

  /** Makes room where the caller has given up what waits; without effect on what is answered. */
  private synchronized void giveUp(int lane) {
    if (answers.remove(lane) != null) {
      waiting.drop(List.of(lane));
    }
  }

  private void requireRoom() {
    if (!open || stopped) {
      throw new QueueFullException("nothing is served yet, or any more");
    }
    if (waiting.waiting() >= mostWaiting) {
      throw new QueueFullException(mostWaiting + " requests wait already");
    }
  }

  private void requireRoomForReplies(Prompt prompt) {
    if (prompt.replies() != null && waiting.waitingForReplies() >= MOST_FOR_REPLIES) {
      throw new QueueFullException(MOST_FOR_REPLIES + " requests wait for their replies already");
    }
  }

  /** Accepts direct requests from now on. */
  public synchronized void open() {
    open = true;
  }

  /** The answers to a batch of the prompts topic, in its order. */
  public List<ScoreResult> score(List<Prompt> batch) {
    scoring.lock();
    try {
      return scored(batch);
    } finally {
      scoring.unlock();
    }
  }

  /** Answers direct requests until {@link #stop}; then refuses what waits. */
  public void run() throws InterruptedException {
    try {
      while (awaitReady()) {
        scoring.lock();
        try {
          scored(List.of());
        } finally {
          scoring.unlock();
        }
      }
    } finally {
      refuseAll();
    }
  }

  /** Ends {@link #run} after the batch under way. */
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** False: the end. Another may have taken what was ready when this thread comes to it. */
  private synchronized boolean awaitReady() throws InterruptedException {
    while (!stopped && !waiting.isReady()) {
      wait(waiting.waiting() == 0 ? 0 : HELD_MILLIS);
    }
    return !stopped;
  }

  private List<ScoreResult> scored(List<Prompt> batch) {
    List<Prompt> along = new ArrayList<>();
    Map<Integer, CompletableFuture<ScoreResult>> promised = new HashMap<>();
    synchronized (this) {
      for (Prompt prompt : waiting.beside(batch)) {
        CompletableFuture<ScoreResult> answer = answers.remove(prompt.partition());
        // Its caller may have given up.
        if (!answer.isDone()) {
          along.add(prompt);
          promised.put(prompt.partition(), answer);
        }
      }
    }
    List<Prompt> all = new ArrayList<>(batch);
    all.addAll(along);
    if (all.isEmpty()) {
      return List.of();
    }
    try {
      long start = System.nanoTime();
      List<ScoreResult> results = scorer.score(all);
      listener.scored(
          all.size(),
          all.stream().mapToInt(Prompt::tokens).sum(),
          Duration.ofNanos(System.nanoTime() - start));
      for (int i = batch.size(); i < all.size(); i++) {
        promised.get(all.get(i).partition()).complete(results.get(i));
      }
      return results.subList(0, batch.size());
    } catch (RuntimeException | Error e) {
      promised.values().forEach(answer -> answer.completeExceptionally(e));
      throw e;
    }
  }

  private synchronized void refuseAll() {
    stopped = true;
    List<CompletableFuture<ScoreResult>> refused = List.copyOf(answers.values());
    answers.clear();
    waiting.clear();
    refused.forEach(
        answer -> answer.completeExceptionally(new CancellationException("the scorer stops")));
  }
}
