package dev.attune.model.reward;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.Comparisons.Imitation;
import dev.attune.model.reward.Comparisons.Weighted;
import dev.attune.model.reward.LearnerState.Slot;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.RewardWeights.Identity;
import dev.attune.model.reward.RewardWeights.Parameter;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns a reward model from a stream of preferences, by the ranking loss and, where wanted, the
 * imitation loss of Cheng et al. 2023 (arXiv 2309.03126), and holds the whole policy of learning:
 *
 * <ul>
 *   <li>a step is taken as soon as {@link OnlineConfig#batchEvents} events wait, so that batches do
 *       not depend on how the events were handed over;
 *   <li>some steps on remembered events follow each of them, fewer as events grow;
 *   <li>the heads of the general model's sources are rows that gradients train as well, or, with
 *       {@link OnlineConfig#sourceVariance}, {@link SourceEffects random effects} on the pooled one
 *       in closed form, each fresh event once;
 *   <li>a domain's model sees general events in each step, so that it keeps what it knew (general
 *       preference enrichment);
 *   <li>what is served is a running average of the weights.
 * </ul>
 *
 * All of it is a function of the order of events: a learner that was restored from its {@link
 * #state} goes on as if it had never stopped, bit for bit (same precision and number of threads).
 * To be used by one thread at a time.
 */
public final class OnlineRewardLearner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OnlineRewardLearner.class);
  private static final double METRIC_MEMORY = 0.95;

  private final BaseModel base;
  private final OnlineConfig config;
  private final boolean general;
  private final DialogueTemplate template;
  private final List<String> heads;
  private final List<EncodedExample> pending;
  private final RewardPasses passes;
  private ReplayMemory memory;
  private List<EncodedExample> enrichment;
  private List<List<EncodedExample>> enrichmentBySource;
  private final @Nullable SourceEffects effects;
  private TrainableParameters parameters;
  private long events;
  private long comparisons;
  private long judgements;
  private long replayed;
  private long steps;
  private double replayDue;
  private double boost;
  private long boostUntil;
  private double loss;
  private double accuracy;

  private OnlineRewardLearner(BaseModel base, OnlineConfig config, LearnerState state) {
    RewardModelConfig model = config.model();
    if (model.promptTokens() + model.replyTokens() > base.maxTokens()) {
      throw new IllegalArgumentException(
          "promptTokens + replyTokens is %d; allowed is %d, what the base reads"
              .formatted(model.promptTokens() + model.replyTokens(), base.maxTokens()));
    }
    this.base = base;
    this.config = config;
    this.general = state.general();
    this.template =
        new DialogueTemplate(base.tokenizer(), model.promptTokens(), model.replyTokens());
    this.heads = new ArrayList<>(state.heads());
    this.memory =
        new ReplayMemory(config.memoryEvents(), config.seed(), state.memorySeen(), state.memory());
    this.enrichment = state.enrichment();
    this.enrichmentBySource = bySource(enrichment);
    this.pending = new ArrayList<>(state.pending());
    this.effects =
        general && config.sourceVariance() > 0
            ? new SourceEffects(base.config().hiddenSize(), config, state.effects())
            : null;
    requireSources(state);
    this.parameters = TrainableParameters.of(state.slots());
    this.passes = new RewardPasses(base, config);
    this.events = state.counts().events();
    this.comparisons = state.counts().comparisons();
    this.judgements = state.counts().judgements();
    this.replayed = state.counts().replayed();
    this.steps = state.counts().steps();
    this.replayDue = state.replayDue();
    this.boost = state.boost();
    this.boostUntil = state.boostUntil();
    this.loss = state.loss();
    this.accuracy = state.accuracy();
  }

  /** What one way of learning sources' heads has learned is no start for the other. */
  private void requireSources(LearnerState state) {
    long rows = state.slots().get(RewardWeights.HEADS).shape()[0];
    if (rows != (effects == null ? state.heads().size() : 1)) {
      throw new IllegalArgumentException(
          "sources' heads were learned %s; with sourceVariance = %s they are learned %s: go on with the setting of before, or train the model anew"
              .formatted(
                  effects == null ? "in closed form" : "by gradient",
                  config.sourceVariance(),
                  effects == null ? "by gradient" : "in closed form"));
    }
  }

  private static List<List<EncodedExample>> bySource(List<EncodedExample> examples) {
    return List.copyOf(
        examples.stream()
            .filter(EncodedExample::teaches)
            .collect(groupingBy(EncodedExample::head, LinkedHashMap::new, toList()))
            .values());
  }

  /** Starts the general model: a pooled head, and a head for each source as it appears. */
  public static OnlineRewardLearner general(BaseModel base, OnlineConfig config) {
    RewardWeights start = RewardWeights.untrained(base, config);
    return new OnlineRewardLearner(base, config, fresh(true, start, List.of()));
  }

  /**
   * Starts a domain's model.
   *
   * @param general the general model to start from; null starts from an untrained adapter
   * @param generalState the general learner's state, for its memory; null leaves enrichment out
   * @throws IllegalArgumentException if they do not fit the base or the configuration
   */
  public static OnlineRewardLearner customized(
      BaseModel base,
      OnlineConfig config,
      @Nullable RewardWeights general,
      byte @Nullable [] generalState) {
    Identity identity = Identity.of(base, config);
    RewardWeights start = general == null ? RewardWeights.untrained(base, config) : general;
    requireFit(identity, start.identity());
    List<EncodedExample> enrichment = List.of();
    if (generalState != null) {
      LearnerState state = LearnerState.read(generalState);
      requireFit(identity, state.identity());
      enrichment =
          ReplayMemory.sample(remembered(start, state), config.enrichmentMemory(), config.seed());
    }
    return new OnlineRewardLearner(base, config, fresh(false, start, enrichment));
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the state does not fit the base or the configuration
   */
  public static OnlineRewardLearner restore(BaseModel base, OnlineConfig config, byte[] state) {
    LearnerState read = LearnerState.read(state);
    requireFit(Identity.of(base, config), read.identity());
    return new OnlineRewardLearner(base, config, read);
  }

  private static LearnerState fresh(
      boolean general, RewardWeights start, List<EncodedExample> enrichment) {
    Map<String, Slot> slots;
    try (TrainableParameters parameters = TrainableParameters.from(start.parameters())) {
      slots = parameters.slots();
    }
    return new LearnerState(
        start.identity(),
        general,
        start.headList(),
        slots,
        Map.of(),
        LearnerCounts.NONE,
        0,
        1,
        0,
        0,
        0,
        0,
        List.of(),
        enrichment,
        List.of());
  }

  private static void requireFit(Identity wanted, Identity found) {
    if (!wanted.equals(found)) {
      throw new IllegalArgumentException(
          "learned for " + found + "; the base and configuration are " + wanted);
    }
  }

  /**
   * Takes events in order. Trains whenever a batch is full; what is left waits for the next call
   * and is part of the state.
   *
   * @param head the head that the events train: a source's in the general model (which trains the
   *     pooled head too), {@link RewardWeights#POOLED} in a domain's
   * @return the fresh batches that were learned from, in order, each with what {@link #weights}
   *     said of its events before: another forward pass of each
   */
  public List<LearnedBatch> accept(String head, List<PreferenceExample> examples) {
    return learn(head, examples, true);
  }

  /** The same without asking what the weights say of the events. */
  public void train(String head, List<PreferenceExample> examples) {
    learn(head, examples, false);
  }

  private List<LearnedBatch> learn(String head, List<PreferenceExample> examples, boolean predict) {
    List<LearnedBatch> learned = new ArrayList<>();
    for (PreferenceExample example : examples) {
      pending.add(EncodedExample.of(head, example, template));
      // More than one batch may wait where a state was made with larger batches.
      while (pending.size() >= config.batchEvents()) {
        List<EncodedExample> waiting = pending.subList(0, config.batchEvents());
        List<EncodedExample> batch = List.copyOf(waiting);
        waiting.clear();
        learned.add(learn(batch, predict));
      }
    }
    return learned;
  }

  private LearnedBatch learn(List<EncodedExample> fresh, boolean predict) {
    fresh.forEach(example -> addHead(example.head()));
    List<Prediction> predictions = List.of();
    if (predict || effects != null) {
      Foreseen foreseen = foresee(fresh);
      predictions = foreseen.predictions;
      learnEffects(foreseen);
    }
    float gradientNorm = step(fresh, true);
    for (EncodedExample example : fresh) {
      memory.add(example);
      events++;
      comparisons += example.pairs().size();
      judgements += example.judgements().size();
    }
    double rate = general ? config.generalReplay() : config.replay();
    replayDue += rate * Math.min(1.0, (double) config.fadeEvents() / events);
    for (; replayDue >= 1; replayDue--) {
      List<EncodedExample> again = memory.sample(config.batchEvents(), steps);
      step(again, false);
      replayed += again.size();
    }
    return new LearnedBatch(predictions, gradientNorm, Float.isFinite(gradientNorm));
  }

  /** A source's head begins as the pooled one is: what sources share it need not learn again. */
  private void addHead(String head) {
    if (heads.contains(head)) {
      return;
    }
    int pooled = heads.indexOf(RewardWeights.POOLED);
    heads.add(head);
    if (effects != null) {
      return;
    }
    Map<String, Slot> slots = new LinkedHashMap<>(parameters.slots());
    slots.compute(RewardWeights.HEADS, (name, rows) -> longer(rows, pooled));
    slots.compute(RewardWeights.BIASES, (name, rows) -> longer(rows, pooled));
    parameters.close();
    parameters = TrainableParameters.of(slots);
  }

  /** Appends a copy of a row, without its optimiser's moments. */
  private static Slot longer(Slot old, int row) {
    long[] shape = {old.shape()[0] + 1, old.shape()[1]};
    int size = Math.toIntExact(shape[0] * shape[1]);
    return new Slot(
        shape,
        withCopy(old.weight(), row, shape),
        Arrays.copyOf(old.mean(), size),
        Arrays.copyOf(old.square(), size),
        old.steps(),
        withCopy(old.average(), row, shape));
  }

  private static float[] withCopy(float[] rows, int row, long[] shape) {
    int columns = Math.toIntExact(shape[1]);
    float[] longer = Arrays.copyOf(rows, Math.toIntExact(shape[0]) * columns);
    System.arraycopy(rows, row * columns, longer, rows.length, columns);
    return longer;
  }

  /** Takes a step; returns the gradient's norm, which is no finite number where it is left out. */
  private float step(List<EncodedExample> given, boolean fresh) {
    List<EncodedExample> teaching = given.stream().filter(EncodedExample::teaches).toList();
    // Which replies of an event are imitated depends on its other replies: it stays alone then.
    List<EncodedExample> examples =
        config.imitation() == 0
            ? SharedTexts.of(teaching, config.microBatchTokens()).merged()
            : teaching;
    List<Weighted> batch = new ArrayList<>();
    examples.forEach(example -> batch.add(new Weighted(example, 1)));
    batch.addAll(generalShare(batch));
    steps++;
    if (batch.isEmpty()) {
      return Float.NaN;
    }
    Imitation imitation =
        config.imitation() == 0
            ? Imitation.NOTHING
            : config.imitatePrompts() ? Imitation.DIALOGUES : Imitation.REPLIES;
    RewardPasses.Step step =
        passes.step(
            parameters,
            effects == null ? Map.of() : effects.tensors(heads),
            new Comparisons(batch, heads, general, imitation),
            batch,
            steps,
            steps <= boostUntil ? boost : 1);
    if (!step.applied()) {
      LOG.atWarn()
          .addKeyValue("step", steps)
          .log("a step was left out: its loss or gradient is not finite");
      return Float.NaN;
    }
    if (fresh) {
      measure(examples, step.loss(), step.rewards());
    }
    return step.gradientNorm();
  }

  /** Draws the general events of a batch. */
  private List<Weighted> generalShare(List<Weighted> own) {
    if (general || config.enrichment() == 0) {
      return List.of();
    }
    List<EncodedExample> drawn =
        ReplayMemory.sampleInTurn(
            enrichmentBySource, config.enrichmentEvents(), config.seed(), steps);
    return weighted(drawn, own, config.enrichment());
  }

  /** Gives events such a weight beside others that {@code share} of all weight is theirs. */
  static List<Weighted> weighted(List<EncodedExample> drawn, List<Weighted> own, double share) {
    double ownWeight = own.stream().mapToDouble(part -> part.example().weight()).sum();
    double weight = drawn.stream().mapToDouble(EncodedExample::weight).sum();
    double factor = weight > 0 ? share / (1 - share) * ownWeight / weight : 0;
    return drawn.stream()
        .filter(example -> factor > 0)
        .map(example -> new Weighted(example, factor))
        .toList();
  }

  /**
   * What the weights that are served now say of events.
   *
   * @param read what heads read of the events' replies
   * @param replies of each event: where its replies are in it
   */
  private record Foreseen(HeadInputs read, List<int[]> replies, List<Prediction> predictions) {}

  private Foreseen foresee(List<EncodedExample> fresh) {
    List<EncodedExample> teaching = fresh.stream().filter(EncodedExample::teaches).toList();
    SharedTexts texts = SharedTexts.of(teaching, config.microBatchTokens());
    HeadInputs read = passes.read(parameters, texts.merged());
    float[] rows = servedHeads().values();
    float[] biases = servedBiases().values();
    int pooled = heads.indexOf(RewardWeights.POOLED);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < teaching.size(); i++) {
      EncodedExample example = teaching.get(i);
      int[] replies = texts.rows().get(i);
      int own = heads.indexOf(example.head());
      predictions.add(
          new Prediction(
              example,
              example.logOdds(read.rewards(replies, rows, own), biases[own]),
              example.logOdds(read.rewards(replies, rows, pooled), biases[pooled])));
    }
    return new Foreseen(read, texts.rows(), predictions);
  }

  /** Learns in closed form, on the states that were asked about. */
  private void learnEffects(Foreseen foreseen) {
    if (effects == null) {
      return;
    }
    for (int i = 0; i < foreseen.predictions.size(); i++) {
      effects.learn(foreseen.predictions.get(i), foreseen.read, foreseen.replies.get(i));
    }
  }

  /** The heads that are served, [heads, inputs]. */
  private Parameter servedHeads() {
    Parameter learned = parameters.served(RewardWeights.HEADS);
    return effects == null ? learned : SourceEffects.added(learned, effects.rows(heads));
  }

  /** Their biases, [heads, 1]. */
  private Parameter servedBiases() {
    Parameter learned = parameters.served(RewardWeights.BIASES);
    return effects == null ? learned : SourceEffects.added(learned, effects.biases(heads));
  }

  /** Keeps running means over fresh events, each measured before it was learned from. */
  private void measure(List<EncodedExample> fresh, double stepLoss, float[] rewards) {
    double right = 0;
    int counted = 0;
    int row = 0;
    for (EncodedExample example : fresh) {
      int column = heads.indexOf(example.head());
      for (Pair pair : example.pairs()) {
        if (!pair.tie()) {
          float d =
              rewards[(row + pair.preferred()) * heads.size() + column]
                  - rewards[(row + pair.other()) * heads.size() + column];
          right += d > 0 ? 1 : d == 0 ? 0.5 : 0;
          counted++;
        }
      }
      row += example.dialogue().replies().size();
    }
    double kept = events == 0 ? 0 : METRIC_MEMORY;
    loss = kept * loss + (1 - kept) * stepLoss;
    if (counted > 0) {
      accuracy = kept * accuracy + (1 - kept) * right / counted;
    }
  }

  /**
   * Goes back to what an earlier state of this learner had learned: its weights, optimiser, effects
   * and memory. What is counted stays, and so do the events that wait: none is learned twice or
   * lost.
   *
   * @throws IllegalArgumentException if the state does not fit the base or the configuration
   */
  public void fallBack(byte[] earlier) {
    LearnerState state = LearnerState.read(earlier);
    requireFit(Identity.of(base, config), state.identity());
    TrainableParameters abandoned = parameters;
    parameters = TrainableParameters.of(state.slots());
    abandoned.close();
    if (effects != null) {
      effects.restore(state.effects());
    }
    heads.clear();
    heads.addAll(state.heads());
    memory =
        new ReplayMemory(config.memoryEvents(), config.seed(), state.memorySeen(), state.memory());
    enrichment = state.enrichment();
    enrichmentBySource = bySource(enrichment);
  }

  /** Multiplies the learning rate for so many steps from now on; replaces an earlier call. */
  public void boost(double factor, long forSteps) {
    Limits.within("factor", factor, 0.01, 100);
    boost = factor;
    boostUntil = steps + forSteps;
  }

  /**
   * Drops a user's events from everything that is remembered or waits. What the weights have
   * learned from them stays.
   *
   * @param user a {@link UserKey}
   * @return how many there were
   */
  public int forget(long user) {
    int before = pending.size() + enrichment.size();
    pending.removeIf(example -> example.user() == user);
    enrichment = enrichment.stream().filter(example -> example.user() != user).toList();
    enrichmentBySource = bySource(enrichment);
    return memory.forget(user) + before - pending.size() - enrichment.size();
  }

  /**
   * Returns general events that are fit to test a domain's model on: a sample of what the general
   * learner remembers, without those that {@link #customized} takes to train on.
   *
   * @param generalState the general learner's state, as in {@code customized}
   * @param general as in {@code customized}
   * @param count how many at most
   */
  public static List<EncodedExample> generalSet(
      OnlineConfig config, RewardWeights general, byte[] generalState, int count) {
    List<EncodedExample> fit = remembered(general, LearnerState.read(generalState));
    List<EncodedExample> order = ReplayMemory.sample(fit, fit.size(), config.seed());
    return order.stream()
        .skip(config.enrichmentMemory())
        .filter(EncodedExample::teaches)
        .limit(count)
        .toList();
  }

  private static List<EncodedExample> remembered(RewardWeights general, LearnerState state) {
    return state.memory().stream().filter(e -> general.headList().contains(e.head())).toList();
  }

  /** Returns the weights to serve: the running average. */
  public RewardWeights weights() {
    Map<String, Parameter> served = new LinkedHashMap<>(parameters.served());
    served.put(RewardWeights.HEADS, servedHeads());
    served.put(RewardWeights.BIASES, servedBiases());
    return new RewardWeights(Identity.of(base, config), heads, served);
  }

  /** Returns everything that {@link #restore} needs. */
  public byte[] state() {
    return new LearnerState(
            Identity.of(base, config),
            general,
            heads,
            parameters.slots(),
            effects == null ? Map.of() : effects.beliefs(),
            counts(),
            replayDue,
            boost,
            boostUntil,
            loss,
            accuracy,
            memory.seen(),
            memory.kept(),
            enrichment,
            pending)
        .toBytes();
  }

  /** Returns what was done so far. */
  public LearnerCounts counts() {
    return LearnerCounts.of(events, comparisons, judgements, pending, replayed, steps);
  }

  /**
   * Returns running means over fresh events, each measured before it was learned from: {@code loss}
   * and {@code accuracy} (an equal reward counts half, ties are left out).
   */
  public Map<String, Double> metrics() {
    return Map.of("loss", loss, "accuracy", accuracy);
  }

  @Override
  public void close() {
    parameters.close();
    passes.close();
  }
}
