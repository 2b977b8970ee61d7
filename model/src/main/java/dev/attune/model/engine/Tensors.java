package dev.attune.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.EnumSet;
import java.util.Set;

/**
 * Makes and checks tensors. The engine ends the whole process when it is handed an element type
 * that it does not know, so every type is checked here first.
 */
public final class Tensors {
  private static final Set<DataType> CREATABLE =
      EnumSet.of(
          DataType.FLOAT16,
          DataType.FLOAT32,
          DataType.FLOAT64,
          DataType.INT64,
          DataType.INT32,
          DataType.INT8,
          DataType.UINT8,
          DataType.BOOLEAN);

  private Tensors() {}

  /** Returns a tensor of 64-bit integers; {@code values} in row-major order. */
  public static NDArray of(NDManager manager, long[] values, long... shape) {
    return manager.create(values, new Shape(shape));
  }

  /** Returns a tensor of 32-bit floats; {@code values} in row-major order. */
  public static NDArray of(NDManager manager, float[] values, long... shape) {
    return manager.create(values, new Shape(shape));
  }

  /**
   * Returns a tensor of 32-bit floats, cast to a type of TorchScript's, in memory that the engine
   * allocates itself: always aligned in the same way, so that results repeat bit for bit. Gradients
   * may be taken through it.
   */
  public static NDArray owned(NDManager manager, float[] values, int scalarType, long... shape) {
    try (NDArray array = of(manager, values, shape)) {
      return TorchScript.SHARED.train(manager, "copy", array, scalarType).get(0);
    }
  }

  /**
   * Returns a tensor over {@code bytes}, which must be little-endian.
   *
   * @throws IllegalArgumentException if the engine does not know {@code type}, or the bytes do not
   *     fill the shape
   */
  public static NDArray of(NDManager manager, ByteBuffer bytes, Shape shape, DataType type) {
    if (!CREATABLE.contains(type)) {
      throw new IllegalArgumentException(
          "no tensor can be made of element type " + type + "; allowed are " + CREATABLE);
    }
    if (bytes.remaining() != shape.size() * type.getNumOfBytes()) {
      throw new IllegalArgumentException(
          bytes.remaining() + " bytes do not fill " + shape + " of " + type);
    }
    ByteBuffer direct = bytes;
    if (!bytes.isDirect()) {
      direct = ByteBuffer.allocateDirect(bytes.remaining());
      direct.put(bytes.duplicate()).rewind();
    }
    return manager.create(direct.order(ByteOrder.nativeOrder()), shape, type);
  }

  /**
   * Returns a copy of a 32-bit float tensor's elements, in row-major order.
   *
   * @throws IllegalArgumentException if it has elements of another type
   */
  public static float[] floats(NDArray array) {
    DataType type = require(array).getDataType();
    if (type != DataType.FLOAT32) {
      throw new IllegalArgumentException("element type " + type + "; allowed is float32");
    }
    return array.toFloatArray();
  }

  /** Returns the little-endian bytes of 32-bit floats. */
  public static byte[] bytes(float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  /** Returns the 32-bit floats in little-endian {@code bytes}. */
  public static float[] floats(ByteBuffer bytes) {
    FloatBuffer buffer = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return values;
  }

  /**
   * Returns {@code array} if it may be handed to native code.
   *
   * @throws IllegalArgumentException if it is null, closed or of an unknown element type
   */
  static NDArray require(NDArray array) {
    if (array == null || array.isReleased()) {
      throw new IllegalArgumentException(array == null ? "tensor is null" : "tensor is closed");
    }
    DataType type = array.getDataType();
    // UNKNOWN is how the engine shows a bfloat16 tensor that TorchScript made.
    if (!CREATABLE.contains(type) && type != DataType.UNKNOWN) {
      throw new IllegalArgumentException("element type " + type + "; allowed are " + CREATABLE);
    }
    return array;
  }
}
