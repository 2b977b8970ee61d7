package dev.attune.scorer;

import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.ResidentModel;
import dev.attune.model.reward.RewardScorer;
import dev.attune.model.reward.RewardWeights;
import dev.attune.model.reward.ScoreItem;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import dev.attune.scorer.core.RewardFunction;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rewards from a base model and the reward models that were trained on it. Thread-safe. */
final class BaseModelRewards implements RewardFunction {
  private final BaseModel base;
  private final boolean ownsBase;
  private final RewardScorer scorer;

  /** Lengths as the last model that was loaded has them; all of a system are alike. */
  private volatile DialogueTemplate template;

  /**
   * @param ownsBase whether {@link #close} closes the base
   */
  BaseModelRewards(BaseModel base, boolean ownsBase) {
    this.base = base;
    this.ownsBase = ownsBase;
    this.scorer = new RewardScorer(base);
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
    try (ResidentModel model = scorer.load(weights)) {
      List<Turn> prompt = List.of(new Turn("user", "Hello."));
      List<double[]> unused =
          scorer.score(
              List.of(
                  new ScoreItem(prompt, List.of("Hi.", "Good day."), model, RewardWeights.POOLED)));
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
      Loaded loaded = new Loaded(scorer.load(read), read.heads());
      template = template(read.promptTokens(), read.replyTokens());
      return loaded;
    } catch (RuntimeException e) {
      throw new ModelRejectedException(
          Reason.WEIGHTS, e.getClass().getSimpleName() + ": " + e.getMessage(), e);
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
  public List<double[]> rewards(List<Task> tasks) {
    return scorer.score(tasks.stream().map(BaseModelRewards::item).toList());
  }

  @Override
  public void close() {
    scorer.close();
    if (ownsBase) {
      base.close();
    }
  }

  private static ScoreItem item(Task task) {
    ScoreRequest request = task.request();
    return new ScoreItem(
        prompt(request),
        request.getCandidates().stream().map(Candidate::getText).toList(),
        resident(task.model()),
        task.head());
  }

  private static @Nullable ResidentModel resident(@Nullable LoadedModel model) {
    return model == null ? null : ((Loaded) model).resident();
  }

  private static List<Turn> prompt(ScoreRequest request) {
    return request.getPrompt().stream()
        .map(turn -> new Turn(turn.getRole(), turn.getText()))
        .toList();
  }

  private DialogueTemplate template(int promptTokens, int replyTokens) {
    return new DialogueTemplate(base.tokenizer(), promptTokens, replyTokens);
  }

  private record Loaded(ResidentModel resident, Set<String> heads) implements LoadedModel {
    @Override
    public void close() {
      resident.close();
    }
  }
}
