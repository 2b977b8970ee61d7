package dev.attune.model.reward;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.Observation;
import dev.attune.model.reward.EncodedExample.Target;
import dev.attune.model.reward.RewardWeights.Parameter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Sources as random effects (GLMix: Zhang et al. 2016, "GLMix: Generalized Linear Mixed Models For
 * Large-Scale Response Prediction"): a source's head is the pooled one, which is learned by
 * gradient, and an effect of its own, a Gaussian belief that each event updates in closed form
 * ({@link GaussianWeights}). A source that begins is the pooled head; it goes its own way as fast
 * as its events are evidence for that.
 *
 * <p>An effect is linear in x = [P z, length, √inputs]: of what heads read the states z, the length
 * where they read it, and a constant for what is judged by itself. All weights have the variance
 * {@code variance / inputs} beforehand, so that what the effect adds to a reward has the variance
 * {@code variance}, for z is normalised: |z|² is the hidden size D. P is the identity where D is
 * {@code dimensions} at most; otherwise it projects z onto so many seeded random directions, with
 * entries ±1/√dimensions, which keeps inner products on average (Achlioptas 2003,
 * "Database-friendly random projections").
 *
 * <p>One thread.
 */
final class SourceEffects {
  private final int states;
  private final boolean length;
  private final double variance;
  private final int dimensions;
  private final byte[][] signs;
  private final Map<String, GaussianWeights> beliefs = new LinkedHashMap<>();

  /**
   * @param states D, the base's hidden size
   * @param beliefs as {@link #beliefs} gave
   * @throws IllegalArgumentException if the beliefs are of other sizes
   */
  SourceEffects(int states, OnlineConfig config, Map<String, GaussianWeights> beliefs) {
    this.states = states;
    this.length = config.model().length();
    this.variance = config.sourceVariance();
    this.dimensions = Math.min(states, config.sourceDimensions());
    this.signs = dimensions < states ? signs(config.seed()) : new byte[0][];
    restore(beliefs);
  }

  private byte[][] signs(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[][] drawn = new byte[dimensions][states];
    for (byte[] direction : drawn) {
      for (int i = 0; i < states; i++) {
        direction[i] = (byte) (random.nextBoolean() ? 1 : -1);
      }
    }
    return drawn;
  }

  /** Goes on from other beliefs. */
  void restore(Map<String, GaussianWeights> others) {
    others.forEach(
        (source, belief) -> {
          if (belief.size() != size()) {
            throw new IllegalArgumentException(
                "the effect of source %s has %d weights; the configuration asks for %d"
                    .formatted(source, belief.size(), size()));
          }
        });
    beliefs.clear();
    beliefs.putAll(others);
  }

  /** Returns the sources that have an effect of their own, and what is believed of each. */
  Map<String, GaussianWeights> beliefs() {
    return Collections.unmodifiableMap(beliefs);
  }

  private int inputs() {
    return states + (length ? 1 : 0);
  }

  /** How many weights an effect has. */
  private int size() {
    return dimensions + (length ? 1 : 0) + 1;
  }

  // ---- learning ------------------------------------------------------------------------------

  /**
   * Learns an event of a source; one of none teaches the pooled head alone.
   *
   * @param prediction of the event: what the pooled head says is given
   * @param read what heads read
   * @param replies where the event's replies are in it
   */
  void learn(Prediction prediction, HeadInputs read, int[] replies) {
    EncodedExample event = prediction.example();
    if (event.head().equals(RewardWeights.POOLED)) {
      return;
    }
    GaussianWeights belief = beliefs.get(event.head());
    if (belief == null) {
      belief = GaussianWeights.independent(size(), variance / inputs());
    }
    List<Target> targets = event.targets();
    int pairs = event.pairs().size();
    for (int i = 0; i < targets.size(); i++) {
      double[] x;
      double offset = prediction.pooled()[i];
      if (i < pairs) {
        PreferenceExample.Pair pair = event.pairs().get(i);
        x = coordinates(read, replies[pair.preferred()], replies[pair.other()]);
        offset -= pair.tie() ? 0 : pair.margin();
      } else {
        x = coordinates(read, replies[event.judgements().get(i - pairs).reply()], -1);
      }
      Target target = targets.get(i);
      // What overflowed teaches nothing, as a gradient that is no number takes no step.
      if (!Double.isFinite(belief.variance(x) + offset)) {
        continue;
      }
      belief = new Observation(x, offset, target.target(), target.weight()).learn(belief);
    }
    beliefs.put(event.head(), belief);
  }

  /** x of a reply, or of the difference between two. */
  private double[] coordinates(HeadInputs read, int reply, int other) {
    double[] z = new double[inputs()];
    for (int i = 0; i < z.length; i++) {
      z[i] = read.values()[reply * z.length + i];
      if (other >= 0) {
        z[i] -= read.values()[other * z.length + i];
      }
    }
    double[] x = new double[size()];
    if (signs.length == 0) {
      System.arraycopy(z, 0, x, 0, z.length);
    } else {
      for (int k = 0; k < dimensions; k++) {
        for (int i = 0; i < states; i++) {
          x[k] += signs[k][i] * z[i];
        }
        x[k] /= Math.sqrt(dimensions);
      }
      if (length) {
        x[dimensions] = z[states];
      }
    }
    x[size() - 1] = other >= 0 ? 0 : constant();
    return x;
  }

  private double constant() {
    return Math.sqrt(inputs());
  }

  // ---- what it adds --------------------------------------------------------------------------

  /** Returns what a step reads of it, by the tensors' names in the script. */
  Map<String, Parameter> tensors(List<String> heads) {
    float[] rows = rows(heads);
    int count = heads.size();
    return Map.of(
        "effects",
        new Parameter(new long[] {count, rows.length / count}, rows),
        "effect_biases",
        new Parameter(new long[] {count, 1}, biases(heads)));
  }

  /**
   * Returns what each head has beside the pooled one, [heads, inputs]: zeros where it has nothing.
   */
  float[] rows(List<String> heads) {
    float[] rows = new float[heads.size() * inputs()];
    for (int h = 0; h < heads.size(); h++) {
      GaussianWeights belief = beliefs.get(heads.get(h));
      if (belief != null) {
        row(belief.mean(), rows, h * inputs());
      }
    }
    return rows;
  }

  /** Pᵀ m, and the length's weight. */
  private void row(float[] mean, float[] rows, int at) {
    if (signs.length == 0) {
      System.arraycopy(mean, 0, rows, at, inputs());
      return;
    }
    for (int i = 0; i < states; i++) {
      double sum = 0;
      for (int k = 0; k < dimensions; k++) {
        sum += signs[k][i] * mean[k];
      }
      rows[at + i] = (float) (sum / Math.sqrt(dimensions));
    }
    if (length) {
      rows[at + states] = mean[dimensions];
    }
  }

  /** Returns what each head's bias has beside the pooled one's, [heads, 1]. */
  float[] biases(List<String> heads) {
    float[] biases = new float[heads.size()];
    for (int h = 0; h < biases.length; h++) {
      GaussianWeights belief = beliefs.get(heads.get(h));
      if (belief != null) {
        biases[h] = (float) (belief.mean()[size() - 1] * constant());
      }
    }
    return biases;
  }

  /**
   * Adds effects to the pooled head or its bias.
   *
   * @param pooled one row
   * @param effects a row for each head
   * @return a row for each head
   */
  static Parameter added(Parameter pooled, float[] effects) {
    int columns = pooled.values().length;
    float[] rows = effects.clone();
    for (int i = 0; i < rows.length; i++) {
      rows[i] += pooled.values()[i % columns];
    }
    return new Parameter(new long[] {rows.length / columns, columns}, rows);
  }
}
