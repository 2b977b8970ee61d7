package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.DecoderTensors;
import dev.attune.model.lm.RandomBase;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.ReferenceLosses.Comparison;
import dev.attune.model.reference.TextBatch.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random prompts with replies and random parameters, in the layouts of the scripts and of the
 * yardstick, and what each of them computes.
 */
final class Sample {
  /** How users reach the input embeddings. */
  enum Users {
    NONE,
    SOFT_PROMPT,
    ADDED
  }

  static final int USERS = 3;
  static final int SLOTS = 2;
  static final double SCALING = 2;
  private static final int HEADS = 2;
  private static final int RANK = 3;

  final List<TokenBatch.Row> rows;
  final Users users;
  private final BaseModel base;
  private final ReferenceDecoder oracle;

  private Sample(BaseModel base, ReferenceDecoder oracle, Users users, List<TokenBatch.Row> rows) {
    this.base = base;
    this.oracle = oracle;
    this.users = users;
    this.rows = rows;
  }

  /**
   * Draws a sample: prompts of 2 to 9 tokens with 2 or 3 replies of up to 8 tokens.
   *
   * @param evenly whether the replies to a prompt have one length
   */
  static Sample of(
      BaseModel base, ReferenceDecoder oracle, Users users, boolean evenly, long seed) {
    Random random = new Random(seed);
    List<TokenBatch.Row> rows = new ArrayList<>();
    for (int e = 0; e < USERS; e++) {
      int[] prompt = tokens(random, 2 + random.nextInt(8));
      if (users == Users.SOFT_PROMPT) {
        prompt = withSlots(prompt);
      }
      List<int[]> replies = new ArrayList<>();
      int length = 4 + random.nextInt(5);
      for (int n = 0; n < 2 + e % 2; n++) {
        replies.add(tokens(random, evenly ? length : 1 + random.nextInt(8)));
      }
      rows.add(new TokenBatch.Row(prompt, replies, 0, USERS - 1 - e));
    }
    return new Sample(base, oracle, users, rows);
  }

  /** The same model and other rows. */
  Sample with(List<TokenBatch.Row> others) {
    return new Sample(base, oracle, users, others);
  }

  private static int[] tokens(Random random, int count) {
    return random.ints(count, 0, RandomBase.VOCABULARY).toArray();
  }

  /** The user's vectors stand after the first token. */
  private static int[] withSlots(int[] prompt) {
    int[] result = new int[prompt.length + SLOTS];
    result[0] = prompt[0];
    for (int k = 0; k < SLOTS; k++) {
      result[1 + k] = -1 - k;
    }
    System.arraycopy(prompt, 1, result, 1 + SLOTS, prompt.length - 1);
    return result;
  }

  /**
   * Random parameters: adapters beside some or all linear layers, "heads", and "vectors" where
   * there are users.
   *
   * @param share of the linear layers that have an adapter
   */
  Map<String, NDArray> parameters(NDManager manager, double share, long seed) {
    Random random = new Random(seed);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    DecoderTensors.linearShapes(base.config())
        .forEach(
            (name, shape) -> {
              if (random.nextDouble() < share) {
                put(manager, parameters, name + ".lora_A", random, .15, RANK, shape[1]);
                put(manager, parameters, name + ".lora_B", random, .15, shape[0], RANK);
              }
            });
    int hidden = base.config().hiddenSize();
    put(manager, parameters, "heads", random, .3, HEADS, hidden);
    if (users != Users.NONE) {
      long vectors = users == Users.ADDED ? 1 : SLOTS;
      put(manager, parameters, "vectors", random, .2, USERS, vectors, hidden);
    }
    return parameters;
  }

  private static void put(
      NDManager manager,
      Map<String, NDArray> parameters,
      String name,
      Random random,
      double deviation,
      long... shape) {
    float[] values = RandomBase.normal(random, shape, 0, deviation);
    parameters.put(name, Tensors.owned(manager, values, TorchScript.FLOAT32, shape));
  }

  /** Every reply against the next, in both heads; one tie, margins, and weights that sum to 1. */
  List<Comparison> comparisons() {
    int replies = rows.stream().mapToInt(row -> row.replies().size()).sum();
    float total = 0;
    for (int n = 0; n + 1 < replies; n++) {
      total += HEADS * (1 + n);
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (int n = 0; n + 1 < replies; n++) {
      for (int head = 0; head < HEADS; head++) {
        boolean tie = n == 1;
        comparisons.add(
            new Comparison(
                HEADS * n + head, HEADS * (n + 1) + head, (1 + n) / total, tie ? 0 : .1f * n, tie));
      }
    }
    return comparisons;
  }

  /** Each reply with a prompt of its own. */
  TextBatch texts() {
    List<Text> texts = new ArrayList<>();
    for (TokenBatch.Row row : rows) {
      for (int[] reply : row.replies()) {
        texts.add(Text.of(row.prompt(), reply).withUser(row.user()));
      }
    }
    return new TextBatch(texts);
  }

  /**
   * The same texts, a reply beginning with its prompt's last token: its states predict the rest.
   */
  private TokenBatch predicting() {
    List<TokenBatch.Row> shifted = new ArrayList<>();
    for (TokenBatch.Row row : rows) {
      int kept = row.prompt().length - 1;
      List<int[]> replies = new ArrayList<>();
      for (int[] reply : row.replies()) {
        int[] longer = new int[reply.length + 1];
        longer[0] = row.prompt()[kept];
        System.arraycopy(reply, 0, longer, 1, reply.length);
        replies.add(longer);
      }
      int[] prompt = Arrays.copyOf(row.prompt(), kept);
      shifted.add(new TokenBatch.Row(prompt, replies, row.adapter(), row.user()));
    }
    return new TokenBatch(shifted);
  }

  // What the scripts compute.

  private Map<String, NDArray> inputs(
      NDManager manager, TokenBatch batch, Map<String, NDArray> parameters) {
    Map<String, NDArray> inputs = batch.tensors(manager, base.config());
    if (users != Users.NONE) {
      inputs.put("vectors", parameters.get("vectors"));
    }
    if (users == Users.ADDED) {
      inputs.put("added", manager.create(1L));
    }
    return inputs;
  }

  private NDArray packed(
      NDManager manager, Map<String, NDArray> inputs, Map<String, NDArray> parameters) {
    Map<String, NDArray> lora = new LinkedHashMap<>(parameters);
    lora.putIfAbsent("scaling", Tensors.of(manager, new float[] {(float) SCALING}, 1));
    try (Dictionary batch = new Dictionary(inputs);
        Dictionary adapter = new Dictionary(lora)) {
      return call(
          manager,
          "packed_states",
          batch,
          base.weights(),
          adapter,
          base.shape(),
          base.config().rmsNormEps(),
          false);
    }
  }

  private static NDArray call(NDManager manager, String method, Object... arguments) {
    return TorchScript.SHARED.train(manager, method, arguments).get(0);
  }

  /** Rewards [replies, heads]. */
  NDArray scriptRewards(NDManager manager, TokenBatch batch, Map<String, NDArray> parameters) {
    Map<String, NDArray> inputs = inputs(manager, batch, parameters);
    NDArray states = packed(manager, inputs, parameters);
    try (Dictionary tables = new Dictionary(inputs)) {
      return call(manager, "rewards", states, tables, parameters.get("heads"));
    }
  }

  NDArray scriptRewards(NDManager manager, Map<String, NDArray> parameters) {
    return scriptRewards(manager, new TokenBatch(rows), parameters);
  }

  NDArray scriptRankingLoss(NDManager manager, Map<String, NDArray> parameters) {
    NDArray rewards = scriptRewards(manager, parameters);
    List<Comparison> all = comparisons();
    int n = all.size();
    Map<String, NDArray> pairs =
        Map.of(
            "preferred",
            Tensors.of(manager, all.stream().mapToLong(Comparison::preferred).toArray(), n),
            "other",
            Tensors.of(manager, all.stream().mapToLong(Comparison::other).toArray(), n),
            "weight",
            floats(manager, all.stream().map(Comparison::weight).toList()),
            "margin",
            floats(manager, all.stream().map(Comparison::margin).toList()),
            "tie",
            floats(manager, all.stream().map(c -> c.tie() ? 1f : 0f).toList()));
    try (Dictionary batch = new Dictionary(pairs)) {
      return call(manager, "ranking_loss", rewards.reshape(-1), batch);
    }
  }

  private static NDArray floats(NDManager manager, List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return Tensors.of(manager, array, array.length);
  }

  /** Last hidden states of all replies' tokens, [tokens, hidden], and their logits. */
  List<NDArray> scriptStatesAndLogits(NDManager manager, Map<String, NDArray> parameters) {
    NDArray states = packed(manager, inputs(manager, new TokenBatch(rows), parameters), parameters);
    return List.of(states, call(manager, "logits", states, base.weights()));
  }

  /** Log-probabilities of the replies [replies], their first token included. */
  NDArray scriptLogProbabilities(NDManager manager, Map<String, NDArray> parameters) {
    TokenBatch batch = predicting();
    NDArray states = packed(manager, inputs(manager, batch, parameters), parameters);
    NDArray all = call(manager, "logits", states, base.weights()).logSoftmax(1);
    List<long[]> chosen = new ArrayList<>();
    int replies = rows.stream().mapToInt(row -> row.replies().size()).sum();
    int state = 0;
    int reply = 0;
    for (TokenBatch.Row row : batch.rows()) {
      for (int[] ids : row.replies()) {
        for (int t = 0; t + 1 < ids.length; t++) {
          chosen.add(new long[] {state + t, ids[t + 1], reply});
        }
        state += ids.length;
        reply++;
      }
    }
    int n = chosen.size();
    NDArray at =
        Tensors.of(
            manager,
            chosen.stream().mapToLong(c -> c[0] * RandomBase.VOCABULARY + c[1]).toArray(),
            n);
    float[] member = new float[replies * n];
    for (int i = 0; i < n; i++) {
      member[(int) chosen.get(i)[2] * n + i] = 1;
    }
    return Tensors.of(manager, member, replies, n).matMul(all.reshape(-1).get(at));
  }

  // What the yardstick computes.

  NDArray states(NDManager manager, Map<String, NDArray> parameters) {
    NDArray vectors = parameters.get("vectors");
    UserVectors own = vectors == null ? null : new UserVectors(vectors, users == Users.ADDED);
    return oracle.states(manager, texts(), new Lora(parameters, SCALING), own);
  }

  NDArray rewards(NDManager manager, Map<String, NDArray> parameters) {
    NDArray states = states(manager, parameters);
    return ReferenceLosses.rewards(states, texts(), parameters.get("heads"));
  }

  NDArray rankingLoss(NDManager manager, Map<String, NDArray> parameters) {
    return ReferenceLosses.ranking(rewards(manager, parameters), comparisons());
  }

  NDArray logProbabilities(NDManager manager, Map<String, NDArray> parameters) {
    NDArray logits = oracle.logits(states(manager, parameters));
    return ReferenceLosses.logProbabilities(logits, texts());
  }

  NDArray logits(NDArray states) {
    return oracle.logits(states);
  }

  /** The replies' tokens of an array [texts, S, width], packed [tokens][width]. */
  float[] packed(NDArray padded) {
    float[] all = Tensors.floats(padded);
    int width = (int) padded.getShape().get(2);
    TextBatch texts = texts();
    List<Float> kept = new ArrayList<>();
    for (int b = 0; b < texts.texts().size(); b++) {
      Text text = texts.texts().get(b);
      for (int t = text.reply(); t < text.tokens().length; t++) {
        for (int i = 0; i < width; i++) {
          kept.add(all[(b * texts.length() + t) * width + i]);
        }
      }
    }
    float[] result = new float[kept.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = kept.get(i);
    }
    return result;
  }
}
