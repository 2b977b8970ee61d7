package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.stack.BaseCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The experiment of Cheng et al. 2023 without Kafka: the data strategies side by side on one seed,
 * then the best of them on two more. Trainings that do not need each other run in two threads.
 * Single use.
 */
final class OfflineEvaluation {
  private static final int THREADS = 2;
  private static final int SEEDS = 3;

  private final Path folder;
  private final @Nullable Path test;
  private final long firstSeed;
  private final OfflineRecipe recipe;
  private final BaseCache bases;
  private final Console console;
  private final AtomicLong done = new AtomicLong();

  /**
   * @param folder the data, as in {@link CustomizedData#read}
   * @param test the test set, or null
   * @param firstSeed of three seeds in a row; each decides its split, base and order
   */
  OfflineEvaluation(
      Path folder,
      @Nullable Path test,
      long firstSeed,
      OfflineRecipe recipe,
      BaseCache bases,
      Console console) {
    this.folder = folder;
    this.test = test;
    this.firstSeed = firstSeed;
    this.recipe = recipe;
    this.bases = bases;
    this.console = console.asLines();
  }

  /**
   * Runs everything.
   *
   * @throws CliException where the data is missing or broken
   */
  OfflineResult run() throws InterruptedException {
    long start = System.nanoTime();
    CustomizedData data = CustomizedData.read(folder, test, firstSeed);
    List<String> domains = data.domains();
    int trainings = SEEDS + domains.size() * (Strategy.values().length + SEEDS - 1);
    ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    List<Future<OfflineSeed>> seeds = new ArrayList<>();
    try (Progress progress = console.progress("Training reward models", "models", trainings)) {
      for (int i = 0; i < SEEDS; i++) {
        long seed = firstSeed + i;
        seeds.add(workers.submit(counted(progress, () -> prepare(seed))));
      }
      OfflineSeed first = result(seeds.get(0));
      Map<Strategy, Map<String, Future<OfflineSeed.Scores>>> runs = new EnumMap<>(Strategy.class);
      for (Strategy strategy : Strategy.values()) {
        runs.put(strategy, customized(workers, progress, first, strategy, domains));
      }
      Map<Strategy, CustomizedAccuracies> strategies = new EnumMap<>(Strategy.class);
      for (Strategy strategy : Strategy.values()) {
        strategies.put(strategy, first.accuracies(results(runs.get(strategy))));
      }
      Strategy best = OfflineResult.best(strategies);
      List<Map<String, Future<OfflineSeed.Scores>>> repeats = new ArrayList<>();
      for (Future<OfflineSeed> seed : seeds.subList(1, SEEDS)) {
        repeats.add(customized(workers, progress, result(seed), best, domains));
      }
      List<CustomizedAccuracies> bySeed = new ArrayList<>();
      bySeed.add(strategies.get(best));
      for (int i = 1; i < SEEDS; i++) {
        bySeed.add(result(seeds.get(i)).accuracies(results(repeats.get(i - 1))));
      }
      return new OfflineResult(
          strategies,
          best,
          bySeed,
          firstSeed,
          data.dsp().train().size(),
          data.dsp().test().size(),
          (System.nanoTime() - start) / 1e9);
    } finally {
      end(workers, seeds);
    }
  }

  private OfflineSeed prepare(long seed) {
    CustomizedData data = CustomizedData.read(folder, test, seed);
    Path base = bases.get(data.trainingDialogues(), recipe.base().apply(seed), console);
    return OfflineSeed.prepare(data, recipe, seed, base);
  }

  private Map<String, Future<OfflineSeed.Scores>> customized(
      ExecutorService workers,
      Progress progress,
      OfflineSeed seed,
      Strategy strategy,
      List<String> domains) {
    Map<String, Future<OfflineSeed.Scores>> runs = new LinkedHashMap<>();
    for (String domain : domains) {
      runs.put(domain, workers.submit(counted(progress, () -> seed.customized(strategy, domain))));
    }
    return runs;
  }

  private <T> Callable<T> counted(Progress progress, Callable<T> training) {
    return () -> {
      T result = training.call();
      progress.to(done.incrementAndGet());
      return result;
    };
  }

  private static Map<String, OfflineSeed.Scores> results(
      Map<String, Future<OfflineSeed.Scores>> runs) throws InterruptedException {
    Map<String, OfflineSeed.Scores> results = new LinkedHashMap<>();
    for (Map.Entry<String, Future<OfflineSeed.Scores>> run : runs.entrySet()) {
      results.put(run.getKey(), result(run.getValue()));
    }
    return results;
  }

  private static <T> T result(Future<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CliException told) {
        throw told;
      }
      throw new IllegalStateException("a training failed", e.getCause());
    }
  }

  /** Lets no training run on, and frees what the seeds hold once none reads it. */
  private static void end(ExecutorService workers, List<Future<OfflineSeed>> seeds)
      throws InterruptedException {
    seeds.forEach(seed -> seed.cancel(false));
    workers.shutdownNow();
    boolean ended = false;
    while (!ended) {
      ended = workers.awaitTermination(1, TimeUnit.MINUTES);
    }
    for (Future<OfflineSeed> seed : seeds) {
      try {
        if (!seed.isCancelled()) {
          seed.get().close();
        }
      } catch (ExecutionException e) {
        // It was not made; the caller has been told by then.
      }
    }
  }
}
