package dev.attune.bench;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many candidates a second the scorer's forward passes give: all requests in one call, where a
 * prompt is computed once for its candidates, beside one candidate a call, in the same run. Rounds
 * alternate, so that both sides meet the same machine; the median round counts.
 *
 * <p>Its one argument is a base's folder. Without it, it makes a base of the demo's shape; the
 * values of its weights do not matter for speed.
 */
public final class RewardThroughput {
  private static final int REQUESTS = 32;
  private static final int CANDIDATES = 4;
  private static final int PROMPT_WORDS = 60;
  private static final int REPLY_WORDS = 40;
  private static final int ROUNDS = 7;

  private final RewardScorer scorer;
  private final List<ScoreItem> requests;
  private final List<ScoreItem> candidates;

  private RewardThroughput(RewardScorer scorer, ResidentModel model) {
    this.scorer = scorer;
    Random random = new Random(1);
    this.requests = Stream.generate(() -> request(model, random)).limit(REQUESTS).toList();
    this.candidates =
        requests.stream()
            .flatMap(
                item ->
                    item.replies().stream()
                        .map(
                            reply ->
                                new ScoreItem(item.prompt(), List.of(reply), model, item.head())))
            .toList();
  }

  /**
   * Candidates a second.
   *
   * @param batched all requests in one call
   * @param single one candidate a call
   */
  public record Result(double batched, double single) {
    /** How much faster a batch is. */
    public double ratio() {
      return batched / single;
    }
  }

  /** Measures on this base. */
  public static Result measure(BaseModel base) {
    RewardWeights weights = RewardWeights.untrained(base, OnlineConfig.defaults());
    try (RewardScorer scorer = new RewardScorer(base);
        ResidentModel model = scorer.load(weights)) {
      return new RewardThroughput(scorer, model).run();
    }
  }

  /** Prints a table. */
  public static void main(String[] arguments) throws IOException {
    Path made = arguments.length == 0 ? Files.createTempDirectory("bench-base") : null;
    Path folder = made == null ? Path.of(arguments[0]) : made.resolve("base");
    try {
      if (made != null) {
        makeBase(folder);
      }
      System.out.printf("%-10s %14s %14s %8s%n", "precision", "batched", "one a pass", "ratio");
      for (Precision precision : Precision.values()) {
        try (BaseModel base = BaseModel.load(folder, precision)) {
          Result result = measure(base);
          System.out.printf(
              Locale.ROOT,
              "%-10s %10.0f c/s %10.0f c/s %7.2fx%n",
              precision,
              result.batched(),
              result.single(),
              result.ratio());
        }
      }
    } finally {
      if (made != null) {
        delete(made);
      }
    }
  }

  private Result run() {
    double[] batched = new double[ROUNDS];
    double[] single = new double[ROUNDS];
    // The first round of each only warms up.
    for (int round = -1; round < ROUNDS; round++) {
      double together = seconds(() -> score(requests));
      double alone = seconds(() -> candidates.forEach(item -> score(List.of(item))));
      if (round >= 0) {
        batched[round] = candidates.size() / together;
        single[round] = candidates.size() / alone;
      }
    }
    return new Result(median(batched), median(single));
  }

  private void score(List<ScoreItem> items) {
    if (scorer.score(items).size() != items.size()) {
      throw new IllegalStateException("an item has no rewards");
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static ScoreItem request(ResidentModel model, Random random) {
    List<Turn> prompt = List.of(new Turn("user", words(random, PROMPT_WORDS)));
    List<String> replies =
        Stream.generate(() -> words(random, REPLY_WORDS)).limit(CANDIDATES).toList();
    return new ScoreItem(prompt, replies, model, RewardWeights.POOLED);
  }

  private static void makeBase(Path folder) {
    Random random = new Random(2);
    List<List<Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      dialogues.add(
          List.of(
              new Turn("user", words(random, PROMPT_WORDS)),
              new Turn("assistant", words(random, REPLY_WORDS))));
    }
    Stage1.train(
        dialogues, Stage1Config.demo(1).withSteps(1), Precision.FP32, folder, Progress.NONE);
  }

  /** Made-up words of about the length of English ones. */
  private static String words(Random random, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            word ->
                random
                    .ints(2 + random.nextInt(6), 'a', 'z' + 1)
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining()))
        .collect(Collectors.joining(" "));
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
