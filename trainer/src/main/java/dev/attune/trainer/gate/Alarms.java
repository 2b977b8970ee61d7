package dev.attune.trainer.gate;

import dev.attune.model.reward.LearnedBatch;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * Notices when a model fails silently: it runs, and learns nothing or serves nothing new. An alarm
 * is raised from the event that it is for until the contrary is seen.
 */
public final class Alarms {
  /** The last 5 steps had a gradient of zero. */
  public static final String ZERO_GRADIENT = "zero-gradient";

  /** The last 5 batches were left out: their loss or gradient is not finite. */
  public static final String NOT_FINITE = "not-finite";

  /** All rewards were equal within each of the events of the last 5 batches. */
  public static final String CONSTANT_REWARDS = "constant-rewards";

  /** The version published last has the weights of the one before it. */
  public static final String UNCHANGED_WEIGHTS = "unchanged-weights";

  /** The gate refused the candidate or gave it up, and published nothing since. */
  public static final String REFUSED = "refused";

  private static final int MAGIC = 0x41544131; // "ATA1"
  private static final int IN_A_ROW = 5;

  private int zeroGradients;
  private int notFinite;
  private int constant;
  private boolean unchanged;
  private boolean refused;

  /** Takes the next batch that was learned from. */
  public void learned(LearnedBatch batch) {
    if (!batch.applied()) {
      notFinite += batch.predictions().isEmpty() ? 0 : 1;
      return;
    }
    notFinite = 0;
    zeroGradients = batch.gradientNorm() == 0 ? zeroGradients + 1 : 0;
    double[] differences =
        batch.predictions().stream()
            .flatMapToDouble(p -> DoubleStream.of(p.own()).limit(p.example().pairs().size()))
            .toArray();
    if (differences.length > 0) {
      constant = DoubleStream.of(differences).allMatch(d -> d == 0) ? constant + 1 : 0;
    }
  }

  /** Takes the gate's word. */
  public void decided(GateVerdict verdict) {
    GateDecision decision = verdict.getDecision();
    if (decision == GateDecision.REFUSED || decision == GateDecision.FELL_BACK) {
      refused = true;
    } else if (decision != GateDecision.UNDECIDED) {
      refused = false;
    }
  }

  /**
   * Takes a publication.
   *
   * @param changed whether its weights differ from those of the version before
   */
  public void published(boolean changed) {
    unchanged = !changed;
  }

  /** Returns every alarm, and whether it is raised. */
  public Map<String, Boolean> raised() {
    Map<String, Boolean> raised = new LinkedHashMap<>();
    raised.put(ZERO_GRADIENT, zeroGradients >= IN_A_ROW);
    raised.put(NOT_FINITE, notFinite >= IN_A_ROW);
    raised.put(CONSTANT_REWARDS, constant >= IN_A_ROW);
    raised.put(UNCHANGED_WEIGHTS, unchanged);
    raised.put(REFUSED, refused);
    return raised;
  }

  /** Returns the state; {@link #restore} goes on from it. */
  public byte[] toBytes() {
    return StateWriter.write(
        MAGIC,
        out -> {
          out.writeInt(zeroGradients);
          out.writeInt(notFinite);
          out.writeInt(constant);
          out.writeBoolean(unchanged);
          out.writeBoolean(refused);
        });
  }

  /**
   * Goes on from a state.
   *
   * @throws IllegalArgumentException if the bytes are no alarms' state
   */
  public static Alarms restore(byte[] state) {
    return StateReader.read(
        "alarms",
        MAGIC,
        state,
        in -> {
          Alarms alarms = new Alarms();
          alarms.zeroGradients = in.readInt();
          alarms.notFinite = in.readInt();
          alarms.constant = in.readInt();
          alarms.unchanged = in.readBoolean();
          alarms.refused = in.readBoolean();
          return alarms;
        });
  }
}
