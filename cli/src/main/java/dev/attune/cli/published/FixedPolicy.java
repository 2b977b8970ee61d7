package dev.attune.cli.published;

import dev.attune.cli.traffic.RecordSender;
import dev.attune.model.engine.Precision;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.PersonalWeights;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.ModelKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A policy that stays as it is, so that users' states depend on the buckets alone. Its directions
 * are random: what is learned is of no use to anybody, but it is learned.
 *
 * @param policy of epoch 1
 * @param precision of the base that it was made on
 */
public record FixedPolicy(Policy policy, Precision precision) {
  private static final int DIRECTIONS = 8;
  private static final int ROW_DIRECTIONS = 4;
  private static final double ROW_SPREAD = 0.05;

  /** The policy of a base in fp32, with the usual lengths; the same for the same seed. */
  public static FixedPolicy of(Path base, long seed) {
    try (BaseModel model = BaseModel.load(base, Precision.FP32)) {
      return of(model, PersonalConfig.defaults(), seed);
    }
  }

  /** The policy of a base in its precision; the same for the same seed. */
  public static FixedPolicy of(BaseModel base, PersonalConfig config, long seed) {
    Random random = new Random(seed);
    // As ReplyFeatures has them: two states and the length.
    float[] mean = new float[2 * base.config().hiddenSize() + 1];
    float[] deviation = new float[mean.length];
    Arrays.fill(deviation, 1);
    PersonalWeights weights = PersonalWeights.untrained(base, config);
    float[] centre = weights.newRow().values();
    Policy policy =
        new Policy(
            1,
            base.sha256(),
            config.promptTokens(),
            config.replyTokens(),
            new HeadBasis(
                mean, deviation, vectors(DIRECTIONS, mean, 1 / Math.sqrt(mean.length), random)),
            GaussianWeights.independent(DIRECTIONS + 1, 1),
            weights,
            RowSubspace.of(
                centre, vectors(ROW_DIRECTIONS, centre, ROW_SPREAD, random), ROW_DIRECTIONS),
            List.of());
    return new FixedPolicy(policy, base.precision());
  }

  private static List<float[]> vectors(int count, float[] around, double spread, Random random) {
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] vector = around.clone();
      for (int j = 0; j < vector.length; j++) {
        vector[j] += (float) (spread * random.nextGaussian());
      }
      vectors.add(vector);
    }
    return vectors;
  }

  /** The sha-256 of the base that it belongs to. */
  public String base() {
    return policy.base();
  }

  /** Publishes it as the trainer would. */
  public void publish(RecordSender sender) {
    new ModelPublisher(sender, base(), precision).publish(ModelKeys.POLICY, 1, policy.toBytes());
  }
}
