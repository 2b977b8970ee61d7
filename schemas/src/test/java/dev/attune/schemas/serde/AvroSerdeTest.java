package dev.attune.schemas.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.schemas.RandomRecords;
import dev.attune.schemas.Schemas;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ServedResult;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.registry.StubRegistry;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AvroSerdeTest {
  private static final String TOPIC = "t";
  private static final String REGISTER = "POST /subjects/t-value/versions";
  private static final Schema TURN = Turn.getClassSchema();
  private static final Turn HELLO = new Turn("user", "Hé");

  // Written down by hand: magic byte 0, id 258, "user" and "Hé" with their lengths zigzag-coded.
  private static final byte[] HELLO_BYTES =
      HexFormat.of().parseHex("00" + "00000102" + "08" + "75736572" + "06" + "48c3a9");

  private final StubRegistry registry = new StubRegistry();

  static List<Schema> records() {
    return Schemas.records();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldReadBackWhatItWrote(Schema schema) {
    // Given
    registry.on(REGISTER, 200, "{\"id\":1}").schema(1, schema);
    AvroSerializer<SpecificRecord> serializer = serializer(Map.of());
    AvroDeserializer<SpecificRecord> deserializer = deserializer();
    RandomRecords random = new RandomRecords(42);
    List<SpecificRecord> written = Stream.generate(() -> random.record(schema)).limit(50).toList();
    // When
    List<SpecificRecord> read =
        written.stream()
            .map(record -> deserializer.deserialize(TOPIC, serializer.serialize(TOPIC, record)))
            .toList();
    // Then
    assertThat(read).isEqualTo(written);
  }

  @Test
  void shouldReadAViewOfARecordThatItHasAsAnAlias() {
    // Given
    Schema schema = ScoreResult.getClassSchema();
    registry.on(REGISTER, 200, "{\"id\":1}").schema(1, schema);
    ScoreResult result = (ScoreResult) new RandomRecords(42).record(schema);
    byte[] bytes = serializer(Map.of()).serialize(TOPIC, result);
    AvroDeserializer<ServedResult> view = new AvroDeserializer<>(ServedResult.class);
    view.configure(Map.of("schema.registry.url", registry.url()), false);
    // When
    ServedResult read = view.deserialize(TOPIC, bytes);
    // Then
    assertThat(read).isEqualTo(new ServedResult(result.getRequestId(), result.getError()));
    assertThatThrownBy(() -> view.deserialize(TOPIC, Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(WireFormatException.class);
  }

  @Test
  void shouldWriteTheRegistrysWireFormat() {
    // Given
    registry.on(REGISTER, 200, "{\"id\":258}");
    AvroSerializer<Turn> serializer = serializer(Map.of());
    // When
    byte[] bytes = serializer.serialize(TOPIC, HELLO);
    // Then
    assertThat(bytes).isEqualTo(HELLO_BYTES);
  }

  @Test
  void shouldRegisterASchemaOnce() {
    // Given
    registry.on(REGISTER, 200, "{\"id\":258}");
    AvroSerializer<Turn> serializer = serializer(Map.of());
    serializer.serialize(TOPIC, HELLO);
    // When
    serializer.serialize(TOPIC, HELLO);
    // Then
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void shouldOnlyLookUpWithoutAutoRegistration() {
    // Given
    registry.on("POST /subjects/t-value", 200, "{\"id\":258}");
    AvroSerializer<Turn> serializer = serializer(Map.of("auto.register.schemas", "false"));
    // When
    byte[] bytes = serializer.serialize(TOPIC, HELLO);
    // Then
    assertThat(bytes).isEqualTo(HELLO_BYTES);
  }

  @Test
  void shouldWriteByTheLatestVersionWhenAsked() {
    // Given a latest version with the fields the other way round
    Schema latest =
        SchemaBuilder.record(TURN.getFullName())
            .fields()
            .requiredString("text")
            .requiredString("role")
            .endRecord();
    String answer = StubRegistry.json(latest).replaceFirst("\\{", "{\"id\":258,\"version\":3,");
    registry.on("GET /subjects/t-value/versions/latest", 200, answer);
    AvroSerializer<Turn> serializer =
        serializer(Map.of("auto.register.schemas", false, "use.latest.version", true));
    // When
    byte[] bytes = serializer.serialize(TOPIC, HELLO);
    // Then
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo("0000000102" + "0648c3a9" + "0875736572");
  }

  @Test
  void shouldReadAnEarlierWritersRecordWithDefaults() {
    // Given
    Schema earlier =
        SchemaBuilder.record("dev.attune.schemas.events.ErasureRequest")
            .fields()
            .requiredString("userId")
            .requiredString("droppedSince")
            .requiredLong("requestedAt")
            .endRecord();
    registry.schema(258, earlier);
    byte[] bytes = HexFormat.of().parseHex("0000000102" + "0275" + "0278" + "d00f");
    // When
    ErasureRequest read = AvroSerdeTest.<ErasureRequest>as(deserializer(), bytes);
    // Then
    assertThat(read.getUserId()).isEqualTo("u");
    assertThat(read.getRequestedAt()).isEqualTo(Instant.ofEpochMilli(1000));
    assertThat(read.getRequestedBy()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"''", "00", "0000000", "7b22", "02000000010203", "ffffffffffffff", "010000000102"})
  void shouldNotTakeOtherBytesForAvro(String hex) {
    // Given
    byte[] bytes = HexFormat.of().parseHex(hex.length() % 2 == 0 ? hex : hex + "0");
    AvroDeserializer<Turn> deserializer = deserializer();
    // When
    WireFormatException e = failure(deserializer, bytes);
    // Then
    assertThat(e.reason()).isEqualTo(Reason.NOT_AVRO_FRAME);
  }

  @Test
  void shouldNameAnUnknownId() {
    // Given
    AvroDeserializer<Turn> deserializer = deserializer();
    // When
    WireFormatException e = failure(deserializer, HELLO_BYTES);
    // Then
    assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_SCHEMA_ID);
    assertThat(e).hasMessageContaining("Schema 258 of a record in t");
  }

  @Test
  void shouldNoticeEveryTruncation() {
    // Given
    registry.schema(258, TURN);
    AvroDeserializer<Turn> deserializer = deserializer();
    for (int length = 5; length < HELLO_BYTES.length; length++) {
      byte[] bytes = Arrays.copyOf(HELLO_BYTES, length);
      // When
      WireFormatException e = failure(deserializer, bytes);
      // Then
      assertThat(e.reason()).isEqualTo(Reason.MALFORMED_AVRO);
      assertThat(e.getMessage()).doesNotContain("user");
      assertThat(e).hasNoCause();
    }
  }

  @Test
  void shouldNoticeBytesThatAreLeftOver() {
    // Given
    registry.schema(258, TURN);
    byte[] bytes = Arrays.copyOf(HELLO_BYTES, HELLO_BYTES.length + 1);
    // When
    WireFormatException e = failure(deserializer(), bytes);
    // Then
    assertThat(e.reason()).isEqualTo(Reason.MALFORMED_AVRO);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // eventId of 2^30 bytes; then, after empty strings, a prompt of 2^30 and of -2^62 turns
        "8080808008",
        "00" + "00" + "00" + "00" + "00" + "00" + "00" + "8080808008",
        "00" + "00" + "00" + "00" + "00" + "00" + "00" + "ffffffffffffffff7f"
      })
  void shouldNotAllocateWhatBytesMerelyClaim(String hex) {
    // Given
    registry.schema(258, PreferenceEvent.getClassSchema());
    byte[] bytes = HexFormat.of().parseHex("0000000102" + hex);
    // When
    WireFormatException e = failure(deserializer(), bytes);
    // Then
    assertThat(e.reason()).isEqualTo(Reason.MALFORMED_AVRO);
  }

  @Test
  void shouldSayThatTheRegistryIsDown() {
    // Given
    AvroSerializer<Turn> serializer = serializer(Map.of());
    registry.close();
    // When
    WireFormatException e =
        catchThrowableOfType(WireFormatException.class, () -> serializer.serialize(TOPIC, HELLO));
    // Then
    assertThat(e.reason()).isEqualTo(Reason.REGISTRY_UNAVAILABLE);
    assertThat(e.isRetriable()).isTrue();
  }

  @Test
  void shouldRefuseAnotherRecordThanTheOneAskedFor() {
    // Given
    registry.schema(258, TURN);
    AvroDeserializer<ScoreRequest> deserializer = new AvroDeserializer<>(ScoreRequest.class);
    deserializer.configure(registry.configs(), false);
    // When
    WireFormatException e = failure(deserializer, HELLO_BYTES);
    // Then
    assertThat(e.reason()).isEqualTo(Reason.WRONG_TYPE);
    assertThat(e).hasMessageContaining("events.Turn").hasMessageContaining("events.ScoreRequest");
  }

  @Test
  void shouldNotQuoteARecordThatCannotBeWritten() {
    // Given
    registry.on(REGISTER, 200, "{\"id\":258}");
    Candidate incomplete = new Candidate("secret", null);
    AvroSerializer<Candidate> serializer = serializer(Map.of());
    // When
    WireFormatException e =
        catchThrowableOfType(
            WireFormatException.class, () -> serializer.serialize(TOPIC, incomplete));
    // Then
    assertThat(e.reason()).isEqualTo(Reason.INVALID_RECORD);
    assertThat(e.getMessage()).doesNotContain("secret");
    assertThat(e).hasNoCause();
  }

  @Test
  void shouldReadASchemaIdFromTheHeader() {
    // Given
    UUID guid = UUID.fromString("4b6f0f5e-5f4e-4d0e-9d8a-0d6d8f1f2a3b");
    registry.on("GET /schemas/guids/" + guid, 200, StubRegistry.json(TURN));
    byte[] id =
        ByteBuffer.allocate(17)
            .put((byte) 1)
            .putLong(guid.getMostSignificantBits())
            .putLong(guid.getLeastSignificantBits())
            .array();
    Headers headers = new RecordHeaders().add("__value_schema_id", id);
    byte[] payload = Arrays.copyOfRange(HELLO_BYTES, 5, HELLO_BYTES.length);
    AvroDeserializer<Turn> deserializer = deserializer();
    // When
    Turn read = deserializer.deserialize(TOPIC, headers, payload);
    // Then
    assertThat(read).isEqualTo(HELLO);
  }

  @Test
  void shouldReadTheTypeThatIsConfigured() {
    // Given
    registry.schema(258, TURN);
    Map<String, Object> configs = new HashMap<>(registry.configs());
    configs.put("specific.avro.reader", "true");
    configs.put("specific.avro.value.type", Turn.class.getName());
    AvroDeserializer<Turn> deserializer = new AvroDeserializer<>();
    deserializer.configure(configs, false);
    // When
    Turn read = deserializer.deserialize(TOPIC, HELLO_BYTES);
    // Then
    assertThat(read).isEqualTo(HELLO);
  }

  @Test
  void shouldKeepTombstones() {
    // Given
    AvroSerde<Turn> serde = new AvroSerde<>(Turn.class);
    serde.configure(registry.configs(), false);
    // When
    byte[] bytes = serde.serializer().serialize(TOPIC, null);
    // Then
    assertThat(bytes).isNull();
    assertThat(serde.deserializer().deserialize(TOPIC, bytes)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "value.subject.name.strategy, io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "specific.avro.reader, false",
    "auto.register.schemas, maybe"
  })
  void shouldRefuseWhatItCannotDo(String key, String value) {
    // Given
    Map<String, Object> configs = new HashMap<>(registry.configs());
    configs.put(key, value);
    AvroSerde<Turn> serde = new AvroSerde<>();
    // When / Then
    assertThatThrownBy(() -> serde.configure(configs, false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(value);
  }

  private <T extends SpecificRecord> AvroSerializer<T> serializer(Map<String, Object> more) {
    Map<String, Object> configs = new HashMap<>(registry.configs());
    configs.putAll(more);
    AvroSerializer<T> serializer = new AvroSerializer<>();
    serializer.configure(configs, false);
    return serializer;
  }

  private <T extends SpecificRecord> AvroDeserializer<T> deserializer() {
    AvroDeserializer<T> deserializer = new AvroDeserializer<>();
    deserializer.configure(registry.configs(), false);
    return deserializer;
  }

  private static <T extends SpecificRecord> T as(AvroDeserializer<T> deserializer, byte[] bytes) {
    return deserializer.deserialize(TOPIC, bytes);
  }

  private static WireFormatException failure(AvroDeserializer<?> deserializer, byte[] bytes) {
    return catchThrowableOfType(
        WireFormatException.class, () -> deserializer.deserialize(TOPIC, bytes));
  }
}
