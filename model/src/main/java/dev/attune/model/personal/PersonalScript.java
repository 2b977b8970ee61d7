package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import java.util.List;
import java.util.Map;

/** Calls of personal.py with the arguments that a base and a configuration decide. */
final class PersonalScript {
  private final BaseModel base;
  private final PersonalConfig config;

  PersonalScript(BaseModel base, PersonalConfig config) {
    this.base = base;
    this.config = config;
  }

  /**
   * Returns the loss, the outcomes of all replies, and the loss's gradient by each of {@code
   * learned}.
   */
  List<NDArray> gradients(
      NDManager scratch,
      Map<String, NDArray> batch,
      Dictionary learned,
      Dictionary frozen,
      double shift) {
    try (Dictionary inputs = new Dictionary(batch)) {
      return TorchScript.SHARED.train(
          scratch,
          "personal_gradients",
          inputs,
          base.weights(),
          learned,
          frozen,
          base.shape(),
          base.config().rmsNormEps(),
          config.users().tokens(),
          config.users().offset(),
          config.loss().objective() == PersonalLoss.Objective.IPO,
          config.loss().scale(),
          config.loss().tau(),
          shift);
    }
  }

  /** Adds gradients to {@code total}, or makes them the total where there is none yet. */
  static void add(NDManager scratch, List<NDArray> total, List<NDArray> more) {
    if (total.isEmpty()) {
      total.addAll(more);
    } else {
      TorchScript.SHARED.train(scratch, "add_gradients", total, more);
    }
  }
}
