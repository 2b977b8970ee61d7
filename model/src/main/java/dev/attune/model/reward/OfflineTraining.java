package dev.attune.model.reward;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;

/**
 * Learns from a set that is there as a whole, in epochs: what {@link OnlineRewardLearner} does with
 * a stream, by the same steps, but with the end in sight. The learner's configuration is to be that
 * of {@link OnlineConfig#planned}.
 */
public final class OfflineTraining {
  private OfflineTraining() {}

  /**
   * An event and the head that it trains.
   *
   * @param head as in {@link OnlineRewardLearner#accept}
   */
  public record Event(String head, PreferenceExample example) {}

  /** Returns how many steps so many epochs over so many events are. */
  public static int steps(int events, double epochs, OnlineConfig config) {
    return (int) Math.ceil(events * epochs / config.batchEvents());
  }

  /**
   * Learns from the events until {@code steps} are taken, each epoch in a new seeded order. Events
   * of an incomplete last batch wait in the learner.
   *
   * @throws IllegalArgumentException if there are no events
   * @throws CancellationException if the thread is interrupted, before the next step
   */
  public static void run(OnlineRewardLearner learner, List<Event> events, int steps, long seed) {
    if (events.isEmpty()) {
      throw new IllegalArgumentException("no events to learn from; allowed is one or more");
    }
    Random random = new Random(seed);
    List<Event> order = new ArrayList<>(events);
    while (true) {
      Collections.shuffle(order, random);
      for (Event event : order) {
        if (learner.counts().steps() >= steps) {
          return;
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new CancellationException("the training was interrupted");
        }
        learner.train(event.head, List.of(event.example));
      }
    }
  }
}
