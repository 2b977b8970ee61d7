package dev.attune.trainer.core;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the trainer goes on from with one model: the content of a manifest's state artifact.
 *
 * @param learner what {@link RewardLearner#state} gave
 * @param gate the gate's state; empty where there is none
 * @param meter the prequential measurements' state
 * @param alarms the alarms' state
 * @param calibrations the states of the calibrations' learners, by domain
 * @param abandonedComparisons how many comparisons were learned that are in the weights no more
 * @param erasures the position in attune.erasures: by partition, the first offset not seen to
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
public record TrainingState(
    byte[] learner,
    byte[] gate,
    byte[] meter,
    byte[] alarms,
    Map<String, byte[]> calibrations,
    long abandonedComparisons,
    Map<Integer, Long> erasures) {
  private static final int MAGIC = 0x41545331; // "ATS1"

  public TrainingState {
    // Sorted, so that the same state has the same bytes.
    calibrations = new TreeMap<>(calibrations);
    erasures = new TreeMap<>(erasures);
  }

  /** Big-endian, in the order of the components; bytes and maps behind their sizes. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(learner.length + gate.length + 1024);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      write(out, learner);
      write(out, gate);
      write(out, meter);
      write(out, alarms);
      out.writeInt(calibrations.size());
      for (Map.Entry<String, byte[]> entry : calibrations.entrySet()) {
        out.writeUTF(entry.getKey());
        write(out, entry.getValue());
      }
      out.writeLong(abandonedComparisons);
      out.writeInt(erasures.size());
      for (Map.Entry<Integer, Long> entry : erasures.entrySet()) {
        out.writeInt(entry.getKey());
        out.writeLong(entry.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws TrainerException if the bytes are no training state of this version
   */
  public static TrainingState read(String modelName, byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != MAGIC) {
        throw new TrainerException(
            "the state of model "
                + modelName
                + " is of another version of this program: start with empty topics for models and"
                + " artifacts, and another group");
      }
      byte[] learner = readBytes(in);
      byte[] gate = readBytes(in);
      byte[] meter = readBytes(in);
      byte[] alarms = readBytes(in);
      Map<String, byte[]> calibrations = new TreeMap<>();
      for (int i = in.readInt(); i > 0; i--) {
        calibrations.put(in.readUTF(), readBytes(in));
      }
      long abandonedComparisons = in.readLong();
      Map<Integer, Long> erasures = new TreeMap<>();
      for (int i = in.readInt(); i > 0; i--) {
        erasures.put(in.readInt(), in.readLong());
      }
      return new TrainingState(
          learner, gate, meter, alarms, calibrations, abandonedComparisons, erasures);
    } catch (IOException e) {
      throw new TrainerException("the state of model " + modelName + " is cut off", e);
    }
  }

  private static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }
}
