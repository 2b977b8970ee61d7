package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Learns users' rows alone, with everything shared frozen: for a stream of users, seen or new, each
 * event learned from once. A new user begins as the generic one. To be used by one thread at a
 * time.
 */
public final class RowLearner implements AutoCloseable {
  /** Adam's rate for individual rows of streams; three times as much was seen to spoil rows. */
  public static final double LEARNING_RATE = 0.02;

  /** Adam's rate for clusters' logits of streams. */
  public static final double LOGIT_LEARNING_RATE = 0.1;

  /** Adam's steps on a batch, for streams. */
  public static final int INNER_STEPS = 3;

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;

  private final PersonalModel model;
  private final BaseModel base;
  private final PersonalConfig config;
  private final UserRows rows;
  private final PassBuilder builder;
  private final PersonalScript script;
  private final double unit;
  private final NDManager manager = Torch.newManager();

  /**
   * @param model a user model with rows; not closed with this
   * @param rows where the users' rows are kept
   */
  public RowLearner(PersonalModel model, UserRows rows) {
    this.model = model;
    this.base = model.base();
    this.config = model.weights().config();
    this.rows = rows;
    this.builder = new PassBuilder(config, base.tokenizer());
    this.script = new PersonalScript(base, config);
    if (!config.users().hasRows()) {
      throw new IllegalArgumentException("the user model is UNIFORM; allowed is one with rows");
    }
    boolean clusters = config.users().kind() == UserModelConfig.Kind.CLUSTER;
    this.unit = clusters ? 1 : UserVectors.scale(base, config.users());
  }

  private UserRow row(String user) {
    return UserVectors.row(
        rows, user, config.users(), base.config().hiddenSize(), model.weights()::values);
  }

  /** Like the other, at this class's rate for the kind of rows and with {@link #INNER_STEPS}. */
  public void learn(List<PersonalExample> batch) {
    boolean clusters = config.users().kind() == UserModelConfig.Kind.CLUSTER;
    learn(batch, clusters ? LOGIT_LEARNING_RATE : LEARNING_RATE, INNER_STEPS);
  }

  /**
   * Takes some steps of Adam on the rows of a batch's users, by their own term ℓ(u) of the loss.
   * Examples of unknown users teach nothing here.
   *
   * @param learningRate of individual rows as a share of the root mean square of the base's
   *     embeddings; of clusters' logits as it is
   */
  public void learn(List<PersonalExample> batch, double learningRate, int innerSteps) {
    List<PersonalExample> examples =
        batch.stream().filter(e -> e.user() != null && e.weight() > 0).toList();
    if (examples.isEmpty()) {
      return;
    }
    Set<String> users = new LinkedHashSet<>();
    examples.forEach(example -> users.add(example.user()));
    double total = examples.stream().mapToDouble(PersonalExample::weight).sum();
    try (NDManager scratch = manager.newSubManager()) {
      GatheredRows gathered = new GatheredRows(scratch, users, this::row);
      List<Pass> passes =
          examples.stream()
              .map(e -> builder.learned(e, gathered.numbers().get(e.user()), 1))
              .toList();
      for (int i = 0; i < innerSteps; i++) {
        List<NDArray> gradient = new ArrayList<>();
        for (List<Pass> part : Pass.cut(passes, config.batchTokens())) {
          Map<String, NDArray> tensors = PassTensors.inputs(scratch, base, config, part);
          PassTensors.putTargets(scratch, tensors, config, part, total);
          PersonalScript.add(scratch, gradient, gradients(scratch, tensors, gathered.values()));
        }
        gathered.step(scratch, gradient.get(0), unit * learningRate, BETA1, BETA2);
      }
      gathered.scatter(rows);
    }
  }

  private List<NDArray> gradients(
      NDManager scratch, Map<String, NDArray> tensors, NDArray rowsOfBatch) {
    try (Dictionary learned = new Dictionary(Map.of(UserVectors.ROWS, rowsOfBatch))) {
      List<NDArray> results =
          script.gradients(scratch, tensors, learned, model.adapter(), model.weights().shift());
      return results.subList(2, results.size());
    }
  }

  /**
   * Returns, for each comparison of each example in order, what it says about its user's row as it
   * is now: the input of the Gaussian update in a subspace of rows.
   *
   * @throws IllegalArgumentException if an example has no user
   */
  public List<RowGradient> gradients(List<PersonalExample> examples) {
    List<RowGradient> gradients = new ArrayList<>();
    List<PersonalExample> single = new ArrayList<>();
    for (PersonalExample example : examples) {
      if (example.user() == null) {
        throw new IllegalArgumentException("an example without a user has no row");
      }
      for (Pair pair : example.pairs()) {
        single.add(
            new PersonalExample(
                example.user(), example.userText(), example.replies(), List.of(pair), List.of()));
      }
    }
    int from = 0;
    while (from < single.size()) {
      int to = from;
      int tokens = 0;
      do {
        tokens += single.get(to++).replies().tokens();
      } while (to < single.size()
          && tokens + single.get(to).replies().tokens() <= config.batchTokens());
      addGradients(single.subList(from, to), gradients);
      from = to;
    }
    return gradients;
  }

  /** Each comparison gets a copy of its user's row, so that one pass gives all gradients. */
  private void addGradients(List<PersonalExample> single, List<RowGradient> gradients) {
    try (NDManager scratch = manager.newSubManager()) {
      List<Pass> passes = new ArrayList<>();
      List<float[]> copies = new ArrayList<>();
      for (PersonalExample example : single) {
        copies.add(row(example.user()).values());
        passes.add(builder.learned(example, copies.size(), 1));
      }
      Map<String, NDArray> tensors =
          new LinkedHashMap<>(PassTensors.inputs(scratch, base, config, passes));
      PassTensors.putTargets(scratch, tensors, config, passes, 1);
      try (Dictionary inputs = new Dictionary(tensors)) {
        List<NDArray> results =
            TorchScript.SHARED.train(
                scratch,
                "row_gradients",
                inputs,
                base.weights(),
                GatheredRows.stack(scratch, copies),
                model.adapter(),
                base.shape(),
                base.config().rmsNormEps(),
                config.users().tokens(),
                config.users().offset());
        float[] differences = Tensors.floats(results.get(0));
        float[] slopes = Tensors.floats(results.get(1));
        int size = slopes.length / differences.length;
        double scale = config.loss().scale();
        for (int i = 0; i < differences.length; i++) {
          float[] slope = new float[size];
          for (int j = 0; j < size; j++) {
            slope[j] = (float) (scale * slopes[i * size + j]);
          }
          double weight = single.get(i).pairs().get(0).weight();
          gradients.add(new RowGradient(scale * differences[i], slope, weight));
        }
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
