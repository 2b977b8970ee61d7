package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final long[] NO_DIMENSIONS = {};
  private static final List<ElementType> TYPES = List.of(ElementType.values());

  @TempDir Path dir;

  @Test
  void shouldReadBackWhatWasWrittenToAFile() {
    // Given
    Path file = dir.resolve("model.safetensors");
    new SafetensorsWriter()
        .metadata("format", "pt")
        .floats("weight", new long[] {2, 3}, new float[] {1, -2, 3.5f, Float.MIN_VALUE, 0, 1e30f})
        .bfloats("half", new long[] {3}, new float[] {1, -0.5f, 3.140625f})
        .longs("ids", new long[] {2, 1}, new long[] {Long.MIN_VALUE, 7})
        .floats("scalar", NO_DIMENSIONS, new float[] {42})
        .floats("empty", new long[] {0, 5}, new float[0])
        .write(file);

    // When
    try (Safetensors tensors = Safetensors.open(file)) {

      // Then
      assertThat(tensors.names())
          .containsExactlyInAnyOrder("weight", "half", "ids", "scalar", "empty");
      assertThat(tensors.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(tensors.floats("weight")).containsExactly(1, -2, 3.5f, Float.MIN_VALUE, 0, 1e30f);
      assertThat(tensors.floats("half")).containsExactly(1, -0.5f, 3.140625f);
      assertThat(tensors.longs("ids")).containsExactly(Long.MIN_VALUE, 7);
      assertThat(tensors.floats("scalar")).containsExactly(42);
      assertThat(tensors.floats("empty")).isEmpty();
      assertThat(tensors.info("weight").shape()).containsExactly(2L, 3L);
      assertThat(tensors.info("weight").elements()).isEqualTo(6);
      assertThat(tensors.info("scalar").dimensions()).isEmpty();
      assertThat(tensors.data("half").order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(tensors.data("half").isReadOnly()).isTrue();
      assertThat(tensors.data("weight").isDirect()).isTrue();
    }
  }

  @Test
  void shouldReadATensorOfMoreThanTwoGibibytesInParts() throws IOException {
    // Given: a file with a hole, which takes no space
    long elements = (1L << 30) + 4;
    String header =
        "{\"wide\":{\"dtype\":\"F16\",\"shape\":[4,%d],\"data_offsets\":[0,%d]}}"
            .formatted(elements / 4, elements * 2);
    ByteBuffer start =
        ByteBuffer.allocate(Long.BYTES + header.length()).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8)).flip();
    Path file = dir.resolve("model.safetensors");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      int written = channel.write(start);
      channel.write(ByteBuffer.wrap(new byte[] {0, 0x3c}), written + 2 * elements - 2);
    }

    // When
    try (Safetensors tensors = Safetensors.open(file)) {
      ByteBuffer last = tensors.data("wide", elements - 2, 2);

      // Then
      assertThat(last.remaining()).isEqualTo(4);
      assertThat(SmallFloats.fromFloat16(last.getShort(0))).isZero();
      assertThat(SmallFloats.fromFloat16(last.getShort(2))).isEqualTo(1);
      assertThatThrownBy(() -> tensors.data("wide"))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("tensor 'wide': 2147483656 bytes; allowed less than 2 GiB");
      assertThatThrownBy(() -> tensors.data("wide", elements - 1, 2))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void shouldReadBackAnythingRandom() throws IOException {
    for (int seed = 0; seed < 50; seed++) {
      // Given
      Random random = new Random(seed);
      Map<String, byte[]> expected = new LinkedHashMap<>();
      SafetensorsWriter writer = new SafetensorsWriter();
      for (int t = random.nextInt(12); t > 0; t--) {
        ElementType type = TYPES.get(random.nextInt(TYPES.size()));
        long[] shape = random.longs(random.nextInt(4), 0, 5).toArray();
        int size = (int) Arrays.stream(shape).reduce(type.bytes(), (a, b) -> a * b);
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        String name = "layer." + t + ".\"ü\\ " + type;
        writer.add(name, type, shape, ByteBuffer.wrap(bytes));
        expected.put(name, bytes);
      }
      Path file = dir.resolve(seed + ".safetensors");
      writer.write(file);

      // When
      byte[] inMemory = writer.toBytes();

      // Then
      assertThat(Files.readAllBytes(file)).isEqualTo(inMemory);
      try (Safetensors mapped = Safetensors.open(file);
          Safetensors parsed = Safetensors.parse("memory", inMemory)) {
        assertThat(mapped.names()).isEqualTo(parsed.names()).hasSameSizeAs(expected.keySet());
        expected.forEach(
            (name, bytes) -> {
              assertThat(bytes(mapped.data(name))).isEqualTo(bytes);
              assertThat(bytes(parsed.data(name))).isEqualTo(bytes);
            });
      }
    }
  }

  @Test
  void shouldWriteTheSameBytesInAnyOrderOfAdding() {
    // Given
    List<String> names = new ArrayList<>(List.of("b", "a", "c.10", "c.9", "ä"));
    byte[] expected = written(names);
    Collections.shuffle(names, new Random(4));

    // When
    byte[] bytes = written(names);

    // Then
    assertThat(bytes).isEqualTo(expected);
  }

  @Test
  void shouldAlignEachTensorToItsElements() {
    // Given
    byte[] bytes =
        new SafetensorsWriter()
            .add("a.bytes", ElementType.U8, new long[] {3}, ByteBuffer.allocate(3))
            .bfloats("b.halves", new long[] {1}, new float[1])
            .floats("c.floats", new long[] {1}, new float[1])
            .longs("d.longs", new long[] {1}, new long[1])
            .toBytes();
    int headerBytes = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();

    // When
    Safetensors tensors = Safetensors.parse("memory", bytes);

    // Then
    assertThat((Long.BYTES + headerBytes) % 8).isZero();
    assertThat(tensors.names())
        .allSatisfy(
            name -> {
              TensorInfo info = tensors.info(name);
              assertThat(info.begin() % info.type().bytes()).isZero();
            });
  }

  @Test
  void shouldReadAFileOfTheReferenceImplementation() {
    // Given
    Path file = Path.of("src/test/resources/goldens/qwen2-bias-bf16/model.safetensors");

    // When
    try (Safetensors tensors = Safetensors.open(file)) {

      // Then: norm weights were drawn from 1 + N(0, 0.2²)
      assertThat(tensors.info("model.norm.weight").type()).isEqualTo(ElementType.BF16);
      float[] norm = tensors.floats("model.norm.weight");
      assertThat(norm).hasSize(48);
      double sum = 0;
      for (float value : norm) {
        sum += value;
      }
      assertThat(sum / norm.length).isCloseTo(1, within(0.1));
    }
  }

  @Test
  void shouldReadFloat16() {
    // Given
    ByteBuffer halves = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    halves.putShort((short) 0x3c00).putShort((short) 0xc000).flip();
    SafetensorsWriter writer =
        new SafetensorsWriter().add("half", ElementType.F16, new long[] {2}, halves);

    // When
    float[] values = Safetensors.parse("memory", writer.toBytes()).floats("half");

    // Then
    assertThat(values).containsExactly(1, -2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json                                                          | not JSON",
        "[]                                                                | not a JSON object",
        "{} trailing                                                       | not JSON",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}       | Duplicate",
        "{'a':5}                                                           | tensor 'a': dtype",
        "{'a':{'dtype':'F8_E4M3','shape':[8],'data_offsets':[0,8]}}        | tensor 'a': dtype is \"F8_E4M3\"; allowed [F64",
        "{'a':{'dtype':'F32','data_offsets':[0,8]}}                        | tensor 'a': shape",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}           | tensor 'a': shape",
        "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}          | tensor 'a': shape",
        "{'a':{'dtype':'F32','shape':['2'],'data_offsets':[0,8]}}          | tensor 'a': shape",
        "{'a':{'dtype':'F32','shape':[2]}}                                 | tensor 'a': data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0]}}              | tensor 'a': data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}            | tensor 'a': data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}           | tensor 'a': data_offsets",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}}           | tensor 'a': data_offsets are [0, 12] but the file has 8",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}            | tensor 'a': F32 of shape [3] needs 12 bytes",
        "{'a':{'dtype':'F32','shape':[4611686018427387904,4],"
            + "'data_offsets':[0,8]}}                                      | tensor 'a': shape overflows",
        "{'a':{'dtype':'F32','shape':[9223372036854775808],"
            + "'data_offsets':[0,8]}}                                      | tensor 'a': shape",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}       | tensor 'b': its data overlaps that of 'a'",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}            | tensor 'a': 4 bytes before",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}            | 4 bytes at the end",
        "{'__metadata__':[]}                                               | __metadata__",
        "{'__metadata__':{'k':1}}                                          | __metadata__.k"
      })
  void shouldNameWhatIsWrongInAHeader(String header, String problem) throws IOException {
    // Given
    Path file = dir.resolve("broken.safetensors");
    Files.write(file, file(header.replace('\'', '"'), 8));

    // When, Then
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("broken.safetensors")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, 1000})
  void shouldRejectAHeaderLengthThatCannotBe(long length) throws IOException {
    // Given
    byte[] bytes = file("{}", 0);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path file = Files.write(dir.resolve("odd.safetensors"), bytes);

    // When, Then
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("odd.safetensors")
        .hasMessageContaining("header");
  }

  @Test
  void shouldRejectEveryTruncation() {
    // Given
    byte[] whole = written(List.of("a", "b"));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);

      // When, Then
      assertThatThrownBy(() -> Safetensors.parse("cut", cut))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageStartingWith("cut: ");
    }
  }

  @Test
  void shouldNeverFailOtherwiseOnDamagedHeaders() {
    // Given
    byte[] whole = written(List.of("a", "b", "c"));
    Random random = new Random(9);
    for (int i = 0; i < 5_000; i++) {
      byte[] damaged = whole.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        damaged[random.nextInt(200)] = (byte) random.nextInt(256);
      }

      // When
      Throwable failure = failureOfReading(damaged);

      // Then
      assertThat(failure)
          .satisfiesAnyOf(
              f -> assertThat(f).isNull(),
              f -> assertThat(f).isInstanceOf(SafetensorsException.class));
    }
  }

  @Test
  void shouldNameAMissingFileAndTensor() {
    // Given
    Path file = dir.resolve("none.safetensors");
    Safetensors tensors = Safetensors.parse("some", written(List.of("a")));

    // When, Then
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("none.safetensors: no such file");
    assertThatThrownBy(() -> tensors.floats("b"))
        .isInstanceOf(SafetensorsException.class)
        .hasMessage("some: tensor 'b': missing");
  }

  @Test
  void shouldNameATensorOfTheWrongType() {
    // Given
    Safetensors tensors =
        Safetensors.parse(
            "some",
            new SafetensorsWriter()
                .longs("ids", new long[] {1}, new long[] {1})
                .floats("weight", new long[] {1}, new float[] {1})
                .toBytes());

    // When, Then
    assertThatThrownBy(() -> tensors.floats("ids"))
        .isInstanceOf(SafetensorsException.class)
        .hasMessage("some: tensor 'ids': dtype is I64; allowed F32, F16, BF16");
    assertThatThrownBy(() -> tensors.longs("weight"))
        .isInstanceOf(SafetensorsException.class)
        .hasMessage("some: tensor 'weight': dtype is F32; allowed I64");
  }

  @Test
  void shouldRefuseToWriteWhatDoesNotFit() {
    // Given
    SafetensorsWriter writer = new SafetensorsWriter().floats("a", new long[] {1}, new float[1]);

    // When, Then
    assertThatThrownBy(() -> writer.floats("a", new long[] {1}, new float[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'a'");
    assertThatThrownBy(() -> writer.floats("b", new long[] {2}, new float[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'b'")
        .hasMessageContaining("8 bytes, got 4");
    assertThatThrownBy(() -> writer.floats("__metadata__", new long[] {1}, new float[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("__metadata__");
  }

  private static Throwable failureOfReading(byte[] bytes) {
    try {
      Safetensors tensors = Safetensors.parse("damaged", bytes);
      tensors.names().forEach(name -> bytes(tensors.data(name)));
      return null;
    } catch (RuntimeException e) {
      return e;
    }
  }

  private static byte[] written(List<String> names) {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("z", "1").metadata("a", "2");
    for (String name : names) {
      writer.floats(name, new long[] {2}, new float[] {name.length(), name.hashCode()});
    }
    return writer.toBytes();
  }

  private static byte[] file(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
