package dev.attune.schemas.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.avro.Schema;

/** Answers as a script says and remembers what it was asked; anything else is 404/40403. */
public final class StubRegistry implements AutoCloseable {
  private record Answer(int status, String body) {}

  /** A request's first line, and its Authorization header or an empty string. */
  public record Request(String line, String authorization, String body) {}

  private final HttpServer server;
  private final Map<String, List<Answer>> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  public StubRegistry() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.start();
  }

  /** Answers a request, such as {@code GET /subjects}; the last of several answers stays. */
  public StubRegistry on(String request, int status, String body) {
    answers
        .computeIfAbsent(request, key -> new CopyOnWriteArrayList<>())
        .add(new Answer(status, body));
    return this;
  }

  /** Answers the request for an id. */
  public StubRegistry schema(int id, Schema schema) {
    return on("GET /schemas/ids/" + id, 200, json(schema));
  }

  /** A schema as a registry writes it. */
  public static String json(Schema schema) {
    return JsonNodeFactory.instance.objectNode().put("schema", schema.toString()).toString();
  }

  public List<Request> requests() {
    return requests;
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What serdes and clients need, with retries that do not wait. */
  public Map<String, Object> configs() {
    return Map.of("schema.registry.url", url(), "max.retries", 1, "retries.wait.ms", 1);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String line = exchange.getRequestMethod() + " " + exchange.getRequestURI().getRawPath();
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    requests.add(new Request(line, authorization == null ? "" : authorization, body));
    List<Answer> scripted = answers.getOrDefault(line, List.of());
    Answer answer =
        scripted.isEmpty()
            ? new Answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}")
            : scripted.size() == 1 ? scripted.get(0) : scripted.remove(0);
    byte[] bytes = answer.body().getBytes(UTF_8);
    exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
