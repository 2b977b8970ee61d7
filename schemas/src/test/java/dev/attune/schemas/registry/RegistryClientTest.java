package dev.attune.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryClientTest {
  private static final Schema TURN = Turn.getClassSchema();

  private final StubRegistry registry = new StubRegistry();
  private final RegistryClient client = new RegistryClient(RegistryConfig.from(registry.configs()));

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void shouldAskForAnIdOnceHoweverManyThreadsNeedIt() {
    // Given
    registry.schema(7, TURN);
    // When
    List<CompletableFuture<Schema>> found =
        IntStream.range(0, 16)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> client.byId(7)))
            .toList();
    // Then
    assertThat(found).allSatisfy(schema -> assertThat(schema.join()).isEqualTo(TURN));
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void shouldRememberAnUnknownIdBriefly() {
    // Given
    RegistryException first = catchThrowableOfType(RegistryException.class, () -> client.byId(9));
    // When
    RegistryException second = catchThrowableOfType(RegistryException.class, () -> client.byId(9));
    // Then
    assertThat(first.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(second.errorCode()).isEqualTo(40403);
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void shouldAskAgainForAnUnknownIdOnceItIsForgotten() {
    // Given
    Map<String, Object> configs = new HashMap<>(registry.configs());
    configs.put("missing.id.cache.ttl.sec", 0);
    RegistryClient forgetful = new RegistryClient(RegistryConfig.from(configs));
    registry
        .on("GET /schemas/ids/7", 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}")
        .schema(7, TURN);
    assertThatThrownBy(() -> forgetful.byId(7)).isInstanceOf(RegistryException.class);
    // When
    Schema found = forgetful.byId(7);
    // Then
    assertThat(found).isEqualTo(TURN);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void shouldTryAgainWhereALaterTryMayBeAnsweredOtherwise(int status) {
    // Given
    registry.on("GET /schemas/ids/7", status, "").schema(7, TURN);
    // When
    Schema found = client.byId(7);
    // Then
    assertThat(found).isEqualTo(TURN);
    assertThat(registry.requests()).hasSize(2);
  }

  @Test
  void shouldGoToTheNextUrlWhereOneIsDown() {
    // Given
    registry.schema(7, TURN);
    StubRegistry down = new StubRegistry();
    String urls = down.url() + "," + registry.url() + "/";
    down.close();
    RegistryClient both =
        new RegistryClient(
            RegistryConfig.from(Map.of("schema.registry.url", urls, "max.retries", 0)));
    // When
    Schema found = both.byId(7);
    // Then
    assertThat(found).isEqualTo(TURN);
  }

  @Test
  void shouldStayWithTheUrlThatAnswered() {
    // Given
    try (StubRegistry failing = new StubRegistry()) {
      failing.on("GET /schemas/ids/7", 503, "").schema(8, TURN);
      registry.schema(7, TURN).schema(8, TURN);
      String urls = failing.url() + "," + registry.url();
      RegistryClient both =
          new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, urls)));
      both.byId(7);
      // When
      both.byId(8);
      // Then
      assertThat(failing.requests()).hasSize(1);
      assertThat(registry.requests()).hasSize(2);
    }
  }

  @Test
  void shouldNotAskAnotherUrlForWhatIsRefused() {
    // Given
    try (StubRegistry other = new StubRegistry()) {
      String urls = registry.url() + "," + other.url();
      RegistryClient both =
          new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, urls)));
      // When
      RegistryException e = catchThrowableOfType(RegistryException.class, () -> both.byId(7));
      // Then
      assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND);
      assertThat(other.requests()).isEmpty();
    }
  }

  @Test
  void shouldSayThatNoRegistryAnswers() {
    // Given
    registry.close();
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(7));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(e).hasMessageContaining("GET " + registry.url() + "/schemas/ids/7");
  }

  @ParameterizedTest
  @CsvSource({
    "401, 40101, UNAUTHORIZED",
    "403, 40301, UNAUTHORIZED",
    "409, 409, INCOMPATIBLE",
    "409, 40901, INCOMPATIBLE",
    "422, 42201, UNUSABLE_SCHEMA",
    "422, 42205, REFUSED",
    "404, 40401, NOT_FOUND"
  })
  void shouldNotRepeatWhatIsRefused(int status, int code, Kind kind) {
    // Given
    registry.on(
        "POST /subjects/a/versions", status, "{\"error_code\":" + code + ",\"message\":\"no\"}");
    // When
    RegistryException e =
        catchThrowableOfType(RegistryException.class, () -> client.register("a", TURN));
    // Then
    assertThat(e.kind()).isEqualTo(kind);
    assertThat(e.errorCode()).isEqualTo(code);
    assertThat(registry.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<html>Not Found</html>",
        "",
        "{\"error_code\":0,\"message\":\"No such resource\"}"
      })
  void shouldNotTakeAnotherServersPageForAMissingSchema(String body) {
    // Given
    registry.on("GET /schemas/ids/7", 404, body);
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(7));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(e.errorCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "1",
        "nope",
        "[]x",
        "{}",
        "{\"type\":null}",
        "{\"type\":\"record\",\"name\":\"R\"}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":1}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":\"A\"}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":\"x\"}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
        "{\"type\":\"array\"}",
        "[\"int\",\"int\"]",
        "[[\"int\"]]",
        "\"gone.Elsewhere\""
      })
  void shouldNameASchemaThatAvroCannotRead(String text) {
    // Given
    String body = JsonNodeFactory.instance.objectNode().put("schema", text).toString();
    registry.on("GET /schemas/ids/7", 200, body);
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(7));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.UNUSABLE_SCHEMA);
    assertThat(e).hasMessage("Schema 7 is not a valid Avro schema");
  }

  @Test
  void shouldResolveReferences() {
    // Given
    registry
        .on(
            "GET /schemas/ids/7",
            200,
            """
            {"schema": "{\\"type\\":\\"array\\",\\"items\\":\\"dev.attune.schemas.events.Turn\\"}",
             "references": [{"name": "Turn", "subject": "a/b", "version": 2}]}""")
        .on("GET /subjects/a%2Fb/versions/2", 200, StubRegistry.json(TURN));
    // When
    Schema found = client.byId(7);
    // Then
    assertThat(found).isEqualTo(Schema.createArray(TURN));
  }

  @ParameterizedTest
  @CsvSource({"domainRules, TRANSFORM, ENCRYPT", "encodingRules, TRANSFORM, ENCRYPT_PAYLOAD"})
  void shouldRefuseEncryptedFields(String group, String kind, String type) {
    // Given
    String rule = "{\"name\":\"pii\",\"kind\":\"" + kind + "\",\"type\":\"" + type + "\"}";
    String ruleSet = ",\"ruleSet\":{\"" + group + "\":[" + rule + "]}}";
    registry.on(
        "GET /schemas/ids/7", 200, StubRegistry.json(TURN).replaceFirst("}$", "") + ruleSet);
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(7));
    // Then
    assertThat(e.kind()).isEqualTo(Kind.UNUSABLE_SCHEMA);
    assertThat(e).hasMessageContaining("pii").hasMessageContaining(type);
  }

  @Test
  void shouldRefuseASchemaThatIsNotAvro() {
    // Given
    registry.on("GET /schemas/ids/7", 200, "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}");
    // When
    RegistryException e = catchThrowableOfType(RegistryException.class, () -> client.byId(7));
    // Then
    assertThat(e).hasMessage("Schema 7 is of type JSON; only AVRO can be read");
  }

  @Test
  void shouldFindAGuid() {
    // Given
    UUID guid = UUID.fromString("4b6f0f5e-5f4e-4d0e-9d8a-0d6d8f1f2a3b");
    registry.on("GET /schemas/guids/" + guid, 200, StubRegistry.json(TURN));
    // When
    Schema found = client.byGuid(guid);
    // Then
    assertThat(found).isEqualTo(TURN);
  }
}
