package dev.attune.cli.serving;

import dev.attune.cli.published.ModelPublisher;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Publishes versions of a model: when it is told, or all the while. Thread-safe. */
final class ModelSwaps {
  static final int EVERY_SECONDS = 2;

  private final ModelPublisher publisher;
  private final String model;
  private final List<byte[]> weights;
  private final AtomicLong version = new AtomicLong();

  /**
   * @param weights that take turns
   */
  ModelSwaps(ModelPublisher publisher, String model, List<byte[]> weights) {
    this.publisher = publisher;
    this.model = model;
    this.weights = List.copyOf(weights);
  }

  /** Publishes the next version. */
  void next() {
    long number = version.incrementAndGet();
    publisher.publish(model, number, weights.get((int) (number % weights.size())));
  }

  /** The version that was published last; 0 for none. */
  long version() {
    return version.get();
  }

  /** The weights that {@link #next} begins with. */
  byte[] first() {
    return weights.get(1 % weights.size());
  }

  /** Some work. */
  interface Work<R> {
    R run() throws InterruptedException;
  }

  /** Does some work while a version comes every {@link #EVERY_SECONDS}. */
  <R> R during(Work<R> work) throws InterruptedException {
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(ModelSwaps::daemon);
    try {
      Future<?> unused = clock.scheduleAtFixedRate(this::next, 0, EVERY_SECONDS, TimeUnit.SECONDS);
      return work.run();
    } finally {
      clock.shutdownNow();
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "attune-bench-swaps");
    thread.setDaemon(true);
    return thread;
  }
}
