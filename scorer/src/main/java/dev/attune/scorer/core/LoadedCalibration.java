package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;

/** A domain's calibration. Immutable. */
public record LoadedCalibration(Calibration calibration) implements Loaded {
  @Override
  public void close() {}
}
