package dev.attune.model.reward;

import dev.attune.model.engine.Precision;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.reward.RewardWeights.Identity;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a learner needs to go on exactly where it stopped, as bytes. Big-endian, in the
 * order of the components.
 */
record LearnerState(
    Identity identity,
    boolean general,
    List<String> heads,
    Map<String, Slot> slots,
    Map<String, GaussianWeights> effects,
    LearnerCounts counts,
    double replayDue,
    double boost,
    long boostUntil,
    double loss,
    double accuracy,
    long memorySeen,
    List<EncodedExample> memory,
    List<EncodedExample> enrichment,
    List<EncodedExample> pending) {
  private static final int MAGIC = 0x41544c35; // "ATL5"
  private static final int WITHOUT_EFFECTS = 0x41544c34; // "ATL4"
  private static final int WITHOUT_USERS = 0x41544c33; // "ATL3"
  private static final Set<Integer> OLD_MAGICS = Set.of(0x41544c31, 0x41544c32); // "ATL1", "ATL2"

  /** A parameter with its optimiser state and the running average that is served. */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  record Slot(
      long[] shape, float[] weight, float[] mean, float[] square, float steps, float[] average) {}

  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeUTF(identity.base());
      out.writeUTF(identity.precision().name());
      out.writeInt(identity.model().rank());
      out.writeDouble(identity.model().alpha());
      out.writeUTF(identity.model().pooling().name());
      out.writeBoolean(identity.model().length());
      out.writeInt(identity.model().promptTokens());
      out.writeInt(identity.model().replyTokens());
      out.writeBoolean(general);
      out.writeInt(heads.size());
      for (String head : heads) {
        out.writeUTF(head);
      }
      out.writeInt(slots.size());
      for (Map.Entry<String, Slot> entry : slots.entrySet()) {
        Slot slot = entry.getValue();
        out.writeUTF(entry.getKey());
        out.writeLong(slot.shape[0]);
        out.writeLong(slot.shape[1]);
        out.writeFloat(slot.steps);
        for (float[] values : List.of(slot.weight, slot.mean, slot.square, slot.average)) {
          writeFloats(out, values);
        }
      }
      out.writeInt(effects.size());
      for (Map.Entry<String, GaussianWeights> entry : effects.entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeInt(entry.getValue().size());
        writeFloats(out, entry.getValue().mean());
        writeFloats(out, entry.getValue().covariance());
      }
      out.writeLong(counts.events());
      out.writeLong(counts.comparisons());
      out.writeLong(counts.judgements());
      out.writeLong(counts.replayed());
      out.writeLong(counts.steps());
      out.writeDouble(replayDue);
      out.writeDouble(boost);
      out.writeLong(boostUntil);
      out.writeDouble(loss);
      out.writeDouble(accuracy);
      out.writeLong(memorySeen);
      for (List<EncodedExample> examples : List.of(memory, enrichment, pending)) {
        out.writeInt(examples.size());
        for (EncodedExample example : examples) {
          example.write(out);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if the bytes are no learner's state
   */
  static LearnerState read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int magic = in.readInt();
      if (OLD_MAGICS.contains(magic)) {
        throw new IllegalArgumentException(
            "the state is of an earlier version of this format: the model must be trained anew");
      }
      boolean users = magic != WITHOUT_USERS;
      if (magic != MAGIC && magic != WITHOUT_EFFECTS && users) {
        throw new IllegalArgumentException("the bytes are not the state of a reward learner");
      }
      Identity identity =
          new Identity(
              in.readUTF(),
              Precision.valueOf(in.readUTF()),
              new RewardModelConfig(
                  in.readInt(),
                  in.readDouble(),
                  Pooling.valueOf(in.readUTF()),
                  in.readBoolean(),
                  in.readInt(),
                  in.readInt()));
      boolean general = in.readBoolean();
      List<String> heads = new ArrayList<>();
      for (int i = in.readInt(); i > 0; i--) {
        heads.add(in.readUTF());
      }
      Map<String, Slot> slots = new LinkedHashMap<>();
      for (int i = in.readInt(); i > 0; i--) {
        String name = in.readUTF();
        long[] shape = {in.readLong(), in.readLong()};
        float steps = in.readFloat();
        int size = Math.toIntExact(shape[0] * shape[1]);
        float[] weight = readFloats(in, size);
        float[] mean = readFloats(in, size);
        float[] square = readFloats(in, size);
        slots.put(name, new Slot(shape, weight, mean, square, steps, readFloats(in, size)));
      }
      Map<String, GaussianWeights> effects =
          magic == MAGIC ? readEffects(in) : new LinkedHashMap<>();
      long events = in.readLong();
      long comparisons = in.readLong();
      long judgements = in.readLong();
      long replayed = in.readLong();
      long steps = in.readLong();
      double replayDue = in.readDouble();
      double boost = users ? in.readDouble() : 1;
      long boostUntil = users ? in.readLong() : 0;
      double loss = in.readDouble();
      double accuracy = in.readDouble();
      long memorySeen = in.readLong();
      List<EncodedExample> memory = readExamples(in, users);
      List<EncodedExample> enrichment = readExamples(in, users);
      List<EncodedExample> pending = readExamples(in, users);
      LearnerCounts counts =
          LearnerCounts.of(events, comparisons, judgements, pending, replayed, steps);
      return new LearnerState(
          identity,
          general,
          heads,
          slots,
          effects,
          counts,
          replayDue,
          boost,
          boostUntil,
          loss,
          accuracy,
          memorySeen,
          memory,
          enrichment,
          pending);
    } catch (IOException e) {
      throw new IllegalArgumentException("the state of a reward learner is cut off", e);
    }
  }

  private static Map<String, GaussianWeights> readEffects(DataInputStream in) throws IOException {
    Map<String, GaussianWeights> effects = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String source = in.readUTF();
      int size = in.readInt();
      float[] mean = readFloats(in, size);
      effects.put(source, GaussianWeights.restore(mean, readFloats(in, size * (size + 1) / 2)));
    }
    return effects;
  }

  private static List<EncodedExample> readExamples(DataInputStream in, boolean users)
      throws IOException {
    List<EncodedExample> examples = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      examples.add(users ? EncodedExample.read(in) : EncodedExample.readWithoutUser(in));
    }
    return examples;
  }

  private static void writeFloats(DataOutputStream out, float[] values) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Float.BYTES * values.length);
    buffer.asFloatBuffer().put(values);
    out.write(buffer.array());
  }

  private static float[] readFloats(DataInputStream in, int size) throws IOException {
    byte[] bytes = new byte[Float.BYTES * size];
    in.readFully(bytes);
    float[] values = new float[size];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }
}
