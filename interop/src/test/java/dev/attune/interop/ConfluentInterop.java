package dev.attune.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.schemas.RandomRecords;
import dev.attune.schemas.Schemas;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Attune writes, Confluent's own serdes read, and the reverse, by way of a live registry. */
abstract class ConfluentInterop {
  private static final int SAMPLES = 40;
  private static final Schema EVENT = PreferenceEvent.getClassSchema();

  /** Confluent's choice for producers that must not change schemas. */
  private static final Map<String, Object> LATEST =
      Map.of("auto.register.schemas", false, "use.latest.version", true);

  private static ConfluentLoader loader;

  private final String topic = "interop-" + UUID.randomUUID();
  private final String subject = topic + "-value";
  private final ObjectMapper json = new ObjectMapper();
  private RegistryClient client;

  /** The URL of a running registry. */
  abstract String url();

  static List<Schema> records() {
    return Schemas.records();
  }

  /** The records of all topics that have a field which an earlier version might not have had. */
  static Stream<Schema> evolved() {
    return Topics.all().stream()
        .map(Topic::schema)
        .distinct()
        .filter(schema -> schema.getFields().stream().anyMatch(Schema.Field::hasDefaultValue));
  }

  /** Once: its classes take seconds to load. */
  @BeforeAll
  static void load() {
    loader = new ConfluentLoader();
  }

  @AfterAll
  static void unload() {
    loader.close();
  }

  @BeforeEach
  void connect() {
    client = new RegistryClient(RegistryConfig.from(configs(Map.of())));
    client.setCompatibility(subject, "BACKWARD");
  }

  @Test
  void shouldSampleEverySignal() {
    // Given
    List<SpecificRecord> events = samples(EVENT);
    // When
    Stream<Class<?>> signals =
        events.stream().map(e -> ((PreferenceEvent) e).getSignal().getClass());
    // Then
    assertThat(signals.distinct()).hasSize(EVENT.getField("signal").schema().getTypes().size());
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldWriteTheBytesThatConfluentWrites(Schema schema) {
    // Given
    AvroSerializer<SpecificRecord> ours = serializer(Map.of());
    Confluent theirs = confluent(Map.of());
    for (SpecificRecord sample : samples(schema)) {
      byte[] plain = PlainAvro.encode(sample);
      // Decoded first: a map's order is that of its making, and theirs is made so.
      SpecificRecord record = PlainAvro.decode(plain, schema, schema);
      // When
      byte[] bytes = ours.serialize(topic, record);
      // Then
      assertThat(bytes).isEqualTo(theirs.writeGeneric(topic, schema.toString(), plain));
      assertThat(bytes).isEqualTo(theirs.writeSpecific(topic, schema.getFullName(), plain));
    }
    assertThat(client.versions(subject)).containsExactly(1);
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldReadWhatConfluentWrote(Schema schema) {
    // Given
    Confluent theirs = confluent(Map.of());
    AvroDeserializer<SpecificRecord> ours = deserializer();
    List<SpecificRecord> samples = samples(schema);
    // When
    List<SpecificRecord> read =
        samples.stream()
            .map(PlainAvro::encode)
            .map(plain -> theirs.writeGeneric(topic, schema.toString(), plain))
            .map(bytes -> ours.deserialize(topic, bytes))
            .toList();
    // Then
    assertThat(read).isEqualTo(samples);
  }

  @ParameterizedTest
  @MethodSource("records")
  void shouldBeReadByConfluent(Schema schema) {
    // Given
    AvroSerializer<SpecificRecord> ours = serializer(Map.of());
    Confluent theirs = confluent(Map.of());
    for (SpecificRecord record : samples(schema)) {
      byte[] bytes = ours.serialize(topic, record);
      // When
      byte[] generic = theirs.readGeneric(topic, bytes);
      byte[] specific = theirs.readSpecific(topic, bytes);
      // Then
      assertThat(PlainAvro.decode(generic, schema, schema)).isEqualTo(record);
      assertThat(PlainAvro.decode(specific, schema, schema)).isEqualTo(record);
    }
  }

  @ParameterizedTest
  @MethodSource("evolved")
  void shouldReadAnEarlierWritersRecordAsConfluentDoes(Schema schema) {
    // Given a writer that knew only the fields without a default
    Schema earlier = withoutDefaults(schema);
    client.register(subject, earlier);
    client.register(subject, schema);
    Confluent theirs = confluent(Map.of());
    AvroDeserializer<SpecificRecord> ours = deserializer();
    for (SpecificRecord sample : samples(schema)) {
      byte[] plain = PlainAvro.translate(sample, earlier);
      byte[] bytes = theirs.writeGeneric(topic, earlier.toString(), plain);
      // When
      SpecificRecord read = ours.deserialize(topic, bytes);
      // Then
      assertThat(read).isEqualTo(withDefaults(sample));
      assertThat(PlainAvro.decode(theirs.readSpecific(topic, bytes), schema, schema))
          .isEqualTo(read);
    }
    assertThat(client.versions(subject)).containsExactly(1, 2);
  }

  @ParameterizedTest
  @MethodSource("evolved")
  void shouldReadALaterWritersRecordAsConfluentDoes(Schema schema) {
    // Given a writer that has a field more
    Schema later = withOneMore(schema);
    client.register(subject, schema);
    Confluent theirs = confluent(Map.of());
    AvroDeserializer<SpecificRecord> ours = deserializer();
    for (SpecificRecord sample : samples(schema)) {
      byte[] plain = PlainAvro.translate(sample, later);
      byte[] bytes = theirs.writeGeneric(topic, later.toString(), plain);
      // When
      SpecificRecord read = ours.deserialize(topic, bytes);
      // Then
      assertThat(read).isEqualTo(sample);
      assertThat(PlainAvro.decode(theirs.readSpecific(topic, bytes), schema, schema))
          .isEqualTo(read);
    }
  }

  @Test
  void shouldFindTheIdThatConfluentFindsWhereNothingIsRegistered() {
    // Given
    client.register(subject, EVENT);
    Map<String, Object> lookUp = Map.of("auto.register.schemas", false);
    AvroSerializer<SpecificRecord> ours = serializer(lookUp);
    byte[] plain = PlainAvro.encode(samples(EVENT).get(0));
    // When
    byte[] bytes = ours.serialize(topic, PlainAvro.decode(plain, EVENT, EVENT));
    // Then
    assertThat(bytes).isEqualTo(confluent(lookUp).writeGeneric(topic, EVENT.toString(), plain));
  }

  @Test
  void shouldResolveReferencesAsConfluentDoes() throws Exception {
    // Given the event's schema with its turns and candidates under subjects of their own
    client.register(topic + "-turn", Turn.getClassSchema());
    client.register(topic + "-candidate", Candidate.getClassSchema());
    int id = registerReferring();
    Confluent writer = confluent(LATEST);
    Confluent theirs = confluent(Map.of());
    AvroSerializer<SpecificRecord> ours = serializer(LATEST);
    AvroDeserializer<SpecificRecord> reader = deserializer();
    for (SpecificRecord sample : samples(EVENT)) {
      byte[] plain = PlainAvro.encode(sample);
      byte[] bytes = writer.writeGeneric(topic, EVENT.toString(), plain);
      // When
      SpecificRecord read = reader.deserialize(topic, bytes);
      // Then
      assertThat(read).isEqualTo(sample);
      assertThat(ours.serialize(topic, PlainAvro.decode(plain, EVENT, EVENT))).isEqualTo(bytes);
      assertThat(PlainAvro.decode(theirs.readGeneric(topic, bytes), EVENT, EVENT))
          .isEqualTo(sample);
      assertThat(ByteBuffer.wrap(bytes).getInt(1)).isEqualTo(id);
    }
  }

  @Test
  void shouldNameAnIdThatTheRegistryDoesNotHave() {
    // Given
    byte[] bytes = {0, 0x7f, 0x7f, 0x7f, 0x7f, 0};
    AvroDeserializer<SpecificRecord> ours = deserializer();
    // When
    WireFormatException e =
        catchThrowableOfType(WireFormatException.class, () -> ours.deserialize(topic, bytes));
    // Then
    assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_SCHEMA_ID);
  }

  private int registerReferring() throws IOException, InterruptedException {
    String text =
        referTo(Turn.getClassSchema(), referTo(Candidate.getClassSchema(), EVENT.toString()));
    ObjectNode body = json.createObjectNode().put("schema", text);
    refer(body, Turn.getClassSchema(), topic + "-turn");
    refer(body, Candidate.getClassSchema(), topic + "-candidate");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + "/subjects/" + subject + "/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(BodyPublishers.ofString(body.toString(), UTF_8))
            .build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    return json.readTree(response.body()).required("id").asInt();
  }

  private static void refer(ObjectNode body, Schema to, String subject) {
    body.withArrayProperty("references")
        .addObject()
        .put("name", to.getFullName())
        .put("subject", subject)
        .put("version", 1);
  }

  /** The schema's text with a type's name in the place of its definition. */
  private static String referTo(Schema type, String text) {
    String definition =
        type.toString().replace(",\"namespace\":\"" + type.getNamespace() + "\"", "");
    assertThat(text).contains(definition);
    return text.replace(definition, "\"" + type.getFullName() + "\"");
  }

  private static Schema withoutDefaults(Schema schema) {
    return record(
        schema, schema.getFields().stream().filter(field -> !field.hasDefaultValue()).toList());
  }

  private static Schema withOneMore(Schema schema) {
    List<Schema.Field> fields = new ArrayList<>(schema.getFields());
    fields.add(new Schema.Field("later", Schema.create(Schema.Type.STRING), null, "unknown"));
    return record(schema, fields);
  }

  private static Schema record(Schema schema, List<Schema.Field> fields) {
    return Schema.createRecord(
        schema.getName(),
        schema.getDoc(),
        schema.getNamespace(),
        false,
        fields.stream().map(field -> new Schema.Field(field, field.schema())).toList());
  }

  private static SpecificRecord withDefaults(SpecificRecord record) {
    SpecificData data = SpecificData.getForSchema(record.getSchema());
    SpecificRecord copy = data.deepCopy(record.getSchema(), record);
    for (Schema.Field field : record.getSchema().getFields()) {
      if (field.hasDefaultValue()) {
        copy.put(field.pos(), data.deepCopy(field.schema(), data.getDefaultValue(field)));
      }
    }
    return copy;
  }

  private static List<SpecificRecord> samples(Schema schema) {
    RandomRecords random = new RandomRecords(42);
    return Stream.generate(() -> random.record(schema)).limit(SAMPLES).toList();
  }

  private Confluent confluent(Map<String, Object> more) {
    return loader.serdes(configs(more));
  }

  private AvroSerializer<SpecificRecord> serializer(Map<String, Object> more) {
    AvroSerializer<SpecificRecord> serializer = new AvroSerializer<>();
    serializer.configure(configs(more), false);
    return serializer;
  }

  private AvroDeserializer<SpecificRecord> deserializer() {
    AvroDeserializer<SpecificRecord> deserializer = new AvroDeserializer<>();
    deserializer.configure(configs(Map.of()), false);
    return deserializer;
  }

  private Map<String, Object> configs(Map<String, Object> more) {
    Map<String, Object> configs = new HashMap<>(Map.of("schema.registry.url", url()));
    configs.putAll(more);
    return configs;
  }
}
