package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a batch of examples asks of its rewards: pairs of indices into the matrix [replies, heads]
 * and, for the imitation loss, which states must predict which tokens.
 */
final class Comparisons {
  private final List<long[]> indices = new ArrayList<>();
  private final List<float[]> values = new ArrayList<>();
  private final List<long[]> imitated = new ArrayList<>();

  private Comparisons() {}

  /**
   * Collects the comparisons of a batch.
   *
   * @param poolSources whether an example of a source trains the pooled head as well
   */
  static Comparisons of(
      List<EncodedExample> batch, List<String> heads, boolean poolSources, boolean imitate) {
    Comparisons all = new Comparisons();
    int reply = 0;
    int token = 0;
    for (EncodedExample example : batch) {
      Set<Integer> columns = new LinkedHashSet<>();
      columns.add(heads.indexOf(example.head()));
      if (poolSources) {
        columns.add(heads.indexOf(RewardWeights.POOLED));
      }
      for (Pair pair : example.pairs()) {
        for (int column : columns) {
          all.indices.add(
              new long[] {
                (long) (reply + pair.preferred()) * heads.size() + column,
                (long) (reply + pair.other()) * heads.size() + column
              });
          all.values.add(
              new float[] {pair.weight(), pair.tie() ? 0 : pair.margin(), pair.tie() ? 1 : 0});
        }
      }
      Set<Integer> best = imitate ? best(example) : Set.of();
      for (int i = 0; i < example.replies().size(); i++) {
        int[] ids = example.replies().get(i);
        for (int t = 0; best.contains(i) && t + 1 < ids.length; t++) {
          all.imitated.add(new long[] {token + t, ids[t + 1]});
        }
        token += ids.length;
      }
      reply += example.replies().size();
    }
    return all;
  }

  /** Replies that are preferred to some and to which none is preferred. */
  private static Set<Integer> best(EncodedExample example) {
    Set<Integer> best = new LinkedHashSet<>();
    example.pairs().stream().filter(p -> !p.tie()).forEach(p -> best.add(p.preferred()));
    example.pairs().stream().filter(p -> !p.tie()).forEach(p -> best.remove(p.other()));
    return best;
  }

  /** Adds the tensors that the loss reads to those of the batch. */
  void putTensors(NDManager manager, Map<String, NDArray> tensors) {
    tensors.put("preferred", longs(manager, indices, 0));
    tensors.put("other", longs(manager, indices, 1));
    tensors.put("weight", floats(manager, 0));
    tensors.put("margin", floats(manager, 1));
    tensors.put("tie", floats(manager, 2));
    tensors.put("imitated", longs(manager, imitated, 0));
    tensors.put("targets", longs(manager, imitated, 1));
  }

  private static NDArray longs(NDManager manager, List<long[]> rows, int column) {
    long[] values = rows.stream().mapToLong(row -> row[column]).toArray();
    return Tensors.of(manager, values, values.length);
  }

  private NDArray floats(NDManager manager, int column) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i)[column];
    }
    return Tensors.of(manager, result, result.length);
  }
}
