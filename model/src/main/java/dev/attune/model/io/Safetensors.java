package dev.attune.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Reads a <a href="https://github.com/huggingface/safetensors">safetensors</a> file (memory-mapped,
 * so files and tensors may exceed 2 GiB) or the same bytes in memory.
 *
 * <p>The header is validated in full when it is opened; {@link SafetensorsException} names the file
 * and the tensor at fault. Safe for use by many threads. {@link #close()} releases the file handle;
 * buffers handed out before stay valid, but the file must not be truncated while they are in use.
 */
public final class Safetensors implements AutoCloseable {
  private final Object source;
  private final SafetensorsHeader header;
  private final Data data;

  private Safetensors(Object source, SafetensorsHeader header, Data data) {
    this.source = source;
    this.header = header;
    this.data = data;
  }

  /** Opens a file. */
  @SuppressWarnings("MustBeClosedChecker") // closed by close(), or below when the header is bad
  public static Safetensors open(Path file) {
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new SafetensorsException(file, "no such file", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open " + file, e);
    }
    boolean opened = false;
    try {
      long size = channel.size();
      ByteBuffer length = read(channel, file, 0, Math.min(Long.BYTES, size));
      int headerBytes = headerBytes(file, length, size);
      long dataStart = (long) Long.BYTES + headerBytes;
      byte[] json = new byte[headerBytes];
      read(channel, file, Long.BYTES, headerBytes).get(json);
      SafetensorsHeader header = SafetensorsHeader.parse(file, json, size - dataStart);
      Safetensors result = new Safetensors(file, header, new MappedData(channel, dataStart));
      opened = true;
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    } finally {
      if (!opened) {
        closeQuietly(channel);
      }
    }
  }

  /**
   * Reads from memory; the array is used, not copied, and must not be changed afterwards.
   *
   * @param source what to call it in error messages
   */
  public static Safetensors parse(String source, byte[] bytes) {
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int headerBytes = headerBytes(source, all, bytes.length);
    byte[] json = new byte[headerBytes];
    all.get(Long.BYTES, json);
    int dataStart = Long.BYTES + headerBytes;
    SafetensorsHeader header = SafetensorsHeader.parse(source, json, bytes.length - dataStart);
    return new Safetensors(
        source, header, (begin, size) -> all.slice((int) (dataStart + begin), (int) size));
  }

  /** The file, or what stands for it: what error messages name. */
  Object source() {
    return source;
  }

  /** Names of all tensors, in the order of their data. */
  public Set<String> names() {
    return header.tensors().keySet();
  }

  /** What the header says about a tensor. */
  public TensorInfo info(String name) {
    TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw new SafetensorsException(source, "tensor '" + name + "': missing");
    }
    return info;
  }

  /** The free-form strings of the file, sorted by key. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * A tensor's raw bytes: read-only, little-endian, direct when they come from a file. Native code
   * must not write to them: the memory is mapped read-only.
   *
   * @throws SafetensorsException if the tensor has 2 GiB or more; {@link #data(String, long, int)}
   *     gives such a one in parts
   */
  public ByteBuffer data(String name) {
    TensorInfo info = info(name);
    if (info.bytes() > Integer.MAX_VALUE) {
      throw new SafetensorsException(
          source, "tensor '" + name + "': " + info.bytes() + " bytes; allowed less than 2 GiB");
    }
    return slice(info, info.begin(), info.bytes());
  }

  /**
   * The raw bytes of {@code count} elements from {@code first} on, in row-major order; otherwise as
   * {@link #data(String)}.
   *
   * @throws IndexOutOfBoundsException if the tensor has no such elements
   * @throws IllegalArgumentException if they are 2 GiB or more
   */
  public ByteBuffer data(String name, long first, int count) {
    TensorInfo info = info(name);
    Objects.checkFromIndexSize(first, count, info.elements());
    long bytes = (long) count * info.type().bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(count + " elements are " + bytes + " bytes");
    }
    return slice(info, info.begin() + first * info.type().bytes(), bytes);
  }

  private ByteBuffer slice(TensorInfo info, long begin, long bytes) {
    try {
      return data.slice(begin, bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot map tensor '" + info.name() + "' of " + source, e);
    }
  }

  /** A tensor of type F32, F16 or BF16 as floats, row-major; the widening is exact. */
  public float[] floats(String name) {
    TensorInfo info = info(name);
    float[] values;
    switch (info.type()) {
      case F32 -> {
        FloatBuffer floats = data(name).asFloatBuffer();
        values = new float[floats.remaining()];
        floats.get(values);
      }
      case F16, BF16 -> {
        boolean brain = info.type() == ElementType.BF16;
        ShortBuffer bits = data(name).asShortBuffer();
        values = new float[bits.remaining()];
        for (int i = 0; i < values.length; i++) {
          short element = bits.get(i);
          values[i] = brain ? SmallFloats.fromBfloat16(element) : SmallFloats.fromFloat16(element);
        }
      }
      default -> throw wrongType(info, "F32, F16, BF16");
    }
    return values;
  }

  /** A tensor of type I64, row-major. */
  public long[] longs(String name) {
    TensorInfo info = info(name);
    if (info.type() != ElementType.I64) {
      throw wrongType(info, "I64");
    }
    LongBuffer longs = data(name).asLongBuffer();
    long[] values = new long[longs.remaining()];
    longs.get(values);
    return values;
  }

  @Override
  public void close() {
    data.close();
  }

  private SafetensorsException wrongType(TensorInfo info, String allowed) {
    return new SafetensorsException(
        source,
        "tensor '%s': dtype is %s; allowed %s".formatted(info.name(), info.type(), allowed));
  }

  private static int headerBytes(Object source, ByteBuffer start, long size) {
    if (size < Long.BYTES) {
      throw new SafetensorsException(source, "truncated: the file has " + size + " bytes");
    }
    return SafetensorsHeader.checkedLength(source, start.getLong(0), size);
  }

  private static ByteBuffer read(FileChannel channel, Path file, long position, long size)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new SafetensorsException(file, "truncated while it was read");
      }
    }
    return buffer.flip();
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where tensors' bytes come from; offsets count from the start of the data section. */
  private interface Data {
    ByteBuffer slice(long begin, long size) throws IOException;

    default void close() {}
  }

  private record MappedData(FileChannel channel, long start) implements Data {
    @Override
    public ByteBuffer slice(long begin, long size) throws IOException {
      return channel.map(MapMode.READ_ONLY, start + begin, size);
    }

    @Override
    public void close() {
      closeQuietly(channel);
    }
  }
}
