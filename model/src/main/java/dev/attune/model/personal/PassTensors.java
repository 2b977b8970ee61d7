package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.personal.UserModelConfig.Join;
import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Passes as the tensors that personal.py reads. */
final class PassTensors {
  private PassTensors() {}

  /** Returns the tensors of what the model reads. */
  static Map<String, NDArray> inputs(
      NDManager manager, BaseModel base, PersonalConfig config, List<Pass> passes) {
    Map<String, NDArray> tensors =
        new TokenBatch(passes.stream().map(Pass::tokens).toList()).tensors(manager, base.config());
    if (config.learnsPolicy()) {
      putFloats(
          manager,
          tensors,
          "reference",
          passes.stream().flatMapToDouble(pass -> Arrays.stream(pass.reference())).toArray());
    }
    if (config.users().tokens() > 0 && config.users().join() == Join.ADDED) {
      tensors.put("added", Tensors.of(manager, new long[] {1}, 1));
    }
    if (config.users().join() == Join.HEAD) {
      long[] users =
          passes.stream()
              .flatMap(pass -> pass.tokens().replies().stream().map(reply -> pass.tokens().user()))
              .mapToLong(Integer::longValue)
              .toArray();
      tensors.put("user_of", Tensors.of(manager, users, users.length));
    }
    return tensors;
  }

  /**
   * Adds the tensors of what is learned.
   *
   * @param total weight of all comparisons and judgements of the whole batch, of which these passes
   *     may be a part
   */
  static void putTargets(
      NDManager manager,
      Map<String, NDArray> tensors,
      PersonalConfig config,
      List<Pass> passes,
      double total) {
    double sure = 1 - config.loss().labelSmoothing();
    List<double[]> pairs = new ArrayList<>();
    List<double[]> judgements = new ArrayList<>();
    int first = 0;
    for (Pass pass : passes) {
      for (Pair pair : pass.pairs()) {
        pairs.add(
            new double[] {
              first + pair.preferred(),
              first + pair.other(),
              pair.tie() ? 0.5 : sure,
              pair.tie() ? 0 : pair.margin(),
              pass.share() * pair.weight() / total
            });
      }
      for (Judgement judgement : pass.judgements()) {
        judgements.add(
            new double[] {
              first + judgement.reply(),
              judgement.good() ? sure : 1 - sure,
              pass.share() * judgement.weight() / total
            });
      }
      first += pass.tokens().replies().size();
    }
    if (!pairs.isEmpty()) {
      putLongs(manager, tensors, "preferred", column(pairs, 0));
      putLongs(manager, tensors, "other", column(pairs, 1));
      putFloats(manager, tensors, "target", column(pairs, 2));
      putFloats(manager, tensors, "margin", column(pairs, 3));
      putFloats(manager, tensors, "weight", column(pairs, 4));
    }
    if (!judgements.isEmpty()) {
      putLongs(manager, tensors, "judged", column(judgements, 0));
      putFloats(manager, tensors, "judged_target", column(judgements, 1));
      putFloats(manager, tensors, "judged_weight", column(judgements, 2));
    }
  }

  private static double[] column(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }

  private static void putLongs(
      NDManager manager, Map<String, NDArray> tensors, String name, double... values) {
    long[] longs = Arrays.stream(values).mapToLong(value -> (long) value).toArray();
    tensors.put(name, Tensors.of(manager, longs, longs.length));
  }

  private static void putFloats(
      NDManager manager, Map<String, NDArray> tensors, String name, double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    tensors.put(name, Tensors.of(manager, floats, floats.length));
  }
}
