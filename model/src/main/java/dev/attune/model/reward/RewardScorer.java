package dev.attune.model.reward;

import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Computes rewards with the code that the learner trains with. One call may mix models and heads:
 * models with few tokens that read replies in the same way go through the base together, each row
 * with its own adapter and heads; the others one by one. Batches are of similar lengths, under a
 * budget of tokens. A row's reward does not depend on the rows beside it (fp32: within 1e-5).
 *
 * <p>Safe for use by several threads.
 */
public final class RewardScorer implements AutoCloseable {
  /** Tokens of a batch, counted with the padding of attention; bounds memory. */
  private static final int BATCH_TOKENS = 16_384;

  /** Tokens of examples that share a prompt and go together; leaves room for their padding. */
  private static final int SHARED_TOKENS = BATCH_TOKENS / 4;

  /**
   * From so many tokens on a model's rows fill a batch well enough: to gather adapters costs more
   * than to read a batch of its own (measured on a processor at hidden size 256).
   */
  private static final int ALONE_TOKENS = 1024;

  /** Models of a stack; bounds memory, as does the next. */
  private static final int MOST_STACKED = 32;

  private static final long STACK_BYTES = 256L << 20;

  private final BaseModel base;
  private final StackCache stacks = new StackCache(STACK_BYTES);
  private final NDManager manager = Torch.newManager();

  /** Makes a scorer over a base, which it does not close. */
  public RewardScorer(BaseModel base) {
    this.base = base;
  }

  /**
   * Copies weights to native memory.
   *
   * @throws IllegalArgumentException if they belong to another base or precision, or a parameter is
   *     missing, misshapen or not finite
   */
  public ResidentModel load(RewardWeights weights) {
    if (!weights.base().equals(base.sha256()) || weights.precision() != base.precision()) {
      throw new IllegalArgumentException(
          "the reward model belongs to base %s in %s; this base is %s in %s"
              .formatted(weights.base(), weights.precision(), base.sha256(), base.precision()));
    }
    weights.requireFit(base.config());
    return new ResidentModel(weights);
  }

  /**
   * Scores items.
   *
   * @return for each item, in order, a reward for each of its replies, in order
   * @throws IllegalStateException if a model was closed before the call
   */
  public List<double[]> score(List<ScoreItem> items) {
    List<double[]> rewards = new ArrayList<>();
    Map<ResidentModel, List<Row>> rows = new LinkedHashMap<>();
    for (ScoreItem item : items) {
      double[] result = new double[item.replies().size()];
      rewards.add(result);
      if (item.model() != null && result.length > 0) {
        rows.computeIfAbsent(item.model(), model -> new ArrayList<>()).addAll(rows(item, result));
      }
    }
    score(rows);
    return rewards;
  }

  /**
   * Says what a model makes of examples that a learner of the same configuration has encoded.
   *
   * @return a prediction for each example, in order
   * @throws IllegalStateException if the model was closed before the call
   */
  public List<Prediction> predict(ResidentModel model, List<EncodedExample> examples) {
    int pooled = model.column(RewardWeights.POOLED);
    SharedTexts texts = SharedTexts.of(examples, SHARED_TOKENS);
    List<Row> rows = new ArrayList<>();
    for (EncodedExample shared : texts.merged()) {
      int[] columns = {model.column(shared.head()), pooled};
      double[][] rewards = new double[2][shared.dialogue().replies().size()];
      rows.add(new Row(model, shared.dialogue(), columns, rewards, 0));
    }
    if (!rows.isEmpty()) {
      score(Map.of(model, rows));
    }
    double[] own = rows.stream().flatMapToDouble(row -> Arrays.stream(row.rewards[0])).toArray();
    double[] pool = rows.stream().flatMapToDouble(row -> Arrays.stream(row.rewards[1])).toArray();
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      EncodedExample example = examples.get(i);
      int[] at = texts.rows().get(i);
      predictions.add(
          new Prediction(
              example,
              example.logOdds(
                  IntStream.of(at).mapToDouble(row -> own[row]).toArray(),
                  model.bias(model.column(example.head()))),
              example.logOdds(
                  IntStream.of(at).mapToDouble(row -> pool[row]).toArray(), model.bias(pooled))));
    }
    return predictions;
  }

  private void score(Map<ResidentModel, List<Row>> rows) {
    List<ResidentModel> retained = new ArrayList<>();
    try {
      for (ResidentModel model : rows.keySet()) {
        model.retain();
        retained.add(model);
      }
      for (List<ResidentModel> models : groups(rows)) {
        List<Row> together = models.stream().flatMap(model -> rows.get(model).stream()).toList();
        if (models.size() == 1) {
          batches(together).forEach(batch -> score(models.get(0), batch));
        } else {
          try (StackCache.Lease stack = stacks.lease(models)) {
            batches(together).forEach(batch -> score(stack, batch));
          }
        }
      }
    } finally {
      retained.forEach(ResidentModel::release);
    }
  }

  /** Parts models into those that go through the base alone and those that go together. */
  private static List<List<ResidentModel>> groups(Map<ResidentModel, List<Row>> rows) {
    List<List<ResidentModel>> groups = new ArrayList<>();
    Map<RewardModelConfig, List<ResidentModel>> alike = new LinkedHashMap<>();
    rows.forEach(
        (model, all) -> {
          if (all.stream().mapToInt(row -> row.dialogue.tokens()).sum() >= ALONE_TOKENS) {
            groups.add(List.of(model));
          } else {
            alike.computeIfAbsent(model.identity().model(), config -> new ArrayList<>()).add(model);
          }
        });
    for (List<ResidentModel> group : alike.values()) {
      for (int from = 0; from < group.size(); from += MOST_STACKED) {
        groups.add(group.subList(from, Math.min(group.size(), from + MOST_STACKED)));
      }
    }
    return groups;
  }

  /** A prompt with some of its item's replies, and where their rewards by which heads go. */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  private record Row(
      ResidentModel model,
      EncodedDialogue dialogue,
      int[] columns,
      double[][] rewards,
      int firstReply) {
    int replies() {
      return dialogue.replies().size();
    }

    int longestReply() {
      return dialogue.replies().stream().mapToInt(reply -> reply.ids().length).max().orElse(0);
    }
  }

  private List<Row> rows(ScoreItem item, double[] rewards) {
    RewardModelConfig config = item.model().identity().model();
    DialogueTemplate template =
        new DialogueTemplate(base.tokenizer(), config.promptTokens(), config.replyTokens());
    int[] prompt = template.prompt(item.prompt());
    List<EncodedReply> replies =
        item.replies().stream().map(text -> EncodedReply.of(text, template)).toList();
    int[] columns = {item.model().column(item.head())};
    double[][] byColumn = {rewards};
    List<Row> rows = new ArrayList<>();
    int most = Math.max(1, BATCH_TOKENS / (config.promptTokens() + config.replyTokens()));
    for (int from = 0; from < replies.size(); from += most) {
      List<EncodedReply> part = replies.subList(from, Math.min(replies.size(), from + most));
      rows.add(new Row(item.model(), new EncodedDialogue(prompt, part), columns, byColumn, from));
    }
    return rows;
  }

  private static List<List<Row>> batches(List<Row> rows) {
    List<Row> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingInt(Row::longestReply));
    List<List<Row>> batches = new ArrayList<>();
    List<Row> batch = new ArrayList<>();
    int replies = 0;
    int longestPrompt = 0;
    for (Row row : sorted) {
      longestPrompt = Math.max(longestPrompt, row.dialogue.prompt().length);
      replies += row.replies();
      int tokens = replies * (longestPrompt + row.longestReply());
      if (tokens > BATCH_TOKENS && !batch.isEmpty()) {
        batches.add(batch);
        batch = new ArrayList<>();
        replies = row.replies();
        longestPrompt = row.dialogue.prompt().length;
      }
      batch.add(row);
    }
    batches.add(batch);
    return batches;
  }

  private void score(ResidentModel model, List<Row> batch) {
    score(batch, model.adapter(), new int[0], model.headCount());
  }

  private void score(StackCache.Lease stack, List<Row> batch) {
    int[] models = batch.stream().mapToInt(row -> stack.index(row.model)).toArray();
    score(batch, stack.tensors(), models, stack.mostHeads());
  }

  /**
   * Scores one batch.
   *
   * @param models each row's index in a stack; empty where there is no stack
   * @param columns the heads' number in the result of the script
   */
  private void score(List<Row> batch, Dictionary adapter, int[] models, int columns) {
    float[] matrix;
    try (NDManager scratch = manager.newSubManager();
        Dictionary inputs =
            new Dictionary(
                EncodedDialogue.tensors(
                    scratch,
                    batch.stream().map(Row::dialogue).toList(),
                    base,
                    batch.get(0).model.identity().model(),
                    models))) {
      matrix =
          Tensors.floats(
              TorchScript.SHARED.infer(
                  scratch,
                  "score",
                  inputs,
                  base.weights(),
                  adapter,
                  base.shape(),
                  base.config().rmsNormEps()));
    }
    int reply = 0;
    for (Row row : batch) {
      for (int i = 0; i < row.replies(); i++) {
        for (int c = 0; c < row.columns.length; c++) {
          row.rewards[c][row.firstReply + i] = matrix[reply * columns + row.columns[c]];
        }
        reply++;
      }
    }
  }

  @Override
  public void close() {
    stacks.close();
    manager.close();
  }
}
