package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a batch of examples asks of its rewards, as the script {@code reward.reward_loss} reads it.
 * Weights are those of the whole batch, divided by their sum, so that the losses and gradients of
 * its parts add up to those of the whole.
 */
final class Comparisons {
  private final List<String> heads;
  private final boolean poolSources;
  private final Imitation imitation;
  private final double totalWeight;
  private final int imitatedTexts;

  /** What the imitation loss covers. */
  enum Imitation {
    NOTHING,
    /** The preferred replies, given their prompts. */
    REPLIES,
    /** The preferred replies and their prompts. */
    DIALOGUES
  }

  /** An example and the factor of its weights. */
  record Weighted(EncodedExample example, double factor) {}

  /**
   * Sums the weights of a batch.
   *
   * @param heads the columns of the rewards
   * @param poolSources whether an example of a source trains the pooled head as well
   */
  Comparisons(List<Weighted> batch, List<String> heads, boolean poolSources, Imitation imitation) {
    this.heads = heads;
    this.poolSources = poolSources;
    this.imitation = imitation;
    double weight = 0;
    int texts = 0;
    for (Weighted part : batch) {
      weight += part.factor * part.example.weight() * columns(part.example).size();
      texts += best(part.example).size();
    }
    this.totalWeight = weight > 0 ? weight : 1;
    this.imitatedTexts = texts;
  }

  private Set<Integer> columns(EncodedExample example) {
    Set<Integer> columns = new LinkedHashSet<>();
    columns.add(heads.indexOf(example.head()));
    if (poolSources) {
      columns.add(heads.indexOf(RewardWeights.POOLED));
    }
    return columns;
  }

  /** Replies that are preferred to some and to which none is preferred. */
  private static Set<Integer> best(EncodedExample example) {
    Set<Integer> best = new LinkedHashSet<>();
    example.pairs().stream().filter(p -> !p.tie()).forEach(p -> best.add(p.preferred()));
    example.pairs().stream().filter(p -> !p.tie()).forEach(p -> best.remove(p.other()));
    return best;
  }

  /**
   * Adds what the loss reads to the tensors of a part of the batch.
   *
   * @param tensors those of {@link EncodedDialogue#tensors} for the same examples
   */
  void putTensors(NDManager manager, List<Weighted> part, Map<String, NDArray> tensors) {
    Table pairs = new Table();
    Table judgements = new Table();
    int reply = 0;
    for (Weighted weighted : part) {
      EncodedExample example = weighted.example;
      double scale = weighted.factor / totalWeight;
      for (int column : columns(example)) {
        for (Pair pair : example.pairs()) {
          pairs.add(
              new long[] {at(reply + pair.preferred(), column), at(reply + pair.other(), column)},
              scale * pair.weight(),
              pair.tie() ? 0 : pair.margin(),
              pair.tie() ? 1 : 0);
        }
        for (Judgement judgement : example.judgements()) {
          judgements.add(
              new long[] {at(reply + judgement.reply(), column), column},
              scale * judgement.weight(),
              judgement.good() ? 1 : -1);
        }
      }
      reply += example.dialogue().replies().size();
    }
    tensors.put("preferred", pairs.longs(manager, 0));
    tensors.put("other", pairs.longs(manager, 1));
    tensors.put("weight", pairs.floats(manager, 0));
    tensors.put("margin", pairs.floats(manager, 1));
    tensors.put("tie", pairs.floats(manager, 2));
    tensors.put("judged", judgements.longs(manager, 0));
    tensors.put("judged_head", judgements.longs(manager, 1));
    tensors.put("judged_weight", judgements.floats(manager, 0));
    tensors.put("judged_sign", judgements.floats(manager, 1));
    if (imitation != Imitation.NOTHING) {
      putImitation(manager, part, tensors);
    }
  }

  private long at(int reply, int column) {
    return (long) reply * heads.size() + column;
  }

  /** The tokens that preferred texts are made of, and where the states before them are. */
  private void putImitation(NDManager manager, List<Weighted> part, Map<String, NDArray> tensors) {
    long prompts = tensors.get("prompt_ids").getShape().get(0);
    Table tokens = new Table();
    long promptAt = 0;
    long replyAt = prompts;
    for (Weighted weighted : part) {
      int[] prompt = weighted.example.dialogue().prompt();
      List<EncodedReply> replies = weighted.example.dialogue().replies();
      Set<Integer> best = best(weighted.example);
      for (int i = 0; i < replies.size(); i++) {
        int[] ids = replies.get(i).ids();
        if (best.contains(i)) {
          boolean whole = imitation == Imitation.DIALOGUES;
          int length = ids.length + (whole ? prompt.length - 1 : 0);
          double weight = 1.0 / length / imitatedTexts;
          for (int t = 1; whole && t < prompt.length; t++) {
            tokens.add(new long[] {promptAt + t - 1, prompt[t]}, weight);
          }
          tokens.add(new long[] {promptAt + prompt.length - 1, ids[0]}, weight);
          for (int t = 1; t < ids.length; t++) {
            tokens.add(new long[] {replyAt + t - 1, ids[t]}, weight);
          }
        }
        replyAt += ids.length;
      }
      promptAt += prompt.length;
    }
    tensors.put("imitated", tokens.longs(manager, 0));
    tensors.put("imitated_id", tokens.longs(manager, 1));
    tensors.put("imitated_weight", tokens.floats(manager, 0));
  }

  /** Rows of integers and numbers, whose columns become tensors. */
  private static final class Table {
    private final List<long[]> integers = new ArrayList<>();
    private final List<double[]> numbers = new ArrayList<>();

    void add(long[] ints, double... values) {
      integers.add(ints);
      numbers.add(values);
    }

    NDArray longs(NDManager manager, int column) {
      long[] values = integers.stream().mapToLong(row -> row[column]).toArray();
      return Tensors.of(manager, values, values.length);
    }

    NDArray floats(NDManager manager, int column) {
      float[] values = new float[numbers.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) numbers.get(i)[column];
      }
      return Tensors.of(manager, values, values.length);
    }
  }
}
