package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.ingest.Events;
import dev.attune.ingest.FakeRegistry;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.topology.Nodes;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.serde.AvroSerde;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.MockProcessorContext.CapturedForward;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidateFuzzTest {
  private static final int RECORDS = 3_000;
  private static final int PREFIX = 5;

  private final MockProcessorContext<String, Object> context = new MockProcessorContext<>();
  private FakeRegistry registry;
  private AvroSerde<PreferenceEvent> serde;
  private ValidateProcessor processor;
  private long offset;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    serde = new AvroSerde<>(PreferenceEvent.class);
    serde.configure(
        Map.of("schema.registry.url", registry.url(), "schema.registry.max.retries", "0"), false);
    processor =
        new ValidateProcessor(
            serde.deserializer(),
            EventConfig.defaults(),
            new IngestMeters(new SimpleMeterRegistry()),
            new PoisonRecords(1));
    processor.init(context);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void shouldLetEachMutatedRecordOutExactlyOnce(long seed) {
    // Given
    Random random = new Random(seed);
    List<byte[]> valid = validRecords();
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      records.add(mutated(random, valid));
    }

    // When
    List<String> reasons = records.stream().map(this::process).toList();

    // Then
    assertThat(reasons).hasSize(RECORDS).doesNotContain("UNPROCESSABLE");
    assertThat(new HashSet<>(reasons))
        .contains("accepted", "MALFORMED_AVRO", "NOT_AVRO", "UNKNOWN_SCHEMA_ID", "KEY_MISMATCH");
  }

  @Test
  void shouldAcceptTheRecordsThatItMutates() {
    // Given
    List<byte[]> valid = validRecords();

    // When
    List<String> reasons = valid.stream().map(this::process).toList();

    // Then
    assertThat(reasons).containsOnly("accepted");
  }

  @Test
  void shouldRejectCountsThatNoRecordCouldHold() {
    // Given
    byte[] valid = validRecords().get(0);
    List<byte[]> records = new ArrayList<>();
    for (int at = PREFIX; at < valid.length; at++) {
      records.add(withCount(valid, at, Integer.MAX_VALUE - 16));
      records.add(withCount(valid, at, Long.MAX_VALUE));
      records.add(withCount(valid, at, Long.MIN_VALUE));
    }

    // When
    Set<String> reasons = new HashSet<>(records.stream().map(this::process).toList());

    // Then
    assertThat(reasons).contains("MALFORMED_AVRO").doesNotContain("UNPROCESSABLE");
  }

  @Test
  void shouldRejectWhatADefectOfPureCodeFailsOn() {
    // Given
    processor =
        new ValidateProcessor(
            (topic, bytes) -> new PreferenceEvent(),
            EventConfig.defaults(),
            new IngestMeters(new SimpleMeterRegistry()),
            new PoisonRecords(1));
    processor.init(context);

    // When
    String reason = process(new byte[] {1});

    // Then
    assertThat(reason).isEqualTo("UNPROCESSABLE");
  }

  /** What became of a record; fails unless it is exactly one thing. */
  private String process(byte[] value) {
    context.resetForwards();
    context.setRecordMetadata(Topics.PREFERENCES.name(), 0, offset++);
    processor.process(
        new Record<>(
            new byte[] {'a', 'n', 'n'}, value, Events.NOW.toEpochMilli(), new RecordHeaders()));
    List<CapturedForward<? extends String, ? extends Object>> admitted = forwarded(Nodes.ADMIT);
    List<CapturedForward<? extends String, ? extends Object>> rejected =
        forwarded(Nodes.REJECTED_SINK);
    assertThat(admitted.size() + rejected.size()).isEqualTo(1);
    assertThat(forwarded(Nodes.BUCKET)).hasSameSizeAs(rejected);
    if (!admitted.isEmpty()) {
      return "accepted";
    }
    RejectedPreference rejection = (RejectedPreference) rejected.get(0).record().value();
    assertThat(rejection.getOriginal()).isEqualTo(ByteBuffer.wrap(value));
    return rejection.getReason();
  }

  private List<CapturedForward<? extends String, ? extends Object>> forwarded(String node) {
    List<CapturedForward<? extends String, ? extends Object>> found = new ArrayList<>();
    context.forwarded(node).forEach(found::add);
    return found;
  }

  private List<byte[]> validRecords() {
    return Stream.of(
            new Choice("a"),
            new Ranking(List.of(List.of("b"), List.of("a", "c"))),
            new Ratings(Map.of("a", 1.0, "b", 2.0)),
            new Thumb("b", true),
            new Edit("a", "a better reply"),
            new Regeneration("a", "b"),
            new Tie(List.of("a", "b")))
        .map(
            signal ->
                Events.event("ann", "e", 3)
                    .setSignal(signal)
                    .setRequestId("r")
                    .setUserText("I cook")
                    .setAttributes(Map.of("locale", "en"))
                    .build())
        .map(event -> serde.serializer().serialize(Topics.PREFERENCES.name(), event))
        .toList();
  }

  private static byte[] mutated(Random random, List<byte[]> valid) {
    byte[] bytes = valid.get(random.nextInt(valid.size())).clone();
    byte[] other = valid.get(random.nextInt(valid.size()));
    return switch (random.nextInt(6)) {
      case 0 -> flipped(random, bytes, 0);
      case 1 -> flipped(random, bytes, PREFIX);
      case 2 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 3 -> joined(bytes, other);
      case 4 -> {
        byte[] head = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        int from = random.nextInt(other.length);
        yield joined(head, Arrays.copyOfRange(other, from, other.length));
      }
      default -> {
        byte[] noise = new byte[random.nextInt(300)];
        random.nextBytes(noise);
        yield random.nextBoolean() ? noise : joined(Arrays.copyOf(bytes, PREFIX), noise);
      }
    };
  }

  private static byte[] flipped(Random random, byte[] bytes, int from) {
    int flips = 1 + random.nextInt(4);
    for (int i = 0; i < flips; i++) {
      bytes[from + random.nextInt(bytes.length - from)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static byte[] joined(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  /** Puts a number into the record, in Avro's encoding: zigzag, seven bits a byte. */
  private static byte[] withCount(byte[] valid, int at, long count) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(valid, 0, at);
    long rest = (count << 1) ^ (count >> 63);
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    bytes.write(valid, at + 1, valid.length - at - 1);
    return bytes.toByteArray();
  }
}
