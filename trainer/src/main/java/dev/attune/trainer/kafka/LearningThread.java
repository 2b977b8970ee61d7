package dev.attune.trainer.kafka;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that learners are used on, so that the polling thread can keep its place in the
 * group during a long step. It is called from one thread.
 */
public final class LearningThread implements AutoCloseable {
  private final ExecutorService executor;
  private final Duration patience;
  private @Nullable Future<?> running;

  /**
   * @param pipeline whose it is; for the thread's name
   * @param patience how often the caller is reminded while a task takes long
   */
  public LearningThread(String pipeline, Duration patience) {
    this.executor =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "attune-trainer-learning-" + pipeline);
              thread.setDaemon(true);
              return thread;
            });
    this.patience = patience;
  }

  /**
   * Runs a task and returns its result.
   *
   * @param whileWaiting run by the caller each time that the patience has passed
   */
  public <T> T call(Callable<T> task, Runnable whileWaiting) {
    Future<T> future = begin(task);
    while (true) {
      try {
        return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        whileWaiting.run();
      } catch (ExecutionException e) {
        throw rethrown(e.getCause());
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  /** Begins a task; {@link #result} says what became of it. */
  public <T> Future<T> begin(Callable<T> task) {
    Future<T> future = executor.submit(task);
    running = future;
    return future;
  }

  /** The result of a task, or what it threw. */
  public static <T> T result(Future<T> task) {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Runs a task in a place where the caller must not poll. */
  public void run(Runnable task) {
    call(
        () -> {
          task.run();
          return true;
        },
        () -> {});
  }

  /** Waits for the task under way, whatever becomes of it: that is for its caller. */
  public void awaitIdle() {
    if (running == null) {
      return;
    }
    try {
      running.get();
    } catch (ExecutionException | CancellationException e) {
      running = null;
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static RuntimeException rethrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
