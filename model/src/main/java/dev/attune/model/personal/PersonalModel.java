package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Personal weights in native memory, over a base. Computes users' rewards with the code that the
 * learner trains with: β·(log π(y|x,u) − log π_ref(y|x)) of a policy, r(x,y,u) of a reward model.
 *
 * <p>Safe for use by several threads; close it after all who use it. It does not close the base.
 */
public final class PersonalModel implements AutoCloseable {
  private final BaseModel base;
  private final PersonalWeights weights;
  private final PersonalConfig config;
  private final PassBuilder builder;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> shared = new LinkedHashMap<>();
  private final Dictionary dictionary;

  /**
   * Copies weights to native memory.
   *
   * @throws IllegalArgumentException if they belong to another base or precision, or a parameter is
   *     missing, misshapen or not finite
   */
  public PersonalModel(BaseModel base, PersonalWeights weights) {
    weights.requireFit(base);
    this.base = base;
    this.weights = weights;
    this.config = weights.config();
    this.builder = new PassBuilder(config, base.tokenizer());
    weights.parameters().forEach((name, p) -> shared.put(name, owned(p.values(), p.shape())));
    shared.put("scaling", owned(new float[] {(float) config.lora().scaling()}));
    dictionary = new Dictionary(shared);
  }

  private NDArray owned(float[] values, long... shape) {
    return Tensors.owned(manager, values, TorchScript.FLOAT32, shape);
  }

  /** Returns the weights. */
  public PersonalWeights weights() {
    return weights;
  }

  /**
   * Returns the script argument {@code lora}: the adapter (beside it, the user model's tensors,
   * which nothing in the decoder reads).
   */
  public Dictionary adapter() {
    return dictionary;
  }

  BaseModel base() {
    return base;
  }

  /**
   * Returns the users' vectors for the decoder: the tensor {@code vectors} of a batch.
   *
   * @param rows users' rows; null is the generic user
   * @return [rows, T_u, D], fp32
   * @throws IllegalStateException if the user model has no vectors
   */
  public NDArray vectors(NDManager results, List<@Nullable UserRow> rows) {
    if (config.users().tokens() == 0) {
      throw new IllegalStateException("this user model has no vectors");
    }
    List<float[]> known = new ArrayList<>();
    long[] places = new long[rows.size()];
    for (int i = 0; i < places.length; i++) {
      UserRow row = rows.get(i);
      if (row != null && config.users().hasRows()) {
        known.add(row.values());
        places[i] = known.size();
      }
    }
    try (NDManager scratch = results.newSubManager()) {
      Map<String, NDArray> tensors = new LinkedHashMap<>(shared);
      if (!known.isEmpty()) {
        tensors.put(UserVectors.ROWS, GatheredRows.stack(scratch, known));
      }
      try (Dictionary all = new Dictionary(tensors)) {
        NDArray vectors =
            TorchScript.SHARED.infer(
                scratch, "user_vectors", all, config.users().tokens(), config.users().offset());
        NDArray at = Tensors.of(scratch, places, places.length);
        return TorchScript.SHARED.infer(results, "rows_at", vectors, at);
      }
    }
  }

  /** Returns the rewards of one item's replies. */
  public double[] score(UserRows rows, PersonalItem item) {
    return score(rows, List.of(item)).get(0);
  }

  /**
   * Scores replies for many users at a time. A reward does not depend on what is beside it.
   *
   * @return for each item, in order, a reward for each of its replies, in order
   */
  public List<double[]> score(UserRows rows, List<PersonalItem> items) {
    Map<String, UserRow> found = new LinkedHashMap<>();
    List<double[]> rewards = new ArrayList<>();
    List<Scored> waiting = new ArrayList<>();
    for (PersonalItem item : items) {
      UserRow row =
          item.user() == null || !config.users().hasRows() ? null : rows.find(item.user());
      if (row != null) {
        int hidden = base.config().hiddenSize();
        found.put(item.user(), UserVectors.requireSize(item.user(), row, config.users(), hidden));
      }
      double[] result = new double[item.replies().replies().size()];
      rewards.add(result);
      if (result.length > 0) {
        waiting.add(new Scored(item, row == null ? null : item.user(), result));
      }
    }
    // Texts of similar length together: little padding in attention.
    waiting.sort(Comparator.comparingInt(scored -> scored.item.replies().tokens()));
    int from = 0;
    while (from < waiting.size()) {
      int to = from;
      int tokens = 0;
      do {
        tokens += waiting.get(to++).item.replies().tokens();
      } while (to < waiting.size()
          && tokens + waiting.get(to).item.replies().tokens() <= config.batchTokens());
      score(found, waiting.subList(from, to));
      from = to;
    }
    return rewards;
  }

  private record Scored(PersonalItem item, @Nullable String user, double[] rewards) {}

  private void score(Map<String, UserRow> rows, List<Scored> batch) {
    Set<String> users = new LinkedHashSet<>();
    batch.stream().map(Scored::user).filter(user -> user != null).forEach(users::add);
    try (NDManager scratch = manager.newSubManager()) {
      Map<String, NDArray> own = new LinkedHashMap<>();
      Map<String, Integer> numbers = Map.of();
      if (!users.isEmpty()) {
        GatheredRows gathered = new GatheredRows(scratch, users, rows::get);
        own.put(UserVectors.ROWS, gathered.values());
        numbers = gathered.numbers();
      }
      List<Pass> passes = new ArrayList<>();
      for (Scored scored : batch) {
        int user = scored.user == null ? 0 : numbers.get(scored.user);
        passes.add(builder.scored(scored.item, user));
      }
      float[] outcomes;
      try (Dictionary inputs = new Dictionary(PassTensors.inputs(scratch, base, config, passes));
          Dictionary gathered = new Dictionary(own)) {
        outcomes =
            Tensors.floats(
                TorchScript.SHARED.infer(
                    scratch,
                    "personal_scores",
                    inputs,
                    base.weights(),
                    gathered,
                    dictionary,
                    base.shape(),
                    base.config().rmsNormEps(),
                    config.users().tokens(),
                    config.users().offset()));
      }
      int next = 0;
      for (Scored scored : batch) {
        for (int i = 0; i < scored.rewards.length; i++) {
          scored.rewards[i] = config.loss().scale() * outcomes[next++];
        }
      }
    }
  }

  @Override
  public void close() {
    dictionary.close();
    manager.close();
  }
}
