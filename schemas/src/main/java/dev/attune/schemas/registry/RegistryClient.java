package dev.attune.schemas.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.schemas.registry.RegistryException.Kind;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.avro.Schema;

/**
 * A thin client of the Schema Registry's REST API, for Avro.
 *
 * <p>Thread-safe. Ids, registrations and latest versions are cached, each looked up once however
 * many threads ask; unknown ids are remembered briefly. Every method throws {@link
 * RegistryException}.
 */
public final class RegistryClient {
  private final RegistryHttp http;
  private final SchemaReader reader;
  private final SingleFlight<Integer, Schema> byId;
  private final SingleFlight<UUID, Schema> byGuid;
  private final SingleFlight<SubjectSchema, Integer> registered;
  private final SingleFlight<SubjectSchema, Integer> lookedUp;
  private final SingleFlight<String, RegisteredSchema> latest;

  public RegistryClient(RegistryConfig config) {
    this.http = new RegistryHttp(config);
    this.reader = new SchemaReader((subject, version) -> getVersion(subject, version.toString()));
    this.byId = new SingleFlight<>(null, config.missingTtl());
    this.byGuid = new SingleFlight<>(null, config.missingTtl());
    this.registered = new SingleFlight<>(null, Duration.ZERO);
    this.lookedUp = new SingleFlight<>(null, Duration.ZERO);
    this.latest = new SingleFlight<>(config.latestTtl(), Duration.ZERO);
  }

  /** The schema of an id. */
  public Schema byId(int id) {
    return byId.get(
        id, key -> reader.read(http.send("GET", "/schemas/ids/" + key, null), "Schema " + key));
  }

  /** The schema of a globally unique id. */
  public Schema byGuid(UUID guid) {
    return byGuid.get(
        guid, key -> reader.read(http.send("GET", "/schemas/guids/" + key, null), "Schema " + key));
  }

  /** Registers a schema, where it is not yet, and returns its id. */
  public int register(String subject, Schema schema) {
    return registered.get(
        new SubjectSchema(subject, schema),
        key -> id(http.send("POST", subjectPath(subject) + "/versions", body(schema))));
  }

  /** The id of a schema that is registered under the subject. */
  public int idOf(String subject, Schema schema) {
    return lookedUp.get(
        new SubjectSchema(subject, schema),
        key -> id(http.send("POST", subjectPath(subject), body(schema))));
  }

  /** The subject's latest version. */
  public RegisteredSchema latest(String subject) {
    return latest.get(subject, key -> version(getVersion(subject, "latest")));
  }

  /** A version of the subject; they count from 1. */
  public RegisteredSchema version(String subject, int version) {
    return version(getVersion(subject, String.valueOf(version)));
  }

  /** All subjects. */
  public List<String> subjects() {
    List<String> subjects = new ArrayList<>();
    http.send("GET", "/subjects", null).forEach(subject -> subjects.add(subject.asText()));
    return subjects;
  }

  /** The versions of a subject, ascending. */
  public List<Integer> versions(String subject) {
    List<Integer> versions = new ArrayList<>();
    http.send("GET", subjectPath(subject) + "/versions", null)
        .forEach(version -> versions.add(version.asInt()));
    return versions;
  }

  /** Whether the subject would accept the schema; true where the subject has no schema yet. */
  public boolean isCompatible(String subject, Schema schema) {
    try {
      return http.send(
              "POST", "/compatibility" + subjectPath(subject) + "/versions/latest", body(schema))
          .path("is_compatible")
          .asBoolean();
    } catch (RegistryException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return true;
      }
      throw e;
    }
  }

  /** The subject's own compatibility level, such as BACKWARD; empty where it has none. */
  public Optional<String> compatibility(String subject) {
    try {
      JsonNode json = http.send("GET", "/config/" + encode(subject), null);
      // Confluent answers with compatibilityLevel, newer Apicurio with compatibility.
      String level = json.path("compatibilityLevel").asText(json.path("compatibility").asText());
      return Optional.of(level);
    } catch (RegistryException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Sets the subject's compatibility level. */
  public void setCompatibility(String subject, String level) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("compatibility", level);
    http.send("PUT", "/config/" + encode(subject), body);
  }

  private JsonNode getVersion(String subject, String version) {
    return http.send("GET", subjectPath(subject) + "/versions/" + version, null);
  }

  private RegisteredSchema version(JsonNode json) {
    String subject = json.path("subject").asText();
    int version = json.path("version").asInt();
    Schema schema = reader.read(json, subject + " version " + version);
    return new RegisteredSchema(subject, version, id(json), schema);
  }

  private static int id(JsonNode json) {
    JsonNode id = json.path("id");
    if (!id.isInt()) {
      throw new RegistryException(Kind.REFUSED, "The schema registry answered without an id");
    }
    return id.asInt();
  }

  private static ObjectNode body(Schema schema) {
    return JsonNodeFactory.instance.objectNode().put("schema", schema.toString());
  }

  private static String subjectPath(String subject) {
    return "/subjects/" + encode(subject);
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }

  private record SubjectSchema(String subject, Schema schema) {}
}
