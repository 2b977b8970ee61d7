package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LivePageTest {
  @Test
  void shouldServeOnePageThatNeedsNothingElseAndItsState() throws Exception {
    // Given
    HttpClient http = HttpClient.newHttpClient();
    try (LivePage page = LivePage.start(0, () -> Map.of("phase", "running"))) {
      // When
      HttpResponse<String> html = get(http, page.url());
      HttpResponse<String> state = get(http, page.url() + "state");
      // Then
      assertThat(html.statusCode()).isEqualTo(200);
      assertThat(html.body()).doesNotContain("src=").doesNotContain("<link").contains("fetch(");
      assertThat(state.body()).isEqualTo("{\"phase\":\"running\"}");
    }
  }

  private static HttpResponse<String> get(HttpClient http, String url) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
