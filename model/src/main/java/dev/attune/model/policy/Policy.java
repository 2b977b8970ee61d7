package dev.attune.model.policy;

import dev.attune.model.head.BasisChange;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.io.ElementType;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.personal.PersonalWeights;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One epoch of what all users share: the coordinates in which heads are learned and their prior,
 * and, once a policy has been trained, its weights and the subspace in which rows are learned.
 * Carries how states of earlier epochs become states of this one. Immutable.
 *
 * @param epoch counts from 1; the version of the model {@code policy}
 * @param base sha-256 of the base that the features come from
 * @param promptTokens most tokens of a prompt that features are read with
 * @param replyTokens the same of a reply
 * @param basis the coordinates of heads
 * @param prior what is believed of the head of a user of whom nothing is known
 * @param weights adapter and user model of P-DPO; null: no policy has been trained yet
 * @param rows the subspace of rows; null exactly where {@code weights} is
 * @param changes the steps from earlier epochs to this one, oldest first, without gaps; a state
 *     that is older than the first is not carried
 */
public record Policy(
    long epoch,
    String base,
    int promptTokens,
    int replyTokens,
    HeadBasis basis,
    GaussianWeights prior,
    @Nullable PersonalWeights weights,
    @Nullable RowSubspace rows,
    List<EpochChange> changes) {
  private static final String FORMAT = "attune-policy-1";
  private static final String SOURCE = "policy";

  /** Checks that the parts fit each other. */
  public Policy {
    changes = List.copyOf(changes);
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch is " + epoch + "; allowed is 1 or more");
    }
    if (basis.size() != prior.size()) {
      throw new IllegalArgumentException(
          "a basis of %d and a prior of %d".formatted(basis.size(), prior.size()));
    }
    if ((weights == null) != (rows == null)) {
      throw new IllegalArgumentException("weights without a subspace of rows, or the reverse");
    }
    if (weights != null && !weights.base().equals(base)) {
      throw new IllegalArgumentException(
          "weights of base " + weights.base() + " in a policy of base " + base);
    }
    for (int i = 0; i < changes.size(); i++) {
      if (changes.get(i).from() != epoch - changes.size() + i) {
        throw new IllegalArgumentException("the changes to epoch " + epoch + " have a gap");
      }
    }
  }

  /** The state of a user of whom nothing is known. */
  public UserState generic() {
    return new UserState(epoch, prior, 0, rows == null ? null : rows.prior(), 0);
  }

  /** The coordinates x of a reply's features, [k]; the last is 1. Rounded to fp32, as published. */
  public float[] coordinates(float[] features) {
    return rounded(basis.reply(features));
  }

  /**
   * Brings a state to this epoch: the head through the maps between the bases, the row by its
   * projection on this epoch's subspace, where it is trained on.
   *
   * @return the state itself where it is of this epoch; the generic state with its counts where it
   *     is older than the changes reach
   * @throws IllegalArgumentException if the state is of a later epoch
   */
  public UserState carry(UserState state) {
    if (state.epoch() > epoch) {
      throw new IllegalArgumentException(
          "a state of epoch %d under a policy of epoch %d".formatted(state.epoch(), epoch));
    }
    if (state.epoch() == epoch) {
      return state;
    }
    GaussianWeights head = prior;
    GaussianWeights row = rows == null ? null : rows.prior();
    int first = Math.toIntExact(changes.size() - (epoch - state.epoch()));
    if (first >= 0) {
      head = state.head();
      row = state.row();
      for (int i = first; i < changes.size(); i++) {
        EpochChange change = changes.get(i);
        boolean last = i + 1 == changes.size();
        GaussianWeights next = last ? prior : changes.get(i + 1).prior();
        RowSubspace nextRows = last ? rows : changes.get(i + 1).rows();
        head = change.basis().carry(head, change.prior(), next);
        row = carryRow(row, change.rows(), nextRows);
      }
    }
    return new UserState(epoch, head, state.events(), row, state.rowEvents());
  }

  private static @Nullable GaussianWeights carryRow(
      @Nullable GaussianWeights row, @Nullable RowSubspace from, @Nullable RowSubspace to) {
    if (to == null) {
      return null;
    }
    return row == null || from == null ? to.prior() : to.project(from.row(row));
  }

  private static float[] rounded(double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return rounded;
  }

  /** The policy as a safetensors file; the same policy gives the same bytes. */
  public byte[] toBytes() {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", FORMAT)
            .metadata("epoch", Long.toString(epoch))
            .metadata("base", base)
            .metadata("prompt_tokens", Integer.toString(promptTokens))
            .metadata("reply_tokens", Integer.toString(replyTokens))
            .metadata("changes", Integer.toString(changes.size()))
            .floats("basis.mean", shape(basis.mean()), basis.mean())
            .floats("basis.deviation", shape(basis.deviation()), basis.deviation());
    matrix(writer, "basis.directions", basis.directions());
    belief(writer, "prior", prior);
    if (weights != null) {
      byte[] bytes = weights.toBytes();
      writer.add("weights", ElementType.U8, new long[] {bytes.length}, ByteBuffer.wrap(bytes));
    }
    subspace(writer, "rows", rows);
    for (int i = 0; i < changes.size(); i++) {
      EpochChange change = changes.get(i);
      matrix(writer, "change." + i + ".map", change.basis().rows());
      belief(writer, "change." + i + ".prior", change.prior());
      subspace(writer, "change." + i + ".rows", change.rows());
    }
    return writer.toBytes();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws SafetensorsException if the bytes are no policy
   */
  public static Policy read(byte[] bytes) {
    try (Safetensors file = Safetensors.parse(SOURCE, bytes)) {
      if (!FORMAT.equals(file.metadata().get("format"))) {
        throw new SafetensorsException(
            SOURCE,
            "metadata 'format': " + file.metadata().get("format") + "; allowed is " + FORMAT);
      }
      long epoch = Long.parseLong(field(file, "epoch"));
      int count = Integer.parseInt(field(file, "changes"));
      List<EpochChange> changes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String name = "change." + i;
        changes.add(
            new EpochChange(
                epoch - count + i,
                BasisChange.restore(matrix(file, name + ".map")),
                belief(file, name + ".prior"),
                subspace(file, name + ".rows")));
      }
      return new Policy(
          epoch,
          field(file, "base"),
          Integer.parseInt(field(file, "prompt_tokens")),
          Integer.parseInt(field(file, "reply_tokens")),
          new HeadBasis(
              file.floats("basis.mean"),
              file.floats("basis.deviation"),
              matrix(file, "basis.directions")),
          belief(file, "prior"),
          weights(file),
          subspace(file, "rows"),
          changes);
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(SOURCE, "malformed: " + e.getMessage(), e);
    }
  }

  private static @Nullable PersonalWeights weights(Safetensors file) {
    if (!file.names().contains("weights")) {
      return null;
    }
    ByteBuffer data = file.data("weights");
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return PersonalWeights.read(bytes);
  }

  private static void subspace(SafetensorsWriter writer, String name, @Nullable RowSubspace rows) {
    if (rows != null) {
      float[] centre = rows.centre();
      writer.floats(name + ".centre", shape(centre), centre);
      matrix(writer, name + ".directions", rows.directions());
      belief(writer, name + ".prior", rows.prior());
    }
  }

  private static @Nullable RowSubspace subspace(Safetensors file, String name) {
    return file.names().contains(name + ".centre")
        ? RowSubspace.restore(
            file.floats(name + ".centre"),
            matrix(file, name + ".directions"),
            belief(file, name + ".prior"))
        : null;
  }

  private static void belief(SafetensorsWriter writer, String name, GaussianWeights belief) {
    writer
        .floats(name + ".mean", shape(belief.mean()), belief.mean())
        .floats(name + ".covariance", shape(belief.covariance()), belief.covariance());
  }

  private static GaussianWeights belief(Safetensors file, String name) {
    return GaussianWeights.restore(file.floats(name + ".mean"), file.floats(name + ".covariance"));
  }

  private static void matrix(SafetensorsWriter writer, String name, List<float[]> rows) {
    int width = rows.get(0).length;
    float[] flat = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, flat, i * width, width);
    }
    writer.floats(name, new long[] {rows.size(), width}, flat);
  }

  private static List<float[]> matrix(Safetensors file, String name) {
    long[] shape = file.info(name).dimensions();
    float[] flat = file.floats(name);
    List<float[]> rows = new ArrayList<>();
    int width = Math.toIntExact(shape[1]);
    for (int at = 0; at < flat.length; at += width) {
      float[] row = new float[width];
      System.arraycopy(flat, at, row, 0, width);
      rows.add(row);
    }
    return rows;
  }

  private static long[] shape(float[] values) {
    return new long[] {values.length};
  }

  private static String field(Safetensors file, String name) {
    String value = file.metadata().get(name);
    if (value == null) {
      throw new SafetensorsException(SOURCE, "metadata '" + name + "': missing");
    }
    return value;
  }
}
