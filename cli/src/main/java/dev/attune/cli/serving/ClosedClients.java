package dev.attune.cli.serving;

import dev.attune.cli.CliException;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.RequestAccounts;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.events.ScoreRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * Clients who each ask for rewards through the topics, wait for the committed answer, and ask
 * again. Each client's first answer is left out, as are the first quarter of the time and what
 * comes when the time is over and clients stop. Requests a second are the clients by the mean time
 * between two answers to one of them (Little 1961), so that answers that come in bursts do not
 * count too few or too many. Single use.
 */
final class ClosedClients {
  private static final int DIGITS = 3;
  private static final long LONGEST_MICROS = TimeUnit.MINUTES.toMicros(10);
  private static final long PATIENCE_SECONDS = 120;

  /** Answers to each client at least, on average. */
  private static final int LEAST_ANSWERS = 2;

  /**
   * An answer that is not the client's first.
   *
   * @param nanos from the request
   * @param cycle from the client's answer before
   */
  private record Answered(long at, long nanos, long cycle) {}

  private final ScoreClient client;
  private final int concurrent;
  private final double seconds;
  private final Supplier<ScoreRequest> requests;
  private final List<Answered> answers = new ArrayList<>();
  private final long startedAt = System.nanoTime();
  private long endedAt;
  private boolean ended;

  private ClosedClients(
      ScoreClient client, int concurrent, double seconds, Supplier<ScoreRequest> requests) {
    this.client = client;
    this.concurrent = concurrent;
    this.seconds = seconds;
    this.requests = requests;
  }

  /**
   * Measures.
   *
   * @param sender used, not closed here
   * @param seconds at least
   * @param requests asked for each request, by several threads
   * @throws CliException if a request is not answered with rewards, once
   */
  static Throughput run(
      KafkaSettings kafka,
      RecordSender sender,
      int concurrent,
      double seconds,
      Supplier<ScoreRequest> requests)
      throws InterruptedException {
    try (ScoreClient client = new ScoreClient(kafka, sender)) {
      ClosedClients clients = new ClosedClients(client, concurrent, seconds, requests);
      clients.work();
      RequestAccounts accounts = client.accounts();
      if (!accounts.balanced() || accounts.failed() > 0) {
        throw new CliException(
            "of %d requests %d were answered with rewards, %d with an error, %d not, %d twice"
                .formatted(
                    accounts.sent(),
                    accounts.scored(),
                    accounts.failed(),
                    accounts.open(),
                    accounts.repeated()));
      }
      return clients.throughput();
    }
  }

  private void work() throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(concurrent, ClosedClients::daemon);
    try {
      List<Future<?>> working = new ArrayList<>();
      for (int i = 0; i < concurrent; i++) {
        working.add(threads.submit(this::askAndAskAgain));
      }
      for (Future<?> each : working) {
        each.get();
      }
    } catch (ExecutionException e) {
      client.check();
      throw e.getCause() instanceof CliException known
          ? known
          : new CliException("a request has failed: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private Void askAndAskAgain() throws InterruptedException, ExecutionException {
    ask();
    long before = System.nanoTime();
    while (!ended()) {
      long nanos = ask();
      long at = System.nanoTime();
      answered(new Answered(at, nanos, at - before));
      before = at;
    }
    return null;
  }

  /** How long the answer took, in nanoseconds. */
  private long ask() throws InterruptedException, ExecutionException {
    ScoreRequest request = requests.get();
    long from = System.nanoTime();
    try {
      var unused = client.score(request).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new CliException("a request was not answered within " + PATIENCE_SECONDS + " s", e);
    }
    return System.nanoTime() - from;
  }

  private synchronized void answered(Answered answer) {
    answers.add(answer);
    if (!ended
        && answer.at() - startedAt >= seconds * TimeUnit.SECONDS.toNanos(1)
        && answers.size() >= LEAST_ANSWERS * concurrent) {
      ended = true;
      endedAt = answer.at();
    }
  }

  private synchronized boolean ended() {
    return ended;
  }

  private synchronized Throughput throughput() {
    long quarter = startedAt + (endedAt - startedAt) / 4;
    Histogram micros = new Histogram(LONGEST_MICROS, DIGITS);
    double cycles = 0;
    for (Answered each : answers) {
      if (each.at() - quarter >= 0 && each.at() - endedAt <= 0) {
        micros.recordValue(Math.min(LONGEST_MICROS, TimeUnit.NANOSECONDS.toMicros(each.nanos())));
        cycles += each.cycle();
      }
    }
    return new Throughput(concurrent * micros.getTotalCount() * 1e9 / cycles, micros);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "attune-bench-client");
    thread.setDaemon(true);
    return thread;
  }
}
