package dev.attune.scorer.kafka;

import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link KafkaTask} running, with new clients after each fault that the old ones do not
 * survive (fenced by another member, a commit whose outcome is unknown, a registry that is away).
 * Exceptions that are not Kafka's are defects and end it.
 */
public final class KafkaLoop {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaLoop.class);

  private final String name;
  private final Supplier<? extends KafkaTask> tasks;
  private final Runnable onRestart;
  private final Backoff backoff = new Backoff();
  private final CountDownLatch started = new CountDownLatch(1);
  private volatile @Nullable KafkaTask running;
  private volatile boolean ready;

  /**
   * @param name for logs
   * @param tasks makes a task with new clients
   * @param onRestart called after each fault
   */
  KafkaLoop(String name, Supplier<? extends KafkaTask> tasks, Runnable onRestart) {
    this.name = name;
    this.tasks = tasks;
    this.onRestart = onRestart;
  }

  /** Works until {@link #stop}, in the calling thread. */
  public void run() {
    while (!backoff.stopped()) {
      try (KafkaTask task = tasks.get()) {
        running = task;
        task.open();
        work(task);
      } catch (WakeupException e) {
        LOG.debug("woken up to stop");
      } catch (KafkaException e) {
        if (!backoff.stopped()) {
          restart(e);
        }
      }
    }
  }

  /** Whether it has clients that work. */
  public boolean ready() {
    return ready;
  }

  /** Waits until it was ready once or was stopped. */
  public void awaitStarted() throws InterruptedException {
    started.await();
  }

  /** Ends it after the step under way. From any thread. */
  public void stop() {
    backoff.stop();
    started.countDown();
    KafkaTask task = running;
    if (task != null) {
      task.wakeup();
    }
  }

  private void work(KafkaTask task) {
    while (!backoff.stopped()) {
      if (task.step()) {
        ready = true;
        started.countDown();
        backoff.reset();
      } else {
        backoff.await();
      }
    }
  }

  private void restart(KafkaException fault) {
    // Neither Kafka's messages nor the serdes' quote what a record holds.
    LOG.atError()
        .addKeyValue("task", name)
        .addKeyValue("error", fault.toString())
        .log("kafka clients failed and are made anew");
    ready = false;
    onRestart.run();
    backoff.await();
  }
}
