package dev.attune.scorer;

import dev.attune.model.generate.Generation;
import dev.attune.model.generate.GenerationRequest;
import dev.attune.model.generate.Generator;
import dev.attune.model.generate.Sampling;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.Policy;
import dev.attune.model.policy.ResidentPolicy;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Tokenizer;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.BatchLookup;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.LruCache;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import dev.attune.scorer.core.RewardFunction;
import dev.attune.scorer.core.TextHash;
import dev.attune.scorer.metrics.ScorerMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rewards and replies from a base model and the reward models and policies that were trained on it.
 * Thread-safe.
 *
 * <p>Texts repeat, so a reply's features and its rewards by a model are kept, by hashes of the
 * texts. Nothing is kept that depends on a user.
 */
final class BaseModelRewards implements RewardFunction {
  /** What an entry costs beside its numbers: key, node, array header. */
  private static final int ENTRY_BYTES = 128;

  private final BaseModel base;
  private final boolean ownsBase;
  private final ScorerMetrics metrics;
  private final RewardScorer scorer;
  private final Generator generator;
  private final LruCache<RewardKey, Double> rewardCache;
  private final LruCache<FeatureKey, float[]> featureCache;

  /**
   * Reads features while the caller's thread computes rewards: the passes have nothing to do with
   * each other, and one alone does not fill the machine.
   */
  private final ExecutorService featureThread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "scorer-features");
            thread.setDaemon(true);
            return thread;
          });

  /** Lengths as the last model that was loaded has them; all of a system are alike. */
  private volatile DialogueTemplate template;

  /**
   * @param ownsBase whether {@link #close} closes the base
   */
  BaseModelRewards(
      BaseModel base, boolean ownsBase, ScorerConfig.Caches caches, ScorerMetrics metrics) {
    this.base = base;
    this.ownsBase = ownsBase;
    this.metrics = metrics;
    this.scorer = new RewardScorer(base);
    this.generator = new Generator(base);
    this.rewardCache = new LruCache<>(caches.rewards());
    long featureBytes = ENTRY_BYTES + (2L * base.config().hiddenSize() + 1) * Float.BYTES;
    this.featureCache =
        new LruCache<>((int) Math.min(Integer.MAX_VALUE, caches.featureBytes() / featureBytes));
    OnlineConfig defaults = OnlineConfig.defaults();
    this.template = template(defaults.model().promptTokens(), defaults.model().replyTokens());
  }

  @Override
  public String base() {
    return base.sha256();
  }

  /** Scores with adapters that change nothing; the untrained base itself needs no pass. */
  @Override
  public void warmUp() {
    RewardWeights weights = RewardWeights.untrained(base, OnlineConfig.defaults());
    List<Turn> prompt = List.of(new Turn("user", "Hello."));
    List<String> replies = List.of("Hi.", "Good day.");
    try (ResidentModel model = scorer.load(weights);
        ReplyFeatures features =
            new ReplyFeatures(base, weights.promptTokens(), weights.replyTokens())) {
      List<double[]> unused =
          scorer.score(List.of(new ScoreItem(prompt, replies, model, RewardWeights.POOLED)));
      List<float[][]> unusedToo =
          features.of(List.of(new ReplyFeatures.Candidates(prompt, replies)));
    }
  }

  @Override
  public LoadedModel load(byte[] weights) throws ModelRejectedException {
    try {
      RewardWeights read = RewardWeights.read(weights);
      if (!read.base().equals(base.sha256())) {
        throw new ModelRejectedException(Reason.BASE, "its weights belong to base " + read.base());
      }
      if (read.precision() != base.precision()) {
        throw new ModelRejectedException(
            Reason.PRECISION,
            "it was trained in %s, the base is loaded in %s"
                .formatted(read.precision(), base.precision()));
      }
      LoadedWeights loaded = new LoadedWeights(scorer.load(read), read.heads());
      template = template(read.promptTokens(), read.replyTokens());
      return loaded;
    } catch (RuntimeException e) {
      throw rejected(e);
    }
  }

  @Override
  public LoadedPolicy loadPolicy(byte[] bytes) throws ModelRejectedException {
    try {
      Policy policy = Policy.read(bytes);
      if (!policy.base().equals(base.sha256())) {
        throw new ModelRejectedException(
            Reason.BASE, "its features belong to base " + policy.base());
      }
      int features = 2 * base.config().hiddenSize() + 1;
      if (policy.basis().mean().length != features) {
        throw new ModelRejectedException(
            Reason.WEIGHTS,
            "its basis is of %d features, the base gives %d"
                .formatted(policy.basis().mean().length, features));
      }
      return new LoadedBasis(
          new ReplyFeatures(base, policy.promptTokens(), policy.replyTokens()),
          new ResidentPolicy(base, policy));
    } catch (RuntimeException e) {
      throw rejected(e);
    }
  }

  @Override
  public int tokens(ScoreRequest request) {
    DialogueTemplate current = template;
    int tokens = current.prompt(prompt(request)).length;
    for (Candidate candidate : request.getCandidates()) {
      tokens += current.reply(candidate.getText()).length;
    }
    return tokens;
  }

  @Override
  public List<Parts> parts(List<Task> tasks) {
    List<Texts> batch = tasks.stream().map(Texts::new).toList();
    CompletableFuture<List<float @Nullable [][]>> beside =
        CompletableFuture.supplyAsync(() -> coordinates(batch), featureThread);
    List<double[]> domain;
    List<double @Nullable []> rows;
    try {
      domain = domain(batch);
      rows = rows(batch);
    } finally {
      // Whatever becomes of it: what it works with must not be closed meanwhile.
      beside.exceptionally(failure -> List.of()).join();
    }
    List<float @Nullable [][]> coordinates = joined(beside);
    List<Parts> parts = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      parts.add(new Parts(domain.get(i), coordinates.get(i), rows.get(i)));
    }
    return parts;
  }

  private static <T> T joined(CompletableFuture<T> done) {
    try {
      return done.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  @Override
  public List<List<GeneratedReply>> generate(List<Draft> drafts, GenerationConfig config) {
    Tokenizer tokenizer = base.tokenizer();
    Sampling sampling =
        new Sampling(
            config.temperature(),
            0,
            config.topP(),
            config.tokens(),
            Set.copyOf(List.of(tokenizer.eosId(), tokenizer.endOfReplyId())));
    Iterator<Generation> generations = generations(drafts, sampling).iterator();
    return drafts.stream()
        .map(
            draft ->
                draft.seeds().stream()
                    .map(seed -> generations.next())
                    .map(each -> new GeneratedReply(each.text(tokenizer), each.ids().length))
                    .toList())
        .toList();
  }

  /** A text for each seed of each draft. */
  private List<Generation> generations(List<Draft> drafts, Sampling sampling) {
    List<GenerationRequest> ofBase = new ArrayList<>();
    List<ResidentPolicy.Draft> ofPolicy = new ArrayList<>();
    @Nullable LoadedBasis loaded = null;
    for (Draft draft : drafts) {
      List<Turn> prompt = prompt(draft.request());
      for (long seed : draft.seeds()) {
        if (draft.row() != null && draft.policy() instanceof LoadedBasis basis) {
          loaded = basis;
          ofPolicy.add(
              new ResidentPolicy.Draft(
                  draft.row(), draft.request().getUserText(), prompt, sampling, seed));
        } else {
          ofBase.add(new GenerationRequest(template.prompt(prompt), sampling, seed));
        }
      }
    }
    return loaded == null ? generator.generate(ofBase) : loaded.resident.generate(ofPolicy);
  }

  @Override
  public void close() {
    featureThread.shutdown();
    generator.close();
    scorer.close();
    if (ownsBase) {
      base.close();
    }
  }

  private List<double[]> domain(List<Texts> batch) {
    BatchLookup<RewardKey, Double> lookup = new BatchLookup<>(rewardCache);
    List<ScoreItem> items = new ArrayList<>();
    for (Texts texts : batch) {
      if (texts.task.model() instanceof LoadedWeights model) {
        List<Integer> missing = lookup.missing(texts.rewardKeys(model));
        if (!missing.isEmpty()) {
          items.add(
              new ScoreItem(
                  texts.prompt(), texts.replies(missing), model.resident(), texts.task.head()));
        }
      }
    }
    lookup.fill(scorer.score(items).stream().flatMap(BaseModelRewards::boxed).toList());
    metrics.cacheLookups("rewards", lookup.hits(), lookup.misses());
    return batch.stream()
        .map(
            texts ->
                texts.task.model() instanceof LoadedWeights model
                    ? unboxed(lookup.values(texts.rewardKeys(model)))
                    : new double[texts.hashes.length])
        .toList();
  }

  /** All tasks of a batch have the same policy. */
  private List<float @Nullable [][]> coordinates(List<Texts> batch) {
    BatchLookup<FeatureKey, float[]> lookup = new BatchLookup<>(featureCache);
    List<ReplyFeatures.Candidates> items = new ArrayList<>();
    @Nullable LoadedBasis loaded = null;
    for (Texts texts : batch) {
      if (texts.task.policy() instanceof LoadedBasis basis) {
        loaded = basis;
        List<Integer> missing = lookup.missing(texts.featureKeys(basis.policy()));
        if (!missing.isEmpty()) {
          items.add(new ReplyFeatures.Candidates(texts.prompt(), texts.replies(missing)));
        }
      }
    }
    if (loaded != null) {
      lookup.fill(loaded.features.of(items).stream().flatMap(Arrays::stream).toList());
      metrics.cacheLookups("features", lookup.hits(), lookup.misses());
    }
    List<float @Nullable [][]> coordinates = new ArrayList<>();
    for (Texts texts : batch) {
      coordinates.add(
          texts.task.policy() instanceof LoadedBasis basis
              ? lookup.values(texts.featureKeys(basis.policy())).stream()
                  .map(basis.policy()::coordinates)
                  .toArray(float[][]::new)
              : null);
    }
    return coordinates;
  }

  private static List<double @Nullable []> rows(List<Texts> batch) {
    BatchLookup<RowKey, Double> lookup = new BatchLookup<>(null);
    List<ResidentPolicy.Item> items = new ArrayList<>();
    @Nullable LoadedBasis loaded = null;
    for (Texts texts : batch) {
      if (texts.task.row() != null && texts.task.policy() instanceof LoadedBasis basis) {
        loaded = basis;
        List<Integer> missing = lookup.missing(texts.rowKeys());
        if (!missing.isEmpty()) {
          items.add(
              new ResidentPolicy.Item(
                  texts.task.row(),
                  texts.task.request().getUserText(),
                  texts.prompt(),
                  texts.replies(missing)));
        }
      }
    }
    if (loaded != null) {
      lookup.fill(
          loaded.resident.rewards(items).stream().flatMap(BaseModelRewards::boxed).toList());
    }
    List<double @Nullable []> rows = new ArrayList<>();
    for (Texts texts : batch) {
      rows.add(texts.task.row() == null ? null : unboxed(lookup.values(texts.rowKeys())));
    }
    return rows;
  }

  private static Stream<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed();
  }

  private static double[] unboxed(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static ModelRejectedException rejected(RuntimeException e) {
    return new ModelRejectedException(
        Reason.WEIGHTS, e.getClass().getSimpleName() + ": " + e.getMessage(), e);
  }

  private static List<Turn> prompt(ScoreRequest request) {
    return request.getPrompt().stream()
        .map(turn -> new Turn(turn.getRole(), turn.getText()))
        .toList();
  }

  private DialogueTemplate template(int promptTokens, int replyTokens) {
    return new DialogueTemplate(base.tokenizer(), promptTokens, replyTokens);
  }

  /**
   * What a reward r_d depends on, the base aside.
   *
   * @param weights sha-256 of the model's weights
   */
  private record RewardKey(String weights, String head, TextHash text) {}

  /** What a reply's features depend on, the base aside. */
  private record FeatureKey(int promptTokens, int replyTokens, TextHash text) {}

  /** What r_p depends on under one policy. */
  private record RowKey(GaussianWeights row, @Nullable String userText, TextHash text) {}

  /** A task with what stands for its texts. */
  private static final class Texts {
    final Task task;
    final TextHash[] hashes;

    Texts(Task task) {
      this.task = task;
      this.hashes = TextHash.of(task.request());
    }

    List<Turn> prompt() {
      return BaseModelRewards.prompt(task.request());
    }

    List<String> replies(List<Integer> indices) {
      List<Candidate> candidates = task.request().getCandidates();
      return indices.stream().map(i -> candidates.get(i).getText()).toList();
    }

    List<RewardKey> rewardKeys(LoadedWeights model) {
      return keys(hash -> new RewardKey(model.resident.sha256(), task.head(), hash));
    }

    List<FeatureKey> featureKeys(Policy policy) {
      return keys(hash -> new FeatureKey(policy.promptTokens(), policy.replyTokens(), hash));
    }

    List<RowKey> rowKeys() {
      return keys(hash -> new RowKey(task.row().row(), task.request().getUserText(), hash));
    }

    private <K> List<K> keys(Function<TextHash, K> key) {
      return Arrays.stream(hashes).map(key).toList();
    }
  }

  private final class LoadedWeights implements LoadedModel {
    private final ResidentModel resident;
    private final Set<String> heads;

    LoadedWeights(ResidentModel resident, Set<String> heads) {
      this.resident = resident;
      this.heads = heads;
    }

    ResidentModel resident() {
      return resident;
    }

    @Override
    public Set<String> heads() {
      return heads;
    }

    @Override
    public void close() {
      rewardCache.removeIf(key -> key.weights.equals(resident.sha256()));
      resident.close();
    }
  }

  /** A policy; its features are the base's, so that they stay valid in the next epoch. */
  private record LoadedBasis(ReplyFeatures features, ResidentPolicy resident)
      implements LoadedPolicy {
    @Override
    public Policy policy() {
      return resident.policy();
    }

    @Override
    public boolean hasRows() {
      return resident.hasRows();
    }

    @Override
    public void close() {
      features.close();
      resident.close();
    }
  }
}
