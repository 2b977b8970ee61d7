package dev.attune.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Turn;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedRegistryIT extends RegistryClientContract {
  @TempDir static Path dir;

  private static EmbeddedBroker broker;
  private static EmbeddedRegistry registry;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(dir, 0);
    registry = EmbeddedRegistry.start(broker.bootstrapServers(), 0);
  }

  @AfterAll
  static void stop() {
    registry.close();
    broker.close();
  }

  @Override
  protected String url() {
    return registry.url();
  }

  @Test
  void shouldKeepIdsAndLevelsOverARestart() {
    // Given
    client().setCompatibility("kept", "FULL");
    int id = client().register("kept", Turn.getClassSchema());
    registry.close();
    // When
    registry = EmbeddedRegistry.start(broker.bootstrapServers(), 0);
    // Then
    assertThat(client().byId(id)).isEqualTo(Turn.getClassSchema());
    assertThat(client().register("kept", Turn.getClassSchema())).isEqualTo(id);
    assertThat(client().register("kept-too", Schema.create(Schema.Type.LONG))).isNotEqualTo(id);
    assertThat(client().compatibility("kept")).contains("FULL");
  }

  @Test
  void shouldResolveReferences() throws Exception {
    // Given
    client().register("turns", Turn.getClassSchema());
    String body =
        """
        {"schema": "{\\"type\\":\\"array\\",\\"items\\":\\"dev.attune.schemas.events.Turn\\"}",
         "references": [{"name": "Turn", "subject": "turns", "version": 1}]}""";
    // When
    HttpResponse<String> response = send("POST", "/subjects/dialogues/versions", body);
    // Then
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(client().latest("dialogues").schema())
        .isEqualTo(Schema.createArray(Turn.getClassSchema()));
  }

  @Test
  void shouldSayWhereAnIdIsUsed() throws Exception {
    // Given
    int id = client().register("used", Schema.createMap(Schema.create(Schema.Type.LONG)));
    // When
    HttpResponse<String> response = send("GET", "/schemas/ids/" + id + "/versions", "");
    // Then
    assertThat(response.body()).contains("\"subject\":\"used\"").contains("\"version\":1");
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /subjects/guids/versions",
    "POST, /subjects/guids",
    "GET, /subjects/guids/versions/1",
    "GET, /schemas/guids/ef524ea1-b91e-7317-3d93-8ade36c1db32"
  })
  void shouldGiveTheMd5OfASchemaAsItsGuid(String method, String path) throws Exception {
    // Given
    client().register("guids", Schema.create(Schema.Type.INT));
    String body = method.equals("POST") ? "{\"schema\":\"\\\"int\\\"\"}" : "";
    // When
    HttpResponse<String> response = send(method, path, body);
    // Then
    assertThat(response.body()).contains("\"guid\":\"ef524ea1-b91e-7317-3d93-8ade36c1db32\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "POST; /subjects/x/versions; {\"schema\":\"{\\\"type\\\":\\\"nope\\\"}\"}; 422; 42201",
        "POST; /subjects/x/versions; {\"schema\":\"\\\"gone.Elsewhere\\\"\"}; 422; 42201",
        "POST; /subjects/x/versions; {\"schema\":\"{}\",\"schemaType\":\"JSON\"}; 422; 42201",
        "POST; /subjects/x/versions; not json; 400; 400",
        "POST; /subjects/x/versions; {}; 400; 400",
        "GET; /subjects/x/versions/0; ''; 404; 40401",
        "PUT; /config/x; {\"compatibility\":\"SIDEWAYS\"}; 422; 42203",
        "GET; /config/unset; ''; 404; 40408",
        "GET; /schemas/ids/none; ''; 400; 400",
        "GET; /schemas/guids/none; ''; 404; 40403",
        "GET; /schemas/guids/4b6f0f5e-5f4e-4d0e-9d8a-0d6d8f1f2a3b; ''; 404; 40403"
      })
  void shouldAnswerWithConfluentsCodes(
      String method, String path, String body, int status, int code) throws Exception {
    // Given a bad request
    // When
    HttpResponse<String> response = send(method, path, body);
    // Then
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).contains("\"error_code\":" + code);
  }

  @ParameterizedTest
  @CsvSource({
    "/, {}",
    "/schemas/types, [\"AVRO\"]",
    "/config, '{\"compatibilityLevel\":\"BACKWARD\"}'",
    "/config/unset?defaultToGlobal=true, '{\"compatibilityLevel\":\"BACKWARD\"}'",
    "/mode, '{\"mode\":\"READWRITE\"}'"
  })
  void shouldDescribeItself(String path, String answer) throws Exception {
    // Given a registry
    // When
    HttpResponse<String> response = send("GET", path, "");
    // Then
    assertThat(response.body()).isEqualTo(answer);
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/vnd.schemaregistry.v1+json");
  }

  private RegistryClient client() {
    return new RegistryClient(RegistryConfig.from(Map.of(RegistryConfig.URL, url())));
  }

  private HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + path))
            .method(method, BodyPublishers.ofString(body, UTF_8))
            .build();
    return http.send(request, BodyHandlers.ofString(UTF_8));
  }
}
