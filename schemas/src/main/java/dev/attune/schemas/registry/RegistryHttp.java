package dev.attune.schemas.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * One JSON request to the first registry that answers. Server errors and broken connections are
 * tried at the next URL and then again after a wait; any other answer is final.
 */
final class RegistryHttp {
  private static final String JSON = "application/vnd.schemaregistry.v1+json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final RegistryConfig config;
  private final HttpClient http;
  private volatile int preferred;

  RegistryHttp(RegistryConfig config) {
    this.config = config;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(config.connectTimeout())
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL);
    if (config.ssl() != null) {
      builder.sslContext(config.ssl());
    }
    this.http = builder.build();
  }

  /**
   * Sends a request.
   *
   * @param path relative to the URL, its parts encoded
   * @param body null sends none
   */
  JsonNode send(String method, String path, @Nullable JsonNode body) {
    long wait = config.retryWait().toMillis();
    for (int round = 0; ; round++) {
      String failure = null;
      Throwable cause = null;
      for (int i = 0; i < config.urls().size(); i++) {
        int index = (preferred + i) % config.urls().size();
        URI url = config.urls().get(index);
        try {
          HttpResponse<String> response = http.send(request(url, method, path, body), utf8());
          if (!passing(response.statusCode())) {
            preferred = index;
            return answer(response, method + " " + url + path);
          }
          failure = method + " " + url + path + " answered " + response.statusCode();
          cause = null;
        } catch (IOException e) {
          failure = method + " " + url + path + " failed: " + e.getClass().getSimpleName();
          cause = e;
        } catch (InterruptedException e) {
          throw new InterruptException(e);
        }
      }
      if (round >= config.maxRetries()) {
        throw new RegistryException(Kind.UNAVAILABLE, 0, "No schema registry: " + failure, cause);
      }
      pause(wait);
      wait = Math.min(config.maxRetryWait().toMillis(), wait * 2);
    }
  }

  private static HttpResponse.BodyHandler<String> utf8() {
    return BodyHandlers.ofString(UTF_8);
  }

  private HttpRequest request(URI url, String method, String path, @Nullable JsonNode body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(config.requestTimeout())
            .header("Accept", JSON + ", application/json")
            .method(
                method,
                body == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(body.toString(), UTF_8));
    if (body != null) {
      request.header("Content-Type", JSON);
    }
    if (config.authorization() != null) {
      request.header("Authorization", config.authorization());
    }
    return request.build();
  }

  private static JsonNode answer(HttpResponse<String> response, String request) {
    int status = response.statusCode();
    JsonNode json;
    try {
      json = MAPPER.readTree(response.body());
    } catch (JsonProcessingException e) {
      json = MAPPER.missingNode();
    }
    if (status / 100 == 2 && !json.isMissingNode()) {
      return json;
    }
    int given = json.path("error_code").asInt();
    int code = given == 0 ? status : given;
    String message = json.path("message").asText("");
    throw new RegistryException(
        kind(status, code),
        code,
        request + " answered " + status + " (" + code + ") " + message,
        null);
  }

  /** Whether a later try may be answered otherwise: a fault, a time-out, too many requests. */
  private static boolean passing(int status) {
    return status >= 500 || status == 408 || status == 429;
  }

  private static Kind kind(int status, int code) {
    return switch (status) {
      case 401, 403 -> Kind.UNAUTHORIZED;
      case 409 -> Kind.INCOMPATIBLE;
      case 422 -> code == 42201 ? Kind.UNUSABLE_SCHEMA : Kind.REFUSED;
      // A 404 without a registry's code comes from something else behind the URL.
      case 404 -> code > 404 ? Kind.NOT_FOUND : Kind.REFUSED;
      default -> Kind.REFUSED;
    };
  }

  private static void pause(long millis) {
    try {
      // Half of it at random: clients that lost a registry together do not come back together.
      Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
