package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;

/** A calibration as it is published: a safetensors file. */
public final class CalibrationArtifact {
  private static final String SOURCE = "calibration";
  private static final String VALUES = "values";
  private static final String EVENTS = "events";

  private CalibrationArtifact() {}

  /** The same calibration gives the same bytes. */
  public static byte[] toBytes(Calibration calibration) {
    float[] values = calibration.values();
    return new SafetensorsWriter()
        .metadata(EVENTS, Long.toString(calibration.events()))
        .floats(VALUES, new long[] {values.length}, values)
        .toBytes();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws SafetensorsException if the bytes are no calibration
   */
  public static Calibration read(byte[] bytes) {
    try (Safetensors file = Safetensors.parse(SOURCE, bytes)) {
      String events = file.metadata().get(EVENTS);
      if (events == null) {
        throw new SafetensorsException(SOURCE, "metadata '" + EVENTS + "': missing");
      }
      return Calibration.restore(file.floats(VALUES), Long.parseLong(events));
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(SOURCE, "malformed: " + e.getMessage(), e);
    }
  }
}
