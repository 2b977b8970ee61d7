package dev.attune.cli.published;

import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.model.reward.RewardWeights;
import java.util.Random;
import java.util.TreeSet;

/**
 * Reward models with random adapters and heads: their rewards are about as large as learned ones
 * and mean nothing. Immutable.
 */
public final class RandomReward {
  private static final double ADAPTER_DEVIATION = 0.02;

  private final byte[] untrained;

  private RandomReward(byte[] untrained) {
    this.untrained = untrained;
  }

  /** Models of this shape over a base, in its precision. */
  public static RandomReward over(BaseModel base, RewardModelConfig config) {
    OnlineConfig recipe = OnlineConfig.defaults().with(config);
    return new RandomReward(RewardWeights.untrained(base, recipe).toBytes());
  }

  /** The bytes of a model: what is 0 before training is random, by the seed. */
  public byte[] bytes(long seed) {
    Random random = new Random(seed);
    SafetensorsWriter writer = new SafetensorsWriter();
    try (Safetensors file = Safetensors.parse("an untrained reward model", untrained)) {
      file.metadata().forEach(writer::metadata);
      for (String name : new TreeSet<>(file.names())) {
        long[] shape = file.info(name).dimensions();
        float[] values = file.floats(name);
        if (!name.endsWith(".lora_A")) {
          // A head's inputs are about 1 each, so its rewards are as well.
          double deviation =
              name.endsWith(".lora_B") ? ADAPTER_DEVIATION : 1 / Math.sqrt((double) shape[1]);
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
          }
        }
        writer.floats(name, shape, values);
      }
    }
    return writer.toBytes();
  }
}
