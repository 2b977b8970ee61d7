package dev.attune.trainer.gate;

import dev.attune.model.head.Calibration;
import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.EncodedExample.Target;
import dev.attune.model.reward.Prediction;
import dev.attune.model.reward.PreferenceExample;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.RewardComponents;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Learns a domain's {@link Calibration} from comparisons of replies whose parts of the reward were
 * served before, and says when it has moved far enough to be published.
 */
public final class CalibrationLearner {
  private static final int MAGIC = 0x41544b31; // "ATK1"

  private final int every;
  private final double moved;
  private Calibration calibration;
  private float[] published;
  private long lastLook;

  /**
   * Starts from the prior.
   *
   * @param every comparisons between two looks at whether to publish, at least 1
   * @param moved by how much a weight must have moved since the last publication
   */
  public CalibrationLearner(int every, double moved) {
    this(every, moved, Calibration.initial(), Calibration.initial().belief().mean(), 0);
  }

  private CalibrationLearner(
      int every, double moved, Calibration calibration, float[] published, long lastLook) {
    if (every < 1 || !(moved >= 0)) {
      throw new IllegalArgumentException(
          "every %d, moved %s; allowed are >= 1 and >= 0".formatted(every, moved));
    }
    this.every = every;
    this.moved = moved;
    this.calibration = calibration;
    this.published = published;
    this.lastLook = lastLook;
  }

  /**
   * Learns the comparisons of an event whose replies were served, by all parts; others are passed
   * over. To be called when the event is accepted.
   */
  public void observe(Feedback feedback) {
    if (!served(feedback)) {
      return;
    }
    for (Comparison comparison : feedback.getComparisons()) {
      RewardComponents preferred = served(feedback, comparison.getPreferred());
      RewardComponents other = served(feedback, comparison.getOther());
      learn(
          preferred.getDomain() - other.getDomain(),
          difference(preferred.getHead(), other.getHead()),
          difference(preferred.getRow(), other.getRow()),
          comparison.getTie() ? 0.5 : 1,
          comparison.getWeight());
    }
  }

  /** Returns whether all replies that an event compares were served, and their parts are known. */
  public static boolean served(Feedback feedback) {
    return feedback.getComparisons().stream()
        .flatMap(comparison -> Stream.of(comparison.getPreferred(), comparison.getOther()))
        .allMatch(reply -> served(feedback, reply) != null);
  }

  /**
   * Learns the comparisons of an event that was not served by the domain's part alone, as it was
   * predicted before the event was learned from; a {@linkplain PreferenceExample#served served} one
   * is passed over.
   */
  public void observe(Prediction prediction) {
    EncodedExample example = prediction.example();
    if (example.served()) {
      return;
    }
    List<Target> targets = example.targets();
    for (int i = 0; i < example.pairs().size(); i++) {
      learn(prediction.own()[i], 0, 0, targets.get(i).target(), targets.get(i).weight());
    }
  }

  private static @Nullable RewardComponents served(Feedback feedback, int reply) {
    return feedback.getReplies().get(reply).getServedComponents();
  }

  /** A part that one of the two lacks says nothing. */
  private static double difference(@Nullable Double preferred, @Nullable Double other) {
    return preferred == null || other == null ? 0 : preferred - other;
  }

  /**
   * Learns a comparison.
   *
   * @param domain r_d of the preferred reply less that of the other; as are the next two
   * @param target 1, or ½ for a tie
   * @param weight at least 0
   */
  public void learn(double domain, double head, double row, double target, double weight) {
    calibration = calibration.learn(domain, head, row, target, weight);
  }

  /** Returns what was learned. */
  public Calibration calibration() {
    return calibration;
  }

  /**
   * Looks, at each {@code every}-th comparison or the first call after it, whether the calibration
   * has moved since it was last published; where it has, the caller publishes it.
   */
  public boolean publish() {
    if (calibration.events() - lastLook < every) {
      return false;
    }
    lastLook = calibration.events();
    float[] mean = calibration.belief().mean();
    double most = 0;
    for (int i = 0; i < mean.length; i++) {
      most = Math.max(most, Math.abs(mean[i] - published[i]));
    }
    if (most <= moved) {
      return false;
    }
    published = mean;
    return true;
  }

  /** Returns the state; {@link #restore} goes on from it bit for bit. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeLong(calibration.events());
          out.writeLong(lastLook);
          for (float value : calibration.values()) {
            out.writeFloat(value);
          }
          for (float value : published) {
            out.writeFloat(value);
          }
        });
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the bytes are no calibration learner's state
   */
  public static CalibrationLearner restore(int every, double moved, byte[] state) {
    return StateReader.read(
        "a calibration learner",
        MAGIC,
        state,
        in -> {
          long events = in.readLong();
          long lastLook = in.readLong();
          float[] values = new float[9];
          for (int i = 0; i < values.length; i++) {
            values[i] = in.readFloat();
          }
          float[] published = new float[3];
          for (int i = 0; i < published.length; i++) {
            published[i] = in.readFloat();
          }
          return new CalibrationLearner(
              every, moved, Calibration.restore(values, events), published, lastLook);
        });
  }
}
