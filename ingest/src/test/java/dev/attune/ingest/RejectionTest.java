package dev.attune.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.SourceRecord;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.AvroSerializer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RejectionTest {
  @TempDir Path stateDir;
  private FakeRegistry registry;
  private IngestHarness ingest;

  @BeforeEach
  void start() {
    registry = new FakeRegistry();
    ingest =
        new IngestHarness(
            registry,
            stateDir,
            Map.of("ingest.max-event-bytes", "65536", "ingest.max-text-length", "1000"));
  }

  @AfterEach
  void stop() {
    ingest.close();
    registry.close();
  }

  static Stream<Arguments> badEvents() {
    return Stream.of(
        bad(RejectionReason.EMPTY_USER_ID, event -> event.setUserId("")),
        bad(RejectionReason.EMPTY_USER_ID, event -> event.setUserId(" ")),
        bad(RejectionReason.EMPTY_EVENT_ID, event -> event.setEventId("")),
        bad(RejectionReason.ID_TOO_LONG, event -> event.setEventId("e".repeat(257))),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setEventId("e\0")),
        bad(
            RejectionReason.INVALID_UNICODE,
            event -> event.setPrompt(List.of(new Turn("user", "nul \0")))),
        bad(RejectionReason.KEY_MISMATCH, event -> event.setUserId("another")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("a domain")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("a..b")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("d".repeat(257))),
        bad(
            RejectionReason.FUTURE_TIMESTAMP,
            event -> event.setOccurredAt(Events.NOW.plus(Duration.ofMinutes(59)))),
        bad(
            RejectionReason.FUTURE_TIMESTAMP,
            event -> event.setOccurredAt(Instant.ofEpochMilli(Long.MAX_VALUE))),
        bad(RejectionReason.EMPTY_PROMPT, event -> event.setPrompt(List.of())),
        bad(
            RejectionReason.EMPTY_PROMPT,
            event -> event.setPrompt(List.of(new Turn("user", " \n")))),
        bad(RejectionReason.NO_CANDIDATES, event -> event.setCandidates(List.of())),
        bad(
            RejectionReason.TOO_MANY_CANDIDATES,
            event -> event.setCandidates(Events.candidates(17))),
        bad(
            RejectionReason.DUPLICATE_CANDIDATE,
            event ->
                event.setCandidates(List.of(new Candidate("a", "x"), new Candidate("a", "y")))),
        bad(RejectionReason.UNKNOWN_CANDIDATE, event -> event.setSignal(new Choice("z"))),
        bad(
            RejectionReason.TEXT_TOO_LONG,
            event -> event.setPrompt(List.of(new Turn("user", "x".repeat(1001))))),
        bad(RejectionReason.TEXT_TOO_LONG, event -> event.setUserText("x".repeat(1001))),
        bad(
            RejectionReason.EVENT_TOO_LARGE,
            event -> event.setAttributes(Map.of("k", "x".repeat(70_000)))),
        bad(
            RejectionReason.NOTHING_TO_LEARN,
            event -> event.setCandidates(List.of(new Candidate("a", "x")))));
  }

  private static Arguments bad(RejectionReason reason, Consumer<PreferenceEvent.Builder> change) {
    return Arguments.of(reason, change);
  }

  @ParameterizedTest
  @MethodSource("badEvents")
  void shouldRejectWithReasonAndOriginalAndGoOn(
      RejectionReason reason, Consumer<PreferenceEvent.Builder> change) {
    // Given
    PreferenceEvent.Builder builder = Events.choice("ann", "bad", 3);
    change.accept(builder);
    byte[] bytes = ingest.bytes(builder.build());

    // When
    ingest.send("ann", bytes);
    ingest.send(Events.choice("ann", "good", 3).build());

    // Then
    List<KeyValue<String, RejectedPreference>> rejected = ingest.rejected.readKeyValuesToList();
    assertThat(rejected).hasSize(1);
    assertThat(rejected.get(0).key).isEqualTo("ann");
    RejectedPreference rejection = rejected.get(0).value;
    assertThat(rejection.getReason()).isEqualTo(reason.name());
    assertThat(rejection.getOriginal()).isEqualTo(ByteBuffer.wrap(bytes));
    assertThat(rejection.getSource()).isEqualTo(new Position(Topics.PREFERENCES.name(), 0, 0L));
    assertThat(rejection.getReceivedAt()).isEqualTo(Events.NOW);
    assertThat(ingest.count("rejected", reason.name().toLowerCase(Locale.ROOT))).isEqualTo(1);
    assertThat(ingest.count("accepted", "")).isEqualTo(1);
  }

  @Test
  void shouldRejectBytesThatAreNotAvro() {
    // Given
    byte[] bytes = "{\"json\": true}".getBytes(UTF_8);

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(onlyReason()).isEqualTo("NOT_AVRO");
  }

  @Test
  void shouldCutARecordThatIsTooLargeForTheRejectedTopic() {
    // Given
    byte[] bytes = new byte[3 * 1024 * 1024];

    // When
    ingest.send("ann", bytes);

    // Then
    RejectedPreference rejection = ingest.rejected.readValue();
    assertThat(rejection.getReason()).isEqualTo("EVENT_TOO_LARGE");
    assertThat(rejection.getOriginal().remaining()).isEqualTo(SourceRecord.MAX_ORIGINAL_BYTES);
    assertThat(rejection.getMessage()).contains("of its " + bytes.length + " bytes");
  }

  @Test
  void shouldRejectARecordWithoutAValue() {
    // When
    ingest.send("ann", null);

    // Then
    assertThat(onlyReason()).isEqualTo("NOT_AVRO");
  }

  @Test
  void shouldRejectAnUnknownSchemaId() {
    // Given
    byte[] bytes = ingest.bytes(Events.choice("ann", "e", 2).build());
    bytes[3] = 77;

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(onlyReason()).isEqualTo("UNKNOWN_SCHEMA_ID");
  }

  @Test
  void shouldRejectASchemaGuidThatTheRegistryCannotLookUp() {
    // Given
    byte[] bytes = new byte[30];
    bytes[0] = 1;

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(onlyReason()).isEqualTo("UNKNOWN_SCHEMA_ID");
  }

  @Test
  void shouldRejectCutBytes() {
    // Given
    byte[] bytes = ingest.bytes(Events.choice("ann", "e", 2).build());

    // When
    ingest.send("ann", Arrays.copyOf(bytes, bytes.length / 2));

    // Then
    assertThat(onlyReason()).isEqualTo("MALFORMED_AVRO");
  }

  @Test
  void shouldRejectARecordOfAnotherSchema() {
    // Given
    AvroSerializer<Thumb> serializer = new AvroSerializer<>();
    serializer.configure(Map.of("schema.registry.url", registry.url()), false);
    byte[] bytes = serializer.serialize("another", new Thumb("a", true));

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(onlyReason()).isEqualTo("WRONG_SCHEMA");
  }

  @Test
  void shouldRejectARecordWithoutAKeyAndCoverNobody() {
    // When
    ingest.send(null, ingest.bytes(Events.choice("ann", "e", 2).build()));

    // Then
    assertThat(onlyReason()).isEqualTo("KEY_MISMATCH");
    assertThat(ingest.flush(Route.BY_USER)).isEmpty();
  }

  @Test
  void shouldCoverARejectedOffsetByAnEmptyBucketOfItsUser() {
    // Given
    ingest.send("ann", new byte[] {1, 2, 3});

    // When
    List<PreferenceBucket> buckets = ingest.flush(Route.BY_USER);

    // Then
    assertThat(buckets).hasSize(1);
    assertThat(buckets.get(0).getUserId()).isEqualTo("ann");
    assertThat(buckets.get(0).getFeedback()).isEmpty();
    assertThat(buckets.get(0).getSourceOffsets()).containsExactly(0L);
    assertThat(ingest.byDomain.isEmpty()).isTrue();
  }

  @Test
  void shouldNotRejectWhileTheRegistryIsAway() {
    // Given
    byte[] bytes = ingest.bytes(Events.choice("ann", "e", 2).build());
    registry.close();

    // When
    Throwable failure = catchThrowable(() -> ingest.send("ann", bytes));

    // Then
    assertThat(failure)
        .isInstanceOf(StreamsException.class)
        .hasRootCauseInstanceOf(IOException.class);
    assertThat(ingest.meters.get("attune.ingest.events").counters())
        .allMatch(counter -> counter.count() == 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldAccountForEveryRandomRecord(long seed) {
    // Given
    Random random = new Random(seed);
    byte[] good = ingest.bytes(Events.choice("ann", "e", 3).build());
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      records.add(i % 2 == 0 ? noise(random) : damaged(random, good));
    }

    // When
    records.forEach(bytes -> ingest.send("ann", bytes));

    // Then
    double counted =
        ingest.meters.get("attune.ingest.events").counters().stream()
            .mapToDouble(counter -> counter.count())
            .sum();
    assertThat(counted).isEqualTo(500);
    assertThat(ingest.count("rejected", "unprocessable")).isZero();
    assertThat(ingest.flush(Route.BY_USER).stream().flatMap(b -> b.getSourceOffsets().stream()))
        .hasSize(500)
        .doesNotHaveDuplicates();
  }

  private static byte[] noise(Random random) {
    byte[] bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] damaged(Random random, byte[] good) {
    byte[] bytes = good.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      bytes[5 + random.nextInt(bytes.length - 5)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private String onlyReason() {
    List<RejectedPreference> rejected = ingest.rejected.readValuesToList();
    assertThat(rejected).hasSize(1);
    return rejected.get(0).getReason();
  }
}
