package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagementServerTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final PrometheusMeterRegistry meters = Meters.registry();
  private final FakeService service = new FakeService(() -> {});
  private ManagementServer server;

  @BeforeEach
  void start() {
    server = ManagementServer.start(0, meters, List.of(service));
  }

  @AfterEach
  void stop() {
    server.close();
    meters.close();
  }

  @Test
  void shouldNotBeReadyBeforeItsServiceIs() throws Exception {
    // When
    HttpResponse<String> response = get("/readyz");

    // Then
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("fake not ok\n");
  }

  @Test
  void shouldBeReadyWhenItsServiceIs() throws Exception {
    // Given
    service.ready = true;

    // When
    HttpResponse<String> response = get("/readyz");

    // Then
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("fake ok\n");
  }

  @Test
  void shouldNotBeLiveAfterAFailure() throws Exception {
    // Given
    service.live = false;

    // When
    HttpResponse<String> response = get("/livez");

    // Then
    assertThat(response.statusCode()).isEqualTo(503);
  }

  @Test
  void shouldShowMetersAsPrometheusText() throws Exception {
    // Given
    meters.counter("attune.some.events", "outcome", "accepted").increment();

    // When
    HttpResponse<String> response = get("/metrics");

    // Then
    assertThat(response.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain");
    assertThat(response.body())
        .contains(
            "attune_some_events_total{outcome=\"accepted\"} 1.0",
            "attune_build_info{",
            "jvm_memory_used_bytes{");
  }

  @Test
  void shouldSayWhichPortIsTaken() {
    // Given
    int taken = server.port();

    // When
    Throwable failure =
        catchThrowable(() -> ManagementServer.start(taken, meters, List.of(service)));

    // Then
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(String.valueOf(taken), "management.port");
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }
}
