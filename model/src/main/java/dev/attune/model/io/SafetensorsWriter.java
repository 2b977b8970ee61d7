package dev.attune.model.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Collects tensors and writes them as safetensors, to memory or to a file. The bytes depend only on
 * what was added, not on the order of adding: tensors lie by element size (large ones first, so
 * that each is aligned to its own size), then by name; metadata is sorted; data starts at a
 * multiple of 8. Not thread-safe.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final Comparator<Tensor> DATA_ORDER =
      Comparator.comparingInt((Tensor tensor) -> -tensor.type.bytes())
          .thenComparing(tensor -> tensor.name);

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final TreeMap<String, String> metadata = new TreeMap<>();

  /** Adds a free-form string to the header. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor from its raw little-endian bytes. The buffer is used, not copied: it must not
   * change before the writing; its position and limit are left alone.
   *
   * @throws IllegalArgumentException if the name is taken, or the bytes do not fit the shape
   */
  public SafetensorsWriter add(String name, ElementType type, long[] shape, ByteBuffer data) {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("tensor name " + name + " is reserved by the format");
    }
    long needed = type.bytes();
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("tensor '%s': negative dimension".formatted(name));
      }
      needed = Math.multiplyExact(needed, dimension);
    }
    if (needed != data.remaining()) {
      throw new IllegalArgumentException(
          "tensor '%s': %s of shape %s needs %d bytes, got %d"
              .formatted(name, type, Arrays.toString(shape), needed, data.remaining()));
    }
    if (tensors.putIfAbsent(
            name, new Tensor(name, type, Arrays.stream(shape).boxed().toList(), data.slice()))
        != null) {
      throw new IllegalArgumentException("tensor '%s' was added before".formatted(name));
    }
    return this;
  }

  /** Adds a tensor as F32. */
  public SafetensorsWriter floats(String name, long[] shape, float[] values) {
    ByteBuffer data = allocate(values.length, Float.BYTES);
    data.asFloatBuffer().put(values);
    return add(name, ElementType.F32, shape, data);
  }

  /** Adds a tensor as BF16, rounding each value to the nearest. */
  public SafetensorsWriter bfloats(String name, long[] shape, float[] values) {
    ByteBuffer data = allocate(values.length, Short.BYTES);
    for (int i = 0; i < values.length; i++) {
      data.putShort(i * Short.BYTES, SmallFloats.toBfloat16(values[i]));
    }
    return add(name, ElementType.BF16, shape, data);
  }

  /** Adds a tensor as I64. */
  public SafetensorsWriter longs(String name, long[] shape, long[] values) {
    ByteBuffer data = allocate(values.length, Long.BYTES);
    data.asLongBuffer().put(values);
    return add(name, ElementType.I64, shape, data);
  }

  /** All of it as bytes; less than 2 GiB. */
  public byte[] toBytes() {
    List<Tensor> inOrder = inOrder();
    byte[] header = header(inOrder);
    long size = header.length;
    for (Tensor tensor : inOrder) {
      size += tensor.data.remaining();
    }
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size)).put(header);
    inOrder.forEach(tensor -> all.put(tensor.data.duplicate()));
    return all.array();
  }

  /**
   * Writes a file and forces it to disk. Not atomic: who needs that writes beside and renames, as
   * {@link ModelFolder} does.
   */
  public void write(Path file) {
    List<Tensor> inOrder = inOrder();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeFully(channel, ByteBuffer.wrap(header(inOrder)));
      for (Tensor tensor : inOrder) {
        writeFully(channel, tensor.data.duplicate());
      }
      channel.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private List<Tensor> inOrder() {
    List<Tensor> inOrder = new ArrayList<>(tensors.values());
    inOrder.sort(DATA_ORDER);
    return inOrder;
  }

  private byte[] header(List<Tensor> inOrder) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(strings::put);
    }
    long offset = 0;
    for (Tensor tensor : inOrder) {
      ObjectNode node = root.putObject(tensor.name);
      node.put("dtype", tensor.type.name());
      ArrayNode shape = node.putArray("shape");
      tensor.shape.forEach(shape::add);
      long end = offset + tensor.data.remaining();
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text;
    try {
      text = json.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    int padded = (text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header =
        ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded);
    header.put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.array();
  }

  private static ByteBuffer allocate(int elements, int bytes) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private record Tensor(String name, ElementType type, List<Long> shape, ByteBuffer data) {}
}
