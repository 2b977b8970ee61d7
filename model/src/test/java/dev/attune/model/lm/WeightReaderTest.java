package dev.attune.model.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.management.ThreadMXBean;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.io.ElementType;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.io.SmallFloats;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightReaderTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"F32,FP32", "F32,BF16", "F16,FP32", "F16,BF16", "BF16,FP32", "BF16,BF16"})
  void shouldReadWhatIsStored(ElementType stored, Precision precision) {
    // Given
    try (ModelFolder folder = folder(stored, 3, 5);
        NDManager manager = Torch.newManager()) {
      NDArray exact = Tensors.of(manager, folder.floats("w"), 3, 5);
      NDArray rounded = TorchScript.SHARED.infer(manager, "cast", exact, precision.scalarType());

      // When
      NDArray read = WeightReader.read(manager, folder, List.of("w"), precision.scalarType());

      // Then
      assertThat(read.getShape().getShape()).containsExactly(3, 5);
      assertThat(read.getDataType()).isEqualTo(rounded.getDataType());
      assertThat(floats(manager, read)).containsExactly(floats(manager, rounded));
    }
  }

  @ParameterizedTest
  @CsvSource({"F32,FP32", "BF16,FP32", "BF16,BF16"})
  void shouldTakeNeitherHeapNorBuffersForALargeTensor(ElementType stored, Precision precision) {
    // Given: more than one part
    int rows = 137;
    int columns = (1 << 15) * 4 / stored.bytes();
    try (ModelFolder folder = folder(stored, rows, columns);
        NDManager manager = Torch.newManager()) {
      WeightReader.read(manager, folder, List.of("w"), precision.scalarType()).close();
      ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long direct = directMemory();
      long heap = thread.getThreadAllocatedBytes(Thread.currentThread().getId());

      // When
      NDArray read = WeightReader.read(manager, folder, List.of("w"), precision.scalarType());

      // Then
      long heapAfter = thread.getThreadAllocatedBytes(Thread.currentThread().getId());
      assertThat(folder.info("w").bytes()).isGreaterThan(17L << 20);
      assertThat(heapAfter - heap).isLessThan(1 << 20);
      assertThat(directMemory() - direct).isLessThan(1 << 20);
      assertThat(floats(manager, read.get(rows - 1)))
          .isEqualTo(floats(manager, Tensors.of(manager, lastRow(folder, columns), columns)));
    }
  }

  @Test
  void shouldPutTensorsBelowOneAnother() {
    // Given
    ModelFolder.save(
        dir.resolve("model"),
        ModelConfig.llama(8, 4, 8, 1, 1, 16),
        null,
        new SafetensorsWriter()
            .floats("a", new long[] {1, 2}, new float[] {1, 2})
            .bfloats("b", new long[] {2, 2}, new float[] {3, 4, 5, 6}));
    try (ModelFolder folder = ModelFolder.open(dir.resolve("model"));
        NDManager manager = Torch.newManager()) {

      // When
      NDArray read = WeightReader.read(manager, folder, List.of("b", "a"), TorchScript.FLOAT32);

      // Then
      assertThat(read.getShape().getShape()).containsExactly(3, 2);
      assertThat(Tensors.floats(read)).containsExactly(3, 4, 5, 6, 1, 2);
    }
  }

  private static float[] lastRow(ModelFolder folder, int columns) {
    long first = folder.info("w").elements() - columns;
    ByteBuffer bytes = folder.data("w", first, columns);
    float[] row = new float[columns];
    for (int i = 0; i < columns; i++) {
      row[i] =
          folder.info("w").type() == ElementType.F32
              ? bytes.getFloat(i * Float.BYTES)
              : SmallFloats.fromBfloat16(bytes.getShort(i * Short.BYTES));
    }
    return row;
  }

  private static float[] floats(NDManager manager, NDArray array) {
    return Tensors.floats(TorchScript.SHARED.infer(manager, "cast", array, TorchScript.FLOAT32));
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private ModelFolder folder(ElementType type, int rows, int columns) {
    ByteBuffer bytes =
        ByteBuffer.allocate(rows * columns * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    SplittableRandom random = new SplittableRandom(3);
    while (bytes.hasRemaining()) {
      // small exponents in each of the types, so that all are finite
      int bits = random.nextInt() & 0xbfffbfff;
      if (type == ElementType.F32) {
        bytes.putInt(bits);
      } else {
        bytes.putShort((short) bits);
      }
    }
    ModelFolder.save(
        dir.resolve("model"),
        ModelConfig.llama(8, 4, 8, 1, 1, 16),
        null,
        new SafetensorsWriter().add("w", type, new long[] {rows, columns}, bytes.flip()));
    return ModelFolder.open(dir.resolve("model"));
  }
}
