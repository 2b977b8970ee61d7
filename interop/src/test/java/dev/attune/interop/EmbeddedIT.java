package dev.attune.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.embedded.EmbeddedBroker;
import dev.attune.embedded.EmbeddedRegistry;
import dev.attune.schemas.RandomRecords;
import dev.attune.schemas.Schemas;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The embedded registry as Confluent's own classes see it, and the GUIDs that Apicurio lacks. */
class EmbeddedIT {
  private static final String VALUE_HEADER = "__value_schema_id";
  private static final String KEY_HEADER = "__key_schema_id";

  @TempDir static Path dir;

  private static EmbeddedBroker broker;
  private static EmbeddedRegistry registry;
  private static ConfluentLoader loader;
  private static Confluent confluent;

  private final ObjectMapper json = new ObjectMapper();
  private final String topic = "guid-" + UUID.randomUUID();
  private final String subject = topic + "-value";

  static List<Schema> records() {
    return Schemas.records();
  }

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(dir, 0);
    registry = EmbeddedRegistry.start(broker.bootstrapServers(), 0);
    loader = new ConfluentLoader();
    confluent = loader.serdes(configs());
  }

  @AfterAll
  static void stop() {
    if (loader != null) {
      loader.close();
    }
    if (registry != null) {
      registry.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldGiveTheGuidThatConfluentGives(Schema schema) throws Exception {
    // Given
    String body = json.createObjectNode().put("schema", schema.toString()).toString();
    // When
    JsonNode registered = post("/subjects/" + subject + "/versions", body);
    // Then
    assertThat(registered.path("guid").asText())
        .isEqualTo(confluent.guid(schema.toString(), List.of()));
  }

  @Test
  void shouldGiveTheGuidThatConfluentGivesWhereThereAreReferences() throws Exception {
    // Given
    client().register(topic, Turn.getClassSchema());
    String name = Turn.class.getName();
    String text = "{\"type\":\"array\",\"items\":\"" + name + "\"}";
    var body = json.createObjectNode().put("schema", text);
    body.putArray("references")
        .addObject()
        .put("name", name)
        .put("subject", topic)
        .put("version", 1);
    // When
    JsonNode registered = post("/subjects/" + subject + "/versions", body.toString());
    // Then
    assertThat(registered.path("guid").asText())
        .isEqualTo(confluent.guid(storedText(), List.of(List.of(name, topic, 1))))
        .isNotEqualTo(confluent.guid(storedText(), List.of()));
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldReadASchemasGuidFromTheHeader(Schema schema) throws Exception {
    // Given
    Headers headers = new RecordHeaders().add(VALUE_HEADER, guidBytes(register(schema)));
    SpecificRecord written = new RandomRecords(42).record(schema);
    AvroDeserializer<SpecificRecord> deserializer = deserializer(false);
    // When
    SpecificRecord read = deserializer.deserialize(topic, headers, PlainAvro.encode(written));
    // Then
    assertThat(read).isEqualTo(written);
  }

  @Test
  void shouldReadASchemasGuidFromThePrefix() throws Exception {
    // Given
    Turn written = new Turn("user", "Hé");
    byte[] plain = PlainAvro.encode(written);
    byte[] guid = guidBytes(register(Turn.getClassSchema()));
    byte[] message = ByteBuffer.allocate(guid.length + plain.length).put(guid).put(plain).array();
    AvroDeserializer<SpecificRecord> deserializer = deserializer(false);
    // When
    SpecificRecord read = deserializer.deserialize(topic, message);
    // Then
    assertThat(read).isEqualTo(written);
  }

  @Test
  void shouldReadAKeysSchemaFromTheKeysHeaderOnly() throws Exception {
    // Given
    Turn written = new Turn("user", "Hé");
    Headers headers =
        new RecordHeaders()
            .add(KEY_HEADER, guidBytes(register(Turn.getClassSchema())))
            .add(VALUE_HEADER, guidBytes(UUID.randomUUID()));
    AvroDeserializer<SpecificRecord> deserializer = deserializer(true);
    // When
    SpecificRecord read = deserializer.deserialize(topic, headers, PlainAvro.encode(written));
    // Then
    assertThat(read).isEqualTo(written);
  }

  @Test
  void shouldReadAnIdFromTheHeader() {
    // Given
    int id = client().register(subject, Turn.getClassSchema());
    Turn written = new Turn("user", "Hé");
    byte[] header = ByteBuffer.allocate(5).put((byte) 0).putInt(id).array();
    Headers headers = new RecordHeaders().add(VALUE_HEADER, header);
    AvroDeserializer<SpecificRecord> deserializer = deserializer(false);
    // When
    SpecificRecord read = deserializer.deserialize(topic, headers, PlainAvro.encode(written));
    // Then
    assertThat(read).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource({
    "014b6f0f5e5f4e4d0e9d8a0d6d8f1f2a3b, UNKNOWN_SCHEMA_ID",
    "007f7f7f7f, UNKNOWN_SCHEMA_ID",
    "014b6f0f5e5f4e4d0e9d8a0d6d8f1f2a, NOT_AVRO_FRAME",
    "014b6f0f5e5f4e4d0e9d8a0d6d8f1f2a3b00, NOT_AVRO_FRAME",
    "024b6f0f5e5f4e4d0e9d8a0d6d8f1f2a3b, NOT_AVRO_FRAME",
    "'', NOT_AVRO_FRAME"
  })
  void shouldNameWhatIsWrongWithAHeader(String header, Reason reason) {
    // Given
    Headers headers = new RecordHeaders().add(VALUE_HEADER, HexFormat.of().parseHex(header));
    byte[] plain = PlainAvro.encode(new Turn("user", "Hé"));
    AvroDeserializer<SpecificRecord> deserializer = deserializer(false);
    // When
    WireFormatException e =
        catchThrowableOfType(
            WireFormatException.class, () -> deserializer.deserialize(topic, headers, plain));
    // Then
    assertThat(e.reason()).isEqualTo(reason);
  }

  /** Attune's serdes and Confluent's. */
  @Nested
  class WithConfluentsSerdes extends ConfluentInterop {
    @Override
    String url() {
      return registry.url();
    }
  }

  private UUID register(Schema schema) throws IOException, InterruptedException {
    String body = json.createObjectNode().put("schema", schema.toString()).toString();
    return UUID.fromString(
        post("/subjects/" + subject + "/versions", body).required("guid").asText());
  }

  /** As Confluent's SchemaId lays it out. */
  private static byte[] guidBytes(UUID guid) {
    return ByteBuffer.allocate(17)
        .put((byte) 1)
        .putLong(guid.getMostSignificantBits())
        .putLong(guid.getLeastSignificantBits())
        .array();
  }

  private String storedText() throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(
            URI.create(registry.url() + "/subjects/" + subject + "/versions/1")))
        .path("schema")
        .asText();
  }

  private JsonNode post(String path, String body) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(registry.url() + path))
            .POST(BodyPublishers.ofString(body)));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return json.readTree(
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body());
  }

  private RegistryClient client() {
    return new RegistryClient(RegistryConfig.from(configs()));
  }

  private static AvroDeserializer<SpecificRecord> deserializer(boolean key) {
    AvroDeserializer<SpecificRecord> deserializer = new AvroDeserializer<>();
    deserializer.configure(configs(), key);
    return deserializer;
  }

  private static Map<String, Object> configs() {
    return Map.of("schema.registry.url", registry.url());
  }
}
