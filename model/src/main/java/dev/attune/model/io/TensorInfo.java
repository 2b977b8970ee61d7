package dev.attune.model.io;

import java.util.List;

/**
 * What a safetensors header says about one tensor.
 *
 * @param name the tensor's name, unique in its file
 * @param type the type of its elements
 * @param shape its dimensions, row-major; empty for a scalar
 * @param begin offset of the first byte in the file's data section
 * @param end offset after the last byte in the file's data section
 */
public record TensorInfo(String name, ElementType type, List<Long> shape, long begin, long end) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** Number of elements; 1 for a scalar. */
  public long elements() {
    return (end - begin) / type.bytes();
  }

  /** Number of bytes. */
  public long bytes() {
    return end - begin;
  }

  /** The dimensions as an array, as most tensor libraries want them. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
