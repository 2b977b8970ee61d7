package dev.attune.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.embedded.StoredSchema.Content;
import dev.attune.embedded.StoredSchema.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a schema registry knows and decides, without any I/O: each change is handed to a journal
 * first and applied once that has kept it. Thread-safe by one lock.
 */
final class SchemaStore {
  /** A change; either a schema, or a level of a subject (null subject: of all). */
  record Change(
      @Nullable StoredSchema schema,
      @Nullable String subject,
      @Nullable CompatibilityLevel compatibility) {}

  private final NavigableMap<String, NavigableMap<Integer, StoredSchema>> subjects =
      new TreeMap<>();
  private final Map<Integer, StoredSchema> byId = new HashMap<>();
  private final Map<Content, Integer> ids = new HashMap<>();
  private final Map<String, CompatibilityLevel> levels = new HashMap<>();
  private final Consumer<Change> journal;
  private CompatibilityLevel level = CompatibilityLevel.BACKWARD;

  /**
   * Creates an empty store.
   *
   * @param journal keeps a change for good before it returns; if it throws, nothing has changed
   */
  SchemaStore(Consumer<Change> journal) {
    this.journal = journal;
  }

  /** Takes a change from the journal, without writing it there again. */
  synchronized void apply(Change change) {
    StoredSchema schema = change.schema();
    if (schema != null) {
      subjects
          .computeIfAbsent(schema.subject(), name -> new TreeMap<>())
          .put(schema.version(), schema);
      byId.putIfAbsent(schema.id(), schema);
      ids.putIfAbsent(schema.content(), schema.id());
    } else if (change.subject() == null) {
      level = change.compatibility();
    } else {
      levels.put(change.subject(), change.compatibility());
    }
  }

  synchronized List<String> subjects() {
    return List.copyOf(subjects.keySet());
  }

  synchronized List<Integer> versions(String subject) {
    return List.copyOf(existing(subject).keySet());
  }

  synchronized StoredSchema version(String subject, String version) {
    NavigableMap<Integer, StoredSchema> versions = existing(subject);
    if (version.equals("latest") || version.equals("-1")) {
      return versions.lastEntry().getValue();
    }
    StoredSchema found = versions.get(number(version));
    if (found == null) {
      throw RestException.versionNotFound(version);
    }
    return found;
  }

  synchronized StoredSchema byId(int id) {
    return Optional.ofNullable(byId.get(id)).orElseThrow(RestException::schemaNotFound);
  }

  synchronized StoredSchema byGuid(String guid) {
    return byId.values().stream()
        .filter(schema -> SchemaGuid.of(schema).toString().equals(guid))
        .findFirst()
        .orElseThrow(RestException::schemaNotFound);
  }

  /** Every subject and version that has the id. */
  synchronized List<StoredSchema> usesOf(int id) {
    byId(id);
    return subjects.values().stream()
        .flatMap(versions -> versions.values().stream())
        .filter(schema -> schema.id() == id)
        .toList();
  }

  /** The version of a schema that is registered already. */
  synchronized StoredSchema find(
      String subject, String schema, List<Reference> references, @Nullable JsonNode ruleSet) {
    NavigableMap<Integer, StoredSchema> versions = existing(subject);
    Content content = new Content(parse(schema, references).toString(), references, ruleSet);
    return versions.values().stream()
        .filter(known -> known.content().equals(content))
        .findFirst()
        .orElseThrow(RestException::schemaNotFound);
  }

  /** Registers a schema, where it is not yet. */
  synchronized StoredSchema register(
      String subject, String schema, List<Reference> references, @Nullable JsonNode ruleSet) {
    Schema parsed = parse(schema, references);
    Content content = new Content(parsed.toString(), references, ruleSet);
    NavigableMap<Integer, StoredSchema> versions = subjects.getOrDefault(subject, new TreeMap<>());
    for (StoredSchema known : versions.values()) {
      if (known.content().equals(content)) {
        return known;
      }
    }
    CompatibilityLevel required = levels.getOrDefault(subject, level);
    if (!required.accepts(parsed, parsedSchemas(versions))) {
      throw RestException.incompatible(subject, "; compatibility is " + required);
    }
    int version = versions.isEmpty() ? 1 : versions.lastKey() + 1;
    int nextId = byId.keySet().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
    int id = ids.getOrDefault(content, nextId);
    StoredSchema added =
        new StoredSchema(subject, version, id, content.schema(), references, ruleSet);
    change(new Change(added, null, null));
    return added;
  }

  /**
   * Whether the subject would take the schema.
   *
   * @param version the one to compare with; null compares as a registration does
   */
  synchronized boolean isCompatible(
      String subject, @Nullable String version, String schema, List<Reference> references) {
    Schema parsed = parse(schema, references);
    List<Schema> earlier =
        version == null
            ? parsedSchemas(existing(subject))
            : List.of(parsed(version(subject, version)));
    return levels.getOrDefault(subject, level).accepts(parsed, earlier);
  }

  synchronized CompatibilityLevel compatibility() {
    return level;
  }

  synchronized CompatibilityLevel compatibility(String subject, boolean orGlobal) {
    CompatibilityLevel own = levels.get(subject);
    if (own == null && !orGlobal) {
      throw RestException.noSubjectCompatibility(subject);
    }
    return own == null ? level : own;
  }

  /** Sets a subject's level; of a null subject, that of all subjects without their own. */
  synchronized void setCompatibility(@Nullable String subject, CompatibilityLevel compatibility) {
    change(new Change(null, subject, compatibility));
  }

  private void change(Change change) {
    journal.accept(change);
    apply(change);
  }

  private NavigableMap<Integer, StoredSchema> existing(String subject) {
    NavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    if (versions == null) {
      throw RestException.subjectNotFound(subject);
    }
    return versions;
  }

  private static int number(String version) {
    try {
      int number = Integer.parseInt(version);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number that is no version.
    }
    throw RestException.invalidVersion(version);
  }

  private List<Schema> parsedSchemas(NavigableMap<Integer, StoredSchema> versions) {
    List<Schema> schemas = new ArrayList<>();
    versions.values().forEach(version -> schemas.add(parsed(version)));
    return schemas;
  }

  private Schema parsed(StoredSchema stored) {
    return parse(stored.schema(), stored.references());
  }

  private Schema parse(String schema, List<Reference> references) {
    Schema.Parser parser = new Schema.Parser();
    try {
      parseReferences(references, parser, new HashSet<>());
      return parser.parse(schema);
    } catch (AvroRuntimeException | NullPointerException e) {
      // The latter is what Avro throws for a name that nothing defines.
      throw RestException.invalidSchema(String.valueOf(e.getMessage()));
    }
  }

  private void parseReferences(
      List<Reference> references, Schema.Parser parser, Set<Reference> seen) {
    for (Reference reference : references) {
      if (seen.add(reference)) {
        StoredSchema stored = version(reference.subject(), String.valueOf(reference.version()));
        parseReferences(stored.references(), parser, seen);
        parser.parse(stored.schema());
      }
    }
  }
}
