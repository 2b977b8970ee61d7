package dev.attune.trainer.core;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What the trainer goes on from with one model: the content of a manifest's state artifact.
 *
 * @param learner what {@link RewardLearner#state} gave
 * @param abandoned what was learned and is in the present weights no more
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes that is never compared
public record TrainingState(byte[] learner, Abandoned abandoned) {
  private static final int MAGIC = 0x41545331; // "ATS1"

  /** Big-endian, in the order of the components. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(learner.length + 64);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeLong(abandoned.events());
      out.writeLong(abandoned.comparisons());
      out.writeLong(abandoned.judgements());
      out.writeInt(learner.length);
      out.write(learner);
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
      Abandoned abandoned = new Abandoned(in.readLong(), in.readLong(), in.readLong());
      return new TrainingState(in.readNBytes(in.readInt()), abandoned);
    } catch (IOException e) {
      throw new TrainerException("the state of model " + modelName + " is cut off", e);
    }
  }
}
