package dev.attune.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.embedded.StoredSchema.Reference;
import io.javalin.Javalin;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema registry in this process, on this machine's loopback: Confluent's REST API for Avro
 * (subjects, versions, ids, GUIDs, config, compatibility; nothing is ever deleted), kept in the
 * compacted topic {@code _schemas}, so that ids survive a restart. Like Confluent's it demands
 * BACKWARD compatibility unless told otherwise. Only one may run on a cluster at a time.
 */
public final class EmbeddedRegistry implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedRegistry.class);
  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final SchemaLog log;
  private final SchemaStore store;
  private final Javalin server;

  private EmbeddedRegistry(SchemaLog log) {
    this.log = log;
    this.store = new SchemaStore(log::append);
    this.server =
        Javalin.create(
            config -> {
              config.showJavalinBanner = false;
              config.startupWatcherEnabled = false;
              config.useVirtualThreads = false;
            });
  }

  /**
   * Starts a registry on what the cluster's topic {@code _schemas} holds.
   *
   * @param port on 127.0.0.1; 0 takes a free one
   */
  public static EmbeddedRegistry start(String bootstrapServers, int port) {
    SchemaLog log = new SchemaLog(bootstrapServers);
    EmbeddedRegistry registry = new EmbeddedRegistry(log);
    try {
      log.replay(registry.store::apply);
      registry.route();
      registry.server.start("127.0.0.1", port);
      return registry;
    } catch (RuntimeException e) {
      registry.close();
      throw e;
    }
  }

  /** What clients give as {@code schema.registry.url}. */
  public String url() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.stop();
    log.close();
  }

  private void route() {
    server.before(context -> context.contentType(CONTENT_TYPE));
    server.get("/", context -> answer(context, Map.of()));
    server.get("/schemas/types", context -> answer(context, List.of("AVRO")));
    server.get("/schemas/ids/{id}", context -> answer(context, schema(store.byId(id(context)))));
    server.get(
        "/schemas/ids/{id}/schema",
        context -> context.result(store.byId(id(context)).schema().getBytes(UTF_8)));
    server.get("/schemas/ids/{id}/versions", context -> answer(context, uses(id(context))));
    server.get(
        "/schemas/guids/{guid}",
        context -> answer(context, schema(store.byGuid(context.pathParam("guid")))));
    server.get("/subjects", context -> answer(context, store.subjects()));
    server.post("/subjects/{subject}", this::find);
    server.get(
        "/subjects/{subject}/versions",
        context -> answer(context, store.versions(subject(context))));
    server.post("/subjects/{subject}/versions", this::register);
    server.get(
        "/subjects/{subject}/versions/{version}",
        context -> answer(context, withGuid(version(context))));
    server.get(
        "/subjects/{subject}/versions/{version}/schema",
        context -> context.result(version(context).schema().getBytes(UTF_8)));
    server.post("/compatibility/subjects/{subject}/versions", context -> check(context, null));
    server.post(
        "/compatibility/subjects/{subject}/versions/{version}",
        context -> check(context, context.pathParam("version")));
    server.get(
        "/config", context -> answer(context, Map.of("compatibilityLevel", store.compatibility())));
    server.put("/config", context -> setCompatibility(context, null));
    server.get("/config/{subject}", this::compatibility);
    server.put("/config/{subject}", context -> setCompatibility(context, subject(context)));
    server.get("/mode", context -> answer(context, Map.of("mode", "READWRITE")));
    server.exception(
        RestException.class, (e, context) -> refuse(context, e.status(), e.code(), e.getMessage()));
    server.exception(Exception.class, EmbeddedRegistry::fail);
  }

  private void register(Context context) {
    JsonNode body = avro(context);
    StoredSchema registered =
        store.register(subject(context), text(body, "schema"), references(body), ruleSet(body));
    ObjectNode answer = MAPPER.createObjectNode();
    answer.put("id", registered.id()).put("version", registered.version());
    answer(context, answer.put("guid", SchemaGuid.of(registered).toString()));
  }

  private void find(Context context) {
    JsonNode body = avro(context);
    StoredSchema found =
        store.find(subject(context), text(body, "schema"), references(body), ruleSet(body));
    answer(context, withGuid(found));
  }

  private void check(Context context, @Nullable String version) {
    JsonNode body = avro(context);
    boolean compatible =
        store.isCompatible(subject(context), version, text(body, "schema"), references(body));
    answer(context, Map.of("is_compatible", compatible));
  }

  private void compatibility(Context context) {
    boolean orGlobal = Boolean.parseBoolean(context.queryParam("defaultToGlobal"));
    answer(context, Map.of("compatibilityLevel", store.compatibility(subject(context), orGlobal)));
  }

  private void setCompatibility(Context context, @Nullable String subject) {
    CompatibilityLevel level = CompatibilityLevel.of(text(body(context), "compatibility"));
    store.setCompatibility(subject, level);
    answer(context, Map.of("compatibility", level));
  }

  private StoredSchema version(Context context) {
    return store.version(subject(context), context.pathParam("version"));
  }

  private List<Map<String, Object>> uses(int id) {
    return store.usesOf(id).stream()
        .map(use -> Map.<String, Object>of("subject", use.subject(), "version", use.version()))
        .toList();
  }

  private static ObjectNode schema(StoredSchema stored) {
    return withGuid(stored).remove(List.of("subject", "version", "id"));
  }

  private static ObjectNode withGuid(StoredSchema stored) {
    ObjectNode json = MAPPER.valueToTree(stored);
    return json.put("guid", SchemaGuid.of(stored).toString());
  }

  private static String subject(Context context) {
    return context.pathParam("subject");
  }

  private static int id(Context context) {
    try {
      return Integer.parseInt(context.pathParam("id"));
    } catch (NumberFormatException e) {
      throw RestException.badRequest("The id is not a number");
    }
  }

  private static JsonNode body(Context context) {
    try {
      return MAPPER.readTree(context.body());
    } catch (JsonProcessingException e) {
      throw RestException.badRequest("The request is not JSON");
    }
  }

  private static JsonNode avro(Context context) {
    JsonNode body = body(context);
    String type = body.path("schemaType").asText("AVRO");
    if (!type.equals("AVRO")) {
      throw RestException.invalidSchema("schemaType is " + type + ", allowed: AVRO");
    }
    return body;
  }

  private static String text(JsonNode body, String field) {
    String text = body.path(field).textValue();
    if (text == null) {
      throw RestException.badRequest("The request has no " + field);
    }
    return text;
  }

  private static List<Reference> references(JsonNode body) {
    List<Reference> references = new ArrayList<>();
    for (JsonNode reference : body.path("references")) {
      references.add(
          new Reference(
              text(reference, "name"),
              text(reference, "subject"),
              reference.path("version").asInt()));
    }
    return references;
  }

  private static @Nullable JsonNode ruleSet(JsonNode body) {
    JsonNode ruleSet = body.path("ruleSet");
    return ruleSet.isObject() ? ruleSet : null;
  }

  private static void answer(Context context, Object json) {
    context.result(MAPPER.valueToTree(json).toString().getBytes(UTF_8));
  }

  private static void refuse(Context context, int status, int code, @Nullable String message) {
    context.status(status);
    answer(context, Map.of("error_code", code, "message", String.valueOf(message)));
  }

  private static void fail(Exception e, Context context) {
    LOGGER
        .atError()
        .setCause(e)
        .addKeyValue("method", context.method())
        .addKeyValue("path", context.path())
        .log("Schema registry request failed");
    refuse(context, 500, 50001, "Error in the schema registry");
  }
}
