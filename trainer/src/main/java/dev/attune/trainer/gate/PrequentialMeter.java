package dev.attune.trainer.gate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures predictions that were made before their events were learned from, in a window that fades
 * by count: with memory m, what came n comparisons ago counts mⁿ (prequential evaluation with a
 * fading factor; Gama, Sebastião and Rodrigues 2013). A window of m has 1/(1−m) comparisons.
 */
public final class PrequentialMeter {
  /** Share of predictions whose side ahead is the preferred one; none ahead counts ½. */
  public static final String ACCURACY = "accuracy";

  /** Mean log-loss, in nats. */
  public static final String LOG_LOSS = "logLoss";

  /** Mean squared distance of the probability from the target (Brier 1950). */
  public static final String BRIER = "brier";

  /**
   * Expected calibration error (Guo et al. 2017): ten bins by the probability of the side ahead.
   */
  public static final String ECE = "ece";

  /** Weight of the window. */
  public static final String WEIGHT = "weight";

  /** Before a baseline's name: accuracy less the baseline's on the same comparisons. */
  public static final String GAIN = "gain.";

  private static final int MAGIC = 0x41544d31; // "ATM1"
  private static final int BINS = 10;

  private final double memory;
  private final Sums all = new Sums(2);
  private final Sums decided = new Sums(1);
  private final double[] binProbability = new double[BINS];
  private final double[] binRight = new double[BINS];
  private final Map<String, Sums> baselines = new TreeMap<>();
  private long count;

  /** A fading weight and weighted sums beside it. */
  private static final class Sums {
    private final double[] values;

    Sums(int sums) {
      values = new double[sums + 1];
    }

    void fade(double memory) {
      for (int i = 0; i < values.length; i++) {
        values[i] *= memory;
      }
    }

    void add(double weight, double... terms) {
      values[0] += weight;
      for (int i = 0; i < terms.length; i++) {
        values[i + 1] += weight * terms[i];
      }
    }

    boolean any() {
      return values[0] > 0;
    }

    double mean(int sum) {
      return values[sum + 1] / values[0];
    }
  }

  /**
   * An empty window.
   *
   * @param memory m, from 0 (only the last comparison) to 1 (all of them)
   */
  public PrequentialMeter(double memory) {
    if (!(memory >= 0 && memory <= 1)) {
      throw new IllegalArgumentException("memory is " + memory + "; allowed is 0 to 1");
    }
    this.memory = memory;
  }

  /** Adds a comparison without baselines. */
  public void add(double logOdds, double target, double weight) {
    add(logOdds, target, weight, Map.of());
  }

  /**
   * Adds a comparison, or a judgement of one reply.
   *
   * @param logOdds what was predicted: of the preferred reply over the other, or of being good
   * @param target what happened: 1; 0 for the contrary; ½ for a tie, which accuracy leaves out
   * @param weight finite, at least 0; 0 adds nothing
   * @param baselineLogOdds the same prediction by others, by their names; they may differ from call
   *     to call
   * @throws IllegalArgumentException if a number is not finite or out of its range
   */
  public void add(
      double logOdds, double target, double weight, Map<String, Double> baselineLogOdds) {
    requireFinite("log-odds", logOdds);
    baselineLogOdds.forEach((name, value) -> requireFinite("baseline " + name, value));
    if (!(target >= 0 && target <= 1)) {
      throw new IllegalArgumentException("target is " + target + "; allowed is 0 to 1");
    }
    if (!(requireFinite("weight", weight) >= 0)) {
      throw new IllegalArgumentException("weight is " + weight + "; allowed is >= 0");
    }
    if (weight == 0) {
      return;
    }
    count++;
    fade();
    double probability = Logistic.probability(logOdds);
    double miss = probability - target;
    double right = Logistic.right(logOdds, target);
    all.add(weight, Logistic.loss(logOdds, target), miss * miss);
    double ahead = Math.max(probability, 1 - probability);
    int bin = Math.min(BINS - 1, (int) ((ahead - 0.5) * 2 * BINS));
    binProbability[bin] += weight * ahead;
    binRight[bin] += weight * right;
    if (target == 0.5) {
      return;
    }
    decided.add(weight, right);
    baselineLogOdds.forEach(
        (name, value) ->
            baselines
                .computeIfAbsent(name, other -> new Sums(1))
                .add(weight, right - Logistic.right(value, target)));
  }

  private void fade() {
    all.fade(memory);
    decided.fade(memory);
    baselines.values().forEach(sums -> sums.fade(memory));
    for (int bin = 0; bin < BINS; bin++) {
      binProbability[bin] *= memory;
      binRight[bin] *= memory;
    }
  }

  private static double requireFinite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed is finite");
    }
    return value;
  }

  /** Returns how many comparisons were added, faded ones included. */
  public long count() {
    return count;
  }

  /**
   * Returns the window's measurements by the names above. What nothing was added for is left out:
   * everything at first, accuracy while there were only ties.
   */
  public Map<String, Double> metrics() {
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (decided.any()) {
      metrics.put(ACCURACY, decided.mean(0));
    }
    if (all.any()) {
      metrics.put(LOG_LOSS, all.mean(0));
      metrics.put(BRIER, all.mean(1));
      double distance = 0;
      for (int bin = 0; bin < BINS; bin++) {
        distance += Math.abs(binProbability[bin] - binRight[bin]);
      }
      metrics.put(ECE, distance / all.values[0]);
      metrics.put(WEIGHT, all.values[0]);
    }
    baselines.forEach(
        (name, sums) -> {
          if (sums.any()) {
            metrics.put(GAIN + name, sums.mean(0));
          }
        });
    return metrics;
  }

  /** Returns the state; {@link #restore} goes on from it bit for bit. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeDouble(memory);
          out.writeLong(count);
          StateWriter.doubles(out, all.values);
          StateWriter.doubles(out, decided.values);
          StateWriter.doubles(out, binProbability);
          StateWriter.doubles(out, binRight);
          out.writeInt(baselines.size());
          for (Map.Entry<String, Sums> entry : baselines.entrySet()) {
            out.writeUTF(entry.getKey());
            StateWriter.doubles(out, entry.getValue().values);
          }
        });
  }

  /**
   * Goes on from a state, with the memory that it was made with.
   *
   * @throws IllegalArgumentException if the bytes are no meter's state
   */
  public static PrequentialMeter restore(byte[] state) {
    return StateReader.read(
        "a prequential meter",
        MAGIC,
        state,
        in -> {
          PrequentialMeter meter = new PrequentialMeter(in.readDouble());
          meter.count = in.readLong();
          StateReader.doubles(in, meter.all.values);
          StateReader.doubles(in, meter.decided.values);
          StateReader.doubles(in, meter.binProbability);
          StateReader.doubles(in, meter.binRight);
          for (int i = in.readInt(); i > 0; i--) {
            String name = in.readUTF();
            Sums sums = new Sums(1);
            StateReader.doubles(in, sums.values);
            meter.baselines.put(name, sums);
          }
          return meter;
        });
  }
}
