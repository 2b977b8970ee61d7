package dev.attune.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The few endpoints of a schema registry that the serdes need, in memory. */
public final class FakeRegistry implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> schemas = new ArrayList<>();
  private final HttpServer server;
  private volatile boolean another;

  public FakeRegistry() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.start();
  }

  /** From now on it answers as a server that is no registry. */
  void becomeAnotherServer() {
    another = true;
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (another) {
      respond(exchange, 404, Map.of("message", "No such path"));
      return;
    }
    if (exchange.getRequestMethod().equals("POST")) {
      JsonNode body = JSON.readTree(exchange.getRequestBody());
      respond(exchange, 200, Map.of("id", idOf(body.path("schema").asText())));
      return;
    }
    if (path.startsWith("/schemas/guids/")) {
      respondSchema(exchange, schemaOf(path.substring(path.lastIndexOf('/') + 1)));
      return;
    }
    if (!path.matches("/schemas/ids/-?\\d+")) {
      respond(exchange, 404, Map.of("message", "No such path"));
      return;
    }
    int id = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
    respondSchema(exchange, id >= 1 && id <= schemas.size() ? schemas.get(id - 1) : null);
  }

  /** The GUID of the schema that has this id. */
  public UUID guid(int id) {
    return guid(schemas.get(id - 1));
  }

  private static UUID guid(String schema) {
    return UUID.nameUUIDFromBytes(schema.getBytes(UTF_8));
  }

  private synchronized String schemaOf(String guid) {
    return schemas.stream()
        .filter(schema -> guid(schema).toString().equals(guid))
        .findFirst()
        .orElse(null);
  }

  private static void respondSchema(HttpExchange exchange, String schema) throws IOException {
    if (schema == null) {
      respond(exchange, 404, Map.of("error_code", 40403, "message", "Schema not found"));
    } else {
      respond(exchange, 200, Map.of("schema", schema));
    }
  }

  private synchronized int idOf(String schema) {
    if (!schemas.contains(schema)) {
      schemas.add(schema);
    }
    return schemas.indexOf(schema) + 1;
  }

  private static void respond(HttpExchange exchange, int status, Map<String, ?> body)
      throws IOException {
    byte[] bytes = JSON.writeValueAsString(body).getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
