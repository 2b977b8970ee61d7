package dev.attune.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.SourceRecord;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ratings;
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
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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
            Map.ofEntries(
                Map.entry("ingest.max-event-bytes", "65536"),
                Map.entry("ingest.max-turns", "3"),
                Map.entry("ingest.max-turn-length", "1000"),
                Map.entry("ingest.max-reply-length", "900"),
                Map.entry("ingest.max-correction-length", "800"),
                Map.entry("ingest.max-user-text-length", "700"),
                Map.entry("ingest.max-attributes", "2"),
                Map.entry("ingest.max-attribute-length", "600"),
                Map.entry("ingest.domains.allowed", "cooking, general, general.*")));
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
        bad(RejectionReason.EMPTY_USER_ID, event -> event.setUserId("\u00a0\u2007")),
        bad(RejectionReason.EMPTY_EVENT_ID, event -> event.setEventId("")),
        bad(RejectionReason.ID_TOO_LONG, event -> event.setEventId("e".repeat(257))),
        bad(RejectionReason.ID_TOO_LONG, event -> event.setRequestId("r".repeat(257))),
        bad(RejectionReason.ID_TOO_LONG, event -> event.setDomain("d".repeat(257))),
        bad(RejectionReason.ID_TOO_LONG, event -> event.setCandidates(replies("x".repeat(257)))),
        bad(RejectionReason.INVALID_ID, event -> event.setUserId("ann ")),
        bad(RejectionReason.INVALID_ID, event -> event.setUserId("an\u200bn")),
        bad(RejectionReason.INVALID_ID, event -> event.setUserId("\u202eann")),
        bad(RejectionReason.INVALID_ID, event -> event.setEventId("e\n1")),
        bad(RejectionReason.INVALID_ID, event -> event.setEventId("e\u2028x")),
        bad(RejectionReason.INVALID_ID, event -> event.setRequestId(" ")),
        bad(RejectionReason.INVALID_ID, event -> event.setCandidates(replies(""))),
        bad(RejectionReason.INVALID_ID, event -> event.setCandidates(replies("\ufeffx"))),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setEventId("e\0")),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setUserId("ann\ufffd")),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setPrompt(turns("user", "nul \0"))),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setUserText("nul \0")),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setSignal(new Edit("a", "nul \0"))),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setAttributes(Map.of("k", "\0"))),
        bad(RejectionReason.INVALID_UNICODE, event -> event.setAttributes(Map.of("\0", "v"))),
        bad(RejectionReason.KEY_MISMATCH, event -> event.setUserId("another")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("a domain")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("a..b")),
        bad(RejectionReason.INVALID_DOMAIN, event -> event.setDomain("k\u00fcche")),
        bad(RejectionReason.DOMAIN_NOT_ALLOWED, event -> event.setDomain("travel")),
        bad(RejectionReason.DOMAIN_NOT_ALLOWED, event -> event.setDomain("cooking.soups")),
        bad(RejectionReason.INVALID_REVISION, event -> event.setRevision(-1)),
        bad(RejectionReason.INVALID_REVISION, event -> event.setWithdrawn(true)),
        bad(
            RejectionReason.INVALID_REVISION,
            event -> event.setWithdrawn(true).setRevision(Integer.MIN_VALUE)),
        bad(
            RejectionReason.FUTURE_TIMESTAMP,
            event -> event.setOccurredAt(Events.NOW.plus(Duration.ofMinutes(59)))),
        bad(
            RejectionReason.FUTURE_TIMESTAMP,
            event -> event.setOccurredAt(Instant.ofEpochMilli(Long.MAX_VALUE))),
        bad(
            RejectionReason.INVALID_TIMESTAMP,
            event -> event.setOccurredAt(Instant.ofEpochMilli(Long.MIN_VALUE))),
        bad(
            RejectionReason.INVALID_TIMESTAMP,
            event -> event.setOccurredAt(Instant.ofEpochMilli(Events.NOW.getEpochSecond()))),
        bad(RejectionReason.EMPTY_PROMPT, event -> event.setPrompt(List.of())),
        bad(RejectionReason.EMPTY_PROMPT, event -> event.setPrompt(turns("user", " \n"))),
        bad(
            RejectionReason.TOO_MANY_TURNS,
            event -> event.setPrompt(Collections.nCopies(4, new Turn("user", "x")))),
        bad(RejectionReason.INVALID_ROLE, event -> event.setPrompt(turns("User", "x"))),
        bad(RejectionReason.INVALID_ROLE, event -> event.setPrompt(turns("", "x"))),
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
            event -> event.setPrompt(turns("user", "x".repeat(1001)))),
        bad(
            RejectionReason.TEXT_TOO_LONG,
            event -> event.setCandidates(List.of(new Candidate("a", "x".repeat(901))))),
        bad(
            RejectionReason.TEXT_TOO_LONG,
            event -> event.setSignal(new Edit("a", "x".repeat(801)))),
        bad(RejectionReason.TEXT_TOO_LONG, event -> event.setUserText("x".repeat(701))),
        bad(
            RejectionReason.TEXT_TOO_LONG,
            event -> event.setAttributes(Map.of("k", "x".repeat(601)))),
        bad(
            RejectionReason.TEXT_TOO_LONG,
            event -> event.setAttributes(Map.of("k".repeat(257), "x"))),
        bad(
            RejectionReason.TOO_MANY_ATTRIBUTES,
            event -> event.setAttributes(Map.of("1", "x", "2", "x", "3", "x"))),
        bad(
            RejectionReason.EVENT_TOO_LARGE,
            event -> event.setAttributes(Map.of("k", "x".repeat(70_000)))),
        bad(
            RejectionReason.INVALID_RATING,
            event -> event.setSignal(new Ratings(Map.of("a", Double.NaN)))),
        bad(
            RejectionReason.NOTHING_TO_LEARN,
            event -> event.setCandidates(List.of(new Candidate("a", "x")))));
  }

  private static List<Turn> turns(String role, String text) {
    return List.of(new Turn(role, text));
  }

  private static List<Candidate> replies(String id) {
    return List.of(new Candidate("a", "x"), new Candidate(id, "y"));
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

  @Test
  void shouldRejectAnIdThatIsNotUtf8() {
    // Given
    byte[] bytes = ingest.bytes(Events.choice("ann", "event-id", 2).build());
    bytes[new String(bytes, ISO_8859_1).indexOf("event-id")] = (byte) 0xff;

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(onlyReason()).isEqualTo("INVALID_UNICODE");
  }

  @Test
  void shouldReadBytesThatAreNotUtf8InATextAsReplacementCharacters() {
    // Given
    byte[] bytes = ingest.bytes(Events.choice("ann", "e", 2).setUserText("user-text").build());
    bytes[new String(bytes, ISO_8859_1).indexOf("user-text")] = (byte) 0xff;

    // When
    ingest.send("ann", bytes);

    // Then
    assertThat(ingest.flush(Route.BY_DOMAIN))
        .extracting(PreferenceBucket::getUserText)
        .containsExactly("\ufffdser-text");
  }

  @Test
  void shouldKeepTheSchemasHeadersOfARejectedRecordAndNoOthers() {
    // Given
    PreferenceEvent event = Events.choice("ann", "e", 2).setDomain("no domain").build();
    byte[] framed = ingest.bytes(event);
    byte[] payload = Arrays.copyOfRange(framed, 5, framed.length);
    RecordHeaders headers = new RecordHeaders();
    headers.add("__value_schema_id", guidHeader(registry.guid(framed[4])));
    headers.add("session", "secret".getBytes(UTF_8));

    // When
    ingest.input.pipeInput(new TestRecord<>("ann", payload, headers, Events.NOW));

    // Then
    RejectedPreference rejection = ingest.rejected.readValue();
    assertThat(rejection.getReason()).isEqualTo("INVALID_DOMAIN");
    assertThat(rejection.getHeaders()).containsOnlyKeys("__value_schema_id");
    RecordHeaders kept = new RecordHeaders();
    rejection.getHeaders().forEach((name, value) -> kept.add(name, Utils.toArray(value)));
    assertThat(
            ingest
                .serdes
                .events()
                .deserializer()
                .deserialize("any", kept, rejection.getOriginal().array()))
        .isEqualTo(event);
  }

  @Test
  void shouldNotKeepAHeaderThatIsTooLongForASchemasId() {
    // Given
    RecordHeaders headers = new RecordHeaders();
    headers.add("__value_schema_id", new byte[1000]);

    // When
    ingest.input.pipeInput(new TestRecord<>("ann", new byte[10], headers, Events.NOW));

    // Then
    RejectedPreference rejection = ingest.rejected.readValue();
    assertThat(rejection.getReason()).isEqualTo("NOT_AVRO");
    assertThat(rejection.getHeaders()).isEmpty();
  }

  private static byte[] guidHeader(UUID guid) {
    return ByteBuffer.allocate(17)
        .put((byte) 1)
        .putLong(guid.getMostSignificantBits())
        .putLong(guid.getLeastSignificantBits())
        .array();
  }

  private String onlyReason() {
    List<RejectedPreference> rejected = ingest.rejected.readValuesToList();
    assertThat(rejected).hasSize(1);
    return rejected.get(0).getReason();
  }
}
