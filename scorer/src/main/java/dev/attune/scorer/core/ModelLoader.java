package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.schemas.ModelKeys;
import dev.attune.scorer.core.ModelRejectedException.Reason;

/** Loads whatever is published, by the model's name. As thread-safe as its reward function. */
public final class ModelLoader {
  private final RewardFunction rewards;

  public ModelLoader(RewardFunction rewards) {
    this.rewards = rewards;
  }

  /** The sha-256 of the base that models must belong to. */
  public String base() {
    return rewards.base();
  }

  /**
   * Makes a published model ready.
   *
   * @param bytes the artifact's, already checked against its sha-256
   * @throws ModelRejectedException where the bytes are no such model of this base
   */
  public Loaded load(String model, byte[] bytes) throws ModelRejectedException {
    if (model.equals(ModelKeys.POLICY)) {
      return rewards.loadPolicy(bytes);
    }
    return ModelKeys.calibrationDomain(model).isPresent()
        ? calibration(bytes)
        : rewards.load(bytes);
  }

  private static LoadedCalibration calibration(byte[] bytes) throws ModelRejectedException {
    try {
      return new LoadedCalibration(Calibration.read(bytes));
    } catch (RuntimeException e) {
      throw new ModelRejectedException(
          Reason.WEIGHTS, e.getClass().getSimpleName() + ": " + e.getMessage(), e);
    }
  }
}
