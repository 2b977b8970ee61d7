package dev.attune.trainer.gate;

/**
 * Finds the event from which on losses are higher than before: the test of Page (1954, "Continuous
 * inspection schemes"; also Page–Hinkley) with a mean that fades, for a model that learns has no
 * constant loss: c ← max(0, c + min(x, 3) − mean − 0.1), and a change where c exceeds 15 nats; mean
 * is that of the losses before, of the last 200 at most by weight. After a change it begins anew.
 */
public final class DriftDetector {
  private static final int MAGIC = 0x41544431; // "ATD1"
  private static final double MOST_LOSS = 3;
  private static final double TOLERANCE = 0.1;
  private static final double THRESHOLD = 15;
  private static final int MEMORY = 200;
  private static final int FEWEST = 30;

  private double mean;
  private long seen;
  private double excess;

  /**
   * Takes the next event's loss.
   *
   * @param loss in nats, of a prediction that was made before the event was learned from
   * @return whether losses have risen: the change is marked at this event
   */
  public boolean add(double loss) {
    if (!(loss >= 0)) {
      throw new IllegalArgumentException("loss is " + loss + "; allowed is >= 0");
    }
    double x = Math.min(loss, MOST_LOSS);
    if (seen >= FEWEST) {
      excess = Math.max(0, excess + x - mean - TOLERANCE);
      if (excess > THRESHOLD) {
        mean = 0;
        seen = 0;
        excess = 0;
        return true;
      }
    }
    seen++;
    mean += (x - mean) / Math.min(seen, MEMORY);
    return false;
  }

  /** Returns the state; {@link #restore} goes on from it bit for bit. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeDouble(mean);
          out.writeLong(seen);
          out.writeDouble(excess);
        });
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the bytes are no detector's state
   */
  public static DriftDetector restore(byte[] state) {
    return StateReader.read(
        "a drift detector",
        MAGIC,
        state,
        in -> {
          DriftDetector detector = new DriftDetector();
          detector.mean = in.readDouble();
          detector.seen = in.readLong();
          detector.excess = in.readDouble();
          return detector;
        });
  }
}
