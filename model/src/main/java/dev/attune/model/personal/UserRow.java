package dev.attune.model.personal;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What is known of one user: the numbers of f_im (an offset o_i or logits z_i) and, so that it can
 * be learned from wherever it is kept, its own state of Adam. A value: arrays are copied in and
 * out.
 *
 * @param values the row, at least one number
 * @param mean running mean of its gradient
 * @param square running mean of the gradient's square
 * @param steps how often it was learned from
 */
public record UserRow(float[] values, float[] mean, float[] square, int steps) {
  /** Copies the arrays and checks their lengths. */
  public UserRow {
    if (values.length == 0 || mean.length != values.length || square.length != values.length) {
      throw new IllegalArgumentException(
          "%d values, %d means, %d squares; allowed are equal counts, 1 or more"
              .formatted(values.length, mean.length, square.length));
    }
    if (steps < 0) {
      throw new IllegalArgumentException("steps is " + steps + "; allowed is 0 or more");
    }
    values = values.clone();
    mean = mean.clone();
    square = square.clone();
  }

  /** Returns a row that was never learned from. */
  public static UserRow of(float... values) {
    return new UserRow(values, new float[values.length], new float[values.length], 0);
  }

  /** Returns this row with other numbers, and its optimiser state as it is. */
  public UserRow withValues(float... other) {
    return new UserRow(other, mean, square, steps);
  }

  @Override
  public float[] values() {
    return values.clone();
  }

  @Override
  public float[] mean() {
    return mean.clone();
  }

  @Override
  public float[] square() {
    return square.clone();
  }

  /** Returns how many numbers the row has. */
  public int size() {
    return values.length;
  }

  /** Returns the row as bytes: steps, then values, means and squares as big-endian floats. */
  public byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + 3 * Float.BYTES * values.length);
    bytes.putInt(steps);
    for (float[] part : new float[][] {values, mean, square}) {
      for (float value : part) {
        bytes.putFloat(value);
      }
    }
    return bytes.array();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if the bytes are no row
   */
  public static UserRow read(byte[] bytes) {
    int rest = bytes.length - Integer.BYTES;
    if (rest <= 0 || rest % (3 * Float.BYTES) != 0) {
      throw new IllegalArgumentException(bytes.length + " bytes are no user's row");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int steps = in.getInt();
    float[][] parts = new float[3][rest / (3 * Float.BYTES)];
    for (float[] part : parts) {
      for (int i = 0; i < part.length; i++) {
        part[i] = in.getFloat();
      }
    }
    return new UserRow(parts[0], parts[1], parts[2], steps);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UserRow row
        && steps == row.steps
        && Arrays.equals(values, row.values)
        && Arrays.equals(mean, row.mean)
        && Arrays.equals(square, row.square);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values) * 31 + steps;
  }

  @Override
  public String toString() {
    return "UserRow[" + values.length + " numbers, " + steps + " steps]";
  }
}
