package dev.attune.model.head;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A domain's weights of the parts of a reward: reward = a·r_d + b·r_h + c·r_p, such that a
 * difference of rewards is a log-odds. Learned by logistic regression on events that were scored
 * before they were learned from, with a tight Gaussian prior: each event is one closed-form update.
 * Immutable.
 *
 * @param belief over (a, b, c)
 * @param events how many events it has learned from
 */
public record Calibration(GaussianWeights belief, long events) {
  /** Variance of each weight before an event: a recalibration helps when its prior is tight. */
  private static final double VARIANCE = 0.05;

  private static final int MAGIC = 0x41544331; // "ATC1"
  private static final int VALUES = 9;
  private static final int BYTES = Integer.BYTES + Long.BYTES + VALUES * Float.BYTES;

  /** Checks the size. */
  public Calibration {
    if (belief.size() != 3) {
      throw new IllegalArgumentException(
          belief.size() + " weights; a reward has three parts: domain, head and row");
    }
  }

  /** A reward is r_d + r_h: rows repeat much of what heads know, and have to prove their worth. */
  public static Calibration initial() {
    double[][] covariance = new double[3][3];
    for (int i = 0; i < 3; i++) {
      covariance[i][i] = VARIANCE;
    }
    return new Calibration(GaussianWeights.of(new double[] {1, 1, 0}, covariance), 0);
  }

  /** Restores what {@link #values} gave. */
  public static Calibration restore(float[] values, long events) {
    return new Calibration(
        GaussianWeights.restore(
            Arrays.copyOf(values, 3), Arrays.copyOfRange(values, 3, values.length)),
        events);
  }

  /** The mean and the covariance's upper triangle, [9]. */
  public float[] values() {
    float[] values = Arrays.copyOf(belief.mean(), VALUES);
    System.arraycopy(belief.covariance(), 0, values, 3, 6);
    return values;
  }

  /**
   * What the weights artifact of a model {@code calibration/<d>} holds: the letters ATC1, the
   * number of events (8 bytes) and the {@link #values} (4 bytes each), big-endian.
   */
  public byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).putInt(MAGIC).putLong(events);
    for (float value : values()) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if the bytes are no calibration
   */
  public static Calibration read(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    if (bytes.length != BYTES || buffer.getInt() != MAGIC) {
      throw new IllegalArgumentException("the bytes are no calibration");
    }
    long events = buffer.getLong();
    float[] values = new float[VALUES];
    buffer.asFloatBuffer().get(values);
    return restore(values, events);
  }

  /** a, the weight of the domain's reward. */
  public double domain() {
    return belief.mean()[0];
  }

  /** b, the weight of the personal head. */
  public double head() {
    return belief.mean()[1];
  }

  /** c, the weight of the personal policy's implicit reward. */
  public double row() {
    return belief.mean()[2];
  }

  /**
   * Learns one comparison from its differences of parts, preferred less other, as they were served.
   *
   * @param target 1, or ½ for a tie
   * @param weight of the comparison, at least 0
   */
  public Calibration learn(double domain, double head, double row, double target, double weight) {
    double[] x = {domain, head, row};
    return new Calibration(belief.observe(x, belief.score(x), target, weight), events + 1);
  }
}
