package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Progress;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a service commits while a sender and a killer are at work, until everything that was
 * sent is accounted for. One thread.
 */
final class AccountWatch {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration COUNT_EVERY = Duration.ofMillis(500);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);
  private static final Duration LAST_READ = Duration.ofSeconds(30);

  private final LogReader reader;
  private final Account account;
  private final Killer killer;
  private final Deadline deadline;
  private final Progress progress;
  private final String where;

  /**
   * @param reader fills the account
   * @param where what is covered is, for a person
   */
  AccountWatch(
      LogReader reader,
      Account account,
      Killer killer,
      Deadline deadline,
      Progress progress,
      String where) {
    this.reader = reader;
    this.account = account;
    this.killer = killer;
    this.deadline = deadline;
    this.progress = progress;
    this.where = where;
  }

  /**
   * Until everything sent is accounted for; otherwise gives what went wrong.
   *
   * @param sending ends when all is sent
   * @param others must not fail meanwhile
   */
  @Nullable String untilComplete(Future<?> sending, Future<?>... others)
      throws InterruptedException {
    long lastRecordAt = System.nanoTime();
    Deadline nextCount = Deadline.in(COUNT_EVERY);
    while (true) {
      if (reader.poll(POLL) > 0) {
        lastRecordAt = System.nanoTime();
      }
      progress.to(account.acknowledged());
      progress.note(killer.killed() + " kills, " + account.covered() + " " + where);
      String failure = failureOf(sending, false);
      for (Future<?> other : others) {
        failure = failure == null ? failureOf(other, false) : failure;
      }
      if (failure != null) {
        return failure;
      }
      if (deadline.passed()) {
        return "not finished in the time that --max-minutes allows";
      }
      if (!sending.isDone() || !killer.done()) {
        lastRecordAt = System.nanoTime();
      } else if (nextCount.passed()) {
        nextCount = Deadline.in(COUNT_EVERY);
        if (account.complete() && reader.atEnd()) {
          return null;
        }
        if (System.nanoTime() - lastRecordAt > LONGEST_SILENCE.toNanos()) {
          return "nothing has come for %d s, and not all is accounted for"
              .formatted(LONGEST_SILENCE.toSeconds());
        }
      }
    }
  }

  /** Reads what was still written, such as something twice. */
  void readRest() {
    Deadline end = Deadline.in(LAST_READ);
    do {
      while (reader.poll(POLL) > 0 && !end.passed()) {
        // Goes on while something comes.
      }
    } while (!reader.atEnd() && !end.passed());
  }

  /** Waits for the end of a thread; why it has failed, or null. */
  static @Nullable String failureOf(Future<?> thread) throws InterruptedException {
    return failureOf(thread, true);
  }

  private static @Nullable String failureOf(Future<?> thread, boolean wait)
      throws InterruptedException {
    if (!wait && !thread.isDone()) {
      return null;
    }
    try {
      thread.get(LAST_READ.toMillis(), TimeUnit.MILLISECONDS);
      return null;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return cause instanceof CliException ? cause.getMessage() : cause.toString();
    } catch (TimeoutException e) {
      return "a thread does not end";
    }
  }
}
