package dev.attune.model.reward;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The experiment of Cheng et al. 2023 in small, without Kafka: stage 1 on the training texts, the
 * general model, then a customized model for each domain that sees each training event once. Run by
 * hand: {@code CustomizedRewards <folder for bases> <seed>...}; no part of the build.
 */
public final class CustomizedRewards {
  private static final double TRAIN = 0.8;

  private CustomizedRewards() {}

  /** Runs the experiment for each seed. */
  public static void main(String[] args) {
    for (int i = 1; i < args.length; i++) {
      run(Path.of(args[0]), Long.parseLong(args[i]), OnlineConfig.defaults());
    }
  }

  static void run(Path bases, long seed, OnlineConfig config) {
    PreferenceData data = PreferenceData.find();
    List<JsonNode> queries = data.queries(seed);
    int cut = (int) (TRAIN * queries.size());
    List<JsonNode> train = queries.subList(0, cut);
    Clock clock = new Clock();
    Path folder = bases.resolve("base-" + seed);
    if (!Files.exists(folder)) {
      double loss =
          Stage1.train(
              texts(data, train, seed),
              Stage1Config.evaluation(seed),
              Precision.fastest(),
              folder,
              (done, total, measure) -> {
                if (done % 200 == 0) {
                  System.out.printf("  step %d/%d loss %.3f%n", done, total, measure);
                }
              });
      System.out.printf("stage 1: loss %.3f, %s%n", loss, clock);
    }
    try (BaseModel base = BaseModel.load(folder, Precision.fastest());
        RewardScorer scorer = new RewardScorer(base)) {
      RewardWeights general;
      byte[] generalState;
      try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config)) {
        interleave(data, seed)
            .forEach((example, source) -> learner.accept(source, List.of(example)));
        general = learner.weights();
        generalState = learner.state();
        System.out.printf("general: %s %s, %s%n", learner.counts(), learner.metrics(), clock);
      }
      double mean = 0;
      double meanBefore = 0;
      try (ResidentModel before = scorer.load(general)) {
        System.out.printf(
            "general accuracies: %s%n", generalAccuracies(data, scorer, before, seed));
        for (String domain : PreferenceData.DOMAINS) {
          try (OnlineRewardLearner learner =
              OnlineRewardLearner.customized(base, config, general, generalState)) {
            for (JsonNode query : train) {
              learner.accept(RewardWeights.POOLED, List.of(PreferenceData.choice(query, domain)));
            }
            try (ResidentModel after = scorer.load(learner.weights())) {
              List<PreferenceExample> test =
                  queries.subList(cut, queries.size()).stream()
                      .map(query -> PreferenceData.choice(query, domain))
                      .toList();
              double b = accuracy(scorer, before, "pooled", test);
              double a = accuracy(scorer, after, "pooled", test);
              mean += a / 4;
              meanBefore += b / 4;
              System.out.printf(
                  "%s: before %.3f after %.3f; %s %s general %s, %s%n",
                  domain,
                  b,
                  a,
                  learner.counts(),
                  learner.metrics(),
                  generalAccuracies(data, scorer, after, seed),
                  clock);
            }
          }
        }
      }
      System.out.printf(
          "seed %d: mean before %.3f after %.3f, %s%n", seed, meanBefore, mean, clock);
    }
  }

  private static List<List<Turn>> texts(PreferenceData data, List<JsonNode> train, long seed) {
    List<List<Turn>> texts = new ArrayList<>();
    train.forEach(query -> texts.addAll(PreferenceData.dialogues(query)));
    for (String source : PreferenceData.SOURCES) {
      List<PreferenceExample> all = data.general(source, seed);
      for (PreferenceExample example : all.subList(0, (int) (TRAIN * all.size()))) {
        for (String reply : example.replies()) {
          List<Turn> turns = new ArrayList<>(example.prompt());
          turns.add(new Turn("assistant", reply));
          texts.add(turns);
        }
      }
    }
    return texts;
  }

  static Map<PreferenceExample, String> interleave(PreferenceData data, long seed) {
    Map<Double, Map.Entry<PreferenceExample, String>> order = new TreeMap<>();
    for (String source : PreferenceData.SOURCES) {
      List<PreferenceExample> all = data.general(source, seed);
      int cut = (int) (TRAIN * all.size());
      for (int i = 0; i < cut; i++) {
        double at = (i + 0.1 * PreferenceData.SOURCES.indexOf(source)) / cut;
        order.put(at, Map.entry(all.get(i), source));
      }
    }
    Map<PreferenceExample, String> examples = new LinkedHashMap<>();
    order.values().forEach(entry -> examples.put(entry.getKey(), entry.getValue()));
    return examples;
  }

  static Map<String, String> generalAccuracies(
      PreferenceData data, RewardScorer scorer, ResidentModel model, long seed) {
    Map<String, String> accuracies = new LinkedHashMap<>();
    for (String source : PreferenceData.SOURCES) {
      List<PreferenceExample> all = data.general(source, seed);
      List<PreferenceExample> test = all.subList((int) (TRAIN * all.size()), all.size());
      accuracies.put(source, "%.3f".formatted(accuracy(scorer, model, source, test)));
    }
    return accuracies;
  }

  /** The share of comparisons that the rewards order rightly; equal rewards count half. */
  static double accuracy(
      RewardScorer scorer, ResidentModel model, String head, List<PreferenceExample> test) {
    List<double[]> rewards =
        scorer.score(
            test.stream()
                .map(example -> new ScoreItem(example.prompt(), example.replies(), model, head))
                .toList());
    double right = 0;
    int counted = 0;
    for (int i = 0; i < test.size(); i++) {
      for (PreferenceExample.Pair pair : test.get(i).pairs()) {
        if (!pair.tie()) {
          double d = rewards.get(i)[pair.preferred()] - rewards.get(i)[pair.other()];
          right += d > 0 ? 1 : d == 0 ? 0.5 : 0;
          counted++;
        }
      }
    }
    return right / counted;
  }

  /** Wall and processor seconds since the last look. */
  private static final class Clock {
    private long wall = System.nanoTime();
    private double cpu = cpu();

    private static double cpu() {
      return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() * 1e-3;
    }

    @Override
    public String toString() {
      long now = System.nanoTime();
      double used = cpu();
      String text = "%.1f s (cpu %.1f s)".formatted((now - wall) * 1e-9, used - cpu);
      wall = now;
      cpu = used;
      return text;
    }
  }
}
