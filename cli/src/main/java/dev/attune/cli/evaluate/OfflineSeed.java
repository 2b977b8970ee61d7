package dev.attune.cli.evaluate;

import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.TextPair;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OfflineTraining;
import dev.attune.model.reward.OfflineTraining.Event;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OnlineRewardLearner;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The stages 2 and 3 for one seed, without Kafka: a general model, and customized models that start
 * from it. Once made, safe for use by several threads; close it after all customized models.
 */
final class OfflineSeed implements AutoCloseable {
  private final CustomizedData data;
  private final OfflineRecipe recipe;
  private final long seed;
  private final CustomizedFigures figures;
  private final BaseModel base;
  private final RewardScorer scorer;
  private final RewardWeights general;
  private final byte[] generalState;
  private final Map<String, LexicalFloor> floors;
  private final Scores before;

  /**
   * A model's rewards of the test part.
   *
   * @param domain of the test queries' responses, by the pooled head
   * @param general accuracy by set, with the set's head
   * @param pooled accuracy by set, with the pooled head
   */
  record Scores(
      List<double[]> domain, Map<String, PairAccuracy> general, Map<String, PairAccuracy> pooled) {}

  private OfflineSeed(
      CustomizedData data, OfflineRecipe recipe, long seed, BaseModel base, RewardScorer scorer) {
    this.data = data;
    this.recipe = recipe;
    this.seed = seed;
    this.figures = new CustomizedFigures(data);
    this.base = base;
    this.scorer = scorer;
    this.floors = figures.floors();
    List<Event> events = generalEvents();
    OnlineConfig config = Strategy.PLAIN.of(recipe.config(seed));
    int steps = OfflineTraining.steps(events.size(), recipe.generalEpochs(), config);
    try (OnlineRewardLearner learner = OnlineRewardLearner.general(base, config.planned(steps))) {
      OfflineTraining.run(learner, events, steps, seed);
      general = learner.weights();
      generalState = learner.state();
    }
    this.before = scores(general);
  }

  /**
   * Trains the general model.
   *
   * @param seed of the initial adapter and the order of the events
   * @param folder the base
   */
  static OfflineSeed prepare(CustomizedData data, OfflineRecipe recipe, long seed, Path folder) {
    BaseModel base = BaseModel.load(folder, Precision.fastest());
    RewardScorer scorer = new RewardScorer(base);
    try {
      return new OfflineSeed(data, recipe, seed, base, scorer);
    } catch (RuntimeException | Error e) {
      scorer.close();
      base.close();
      throw e;
    }
  }

  /** Trains a domain's model from the general one, and scores the test part with it. */
  Scores customized(Strategy strategy, String domain) {
    List<Event> events =
        data.dsp().train().stream()
            .map(query -> new Event(RewardWeights.POOLED, choice(query, domain)))
            .toList();
    OnlineConfig config = strategy.of(recipe.config(seed));
    int steps = OfflineTraining.steps(events.size(), recipe.domainEpochs(), config);
    try (OnlineRewardLearner learner =
        OnlineRewardLearner.customized(base, config.planned(steps), general, generalState)) {
      OfflineTraining.run(learner, events, steps, seed);
      return scores(learner.weights());
    }
  }

  /** The figures of a strategy, from all its domains' models. */
  CustomizedAccuracies accuracies(Map<String, Scores> after) {
    Map<String, List<double[]>> untrained = new LinkedHashMap<>();
    Map<String, List<double[]>> trained = new LinkedHashMap<>();
    Map<String, Map<String, PairAccuracy>> generalAfter = new LinkedHashMap<>();
    after.forEach(
        (domain, scores) -> {
          untrained.put(domain, before.domain());
          trained.put(domain, scores.domain());
          generalAfter.put(domain, scores.general());
        });
    return new CustomizedAccuracies(
        figures.inDomains(untrained, trained, floors),
        figures.onGeneral(before.general(), before.pooled(), generalAfter));
  }

  private List<Event> generalEvents() {
    List<Event> events = new ArrayList<>();
    data.general()
        .forEach(
            (set, split) -> split.train().forEach(p -> events.add(new Event(set, compared(p)))));
    return events;
  }

  private static PreferenceExample compared(TextPair pair) {
    int preferred = pair.firstPreferred() ? 0 : 1;
    return new PreferenceExample(
        turns(pair),
        List.of(pair.first(), pair.second()),
        List.of(new Pair(preferred, 1 - preferred, 1, 0, pair.tie())),
        null);
  }

  private static PreferenceExample choice(DspQuery query, String domain) {
    return PreferenceExample.choice(
        List.of(new Turn("user", query.query())),
        List.copyOf(query.responses().values()),
        List.copyOf(query.responses().keySet()).indexOf(domain));
  }

  private static List<Turn> turns(TextPair pair) {
    return pair.prompt().stream().map(turn -> new Turn(turn.getRole(), turn.getText())).toList();
  }

  private Scores scores(RewardWeights weights) {
    try (ResidentModel model = scorer.load(weights)) {
      List<double[]> domain =
          scorer.score(
              data.dsp().test().stream()
                  .map(
                      query ->
                          new ScoreItem(
                              List.of(new Turn("user", query.query())),
                              List.copyOf(query.responses().values()),
                              model,
                              RewardWeights.POOLED))
                  .toList());
      return new Scores(
          domain,
          onGeneral(model, UnaryOperator.identity()),
          onGeneral(model, set -> RewardWeights.POOLED));
    }
  }

  private Map<String, PairAccuracy> onGeneral(
      ResidentModel model, Function<String, String> headOfSet) {
    Map<String, PairAccuracy> accuracies = new LinkedHashMap<>();
    for (String set : data.general().keySet()) {
      List<ScoreItem> items =
          figures.untied(set).stream()
              .map(
                  pair ->
                      new ScoreItem(
                          turns(pair),
                          List.of(pair.first(), pair.second()),
                          model,
                          headOfSet.apply(set)))
              .toList();
      accuracies.put(set, figures.onGeneral(set, scorer.score(items)));
    }
    return accuracies;
  }

  @Override
  public void close() {
    scorer.close();
    base.close();
  }
}
