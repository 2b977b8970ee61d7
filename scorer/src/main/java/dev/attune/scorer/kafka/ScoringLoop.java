package dev.attune.scorer.kafka;

import dev.attune.scorer.metrics.ScorerMetrics;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link ScoringSession} running, with new Kafka clients after each fault that the old ones do not survive
 * (fenced by another member, a commit whose outcome is unknown). Other exceptions are defects and end it.
 */
final class ScoringLoop {
  private static final Logger LOG = LoggerFactory.getLogger(ScoringLoop.class);

  private final Supplier<ScoringSession> sessions;
  private final ScorerMetrics metrics;
  private final Backoff backoff = new Backoff();
  private volatile @Nullable ScoringSession session;
  private volatile boolean ready;

  ScoringLoop(Supplier<ScoringSession> sessions, ScorerMetrics metrics) {
    this.sessions = sessions;
    this.metrics = metrics;
  }

  /** Answers prompts until {@link #stop}. */
  void run() {
    while (!backoff.stopped()) {
      try (ScoringSession opened = sessions.get()) {
        session = opened;
        opened.open();
        answer(opened);
      } catch (WakeupException e) {
        LOG.debug("woken up to stop");
      } catch (KafkaException e) {
        if (backoff.stopped()) {
          return;
        }
        LOG.atError()
            .addKeyValue("error", e.getClass().getName())
            .log("kafka clients failed and are made anew");
        metrics.restarted();
        ready = false;
        backoff.await();
      }
    }
  }

  /** Whether the group was joined and the first poll is done. */
  boolean ready() {
    return ready;
  }

  /** Ends the loop after the batch that is being answered. From any thread. */
  void stop() {
    backoff.stop();
    ScoringSession running = session;
    if (running != null) {
      running.wakeup();
    }
  }

  private void answer(ScoringSession opened) {
    while (!backoff.stopped()) {
      if (opened.step()) {
        ready = true;
        backoff.reset();
      } else {
        backoff.await();
      }
    }
  }
}
