package dev.attune.cli.replay;

import dev.attune.cli.CliException;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From which versions of a model a later one can be learned again. */
final class Reach {
  private final String model;
  private final NavigableMap<Long, ModelVersion> versions;
  private final Map<Long, String> obstacles = new LinkedHashMap<>();

  /**
   * What is retained of the model's partition.
   *
   * @param topicId the id of attune.buckets.by-domain as it is now
   * @param beginning the first offset that is there
   */
  record Retained(String topicId, long beginning) {}

  /**
   * What to learn again.
   *
   * @param from where it goes on from
   * @param to what it is compared with
   */
  record Span(ModelVersion from, ModelVersion to) {}

  /**
   * @param versions the published versions whose manifests are there, by number
   * @param complete sha-256 of the artifacts that are all there
   */
  Reach(
      String model,
      NavigableMap<Long, ModelVersion> versions,
      Set<String> complete,
      Retained retained) {
    this.model = model;
    this.versions = versions;
    versions.forEach(
        (number, version) -> {
          String obstacle = obstacle(version, complete, retained);
          if (obstacle != null) {
            obstacles.put(number, obstacle);
          }
        });
  }

  private static @Nullable String obstacle(
      ModelVersion version, Set<String> complete, Retained retained) {
    if (!complete.contains(version.getState().getSha256())
        || !complete.contains(version.getWeights().getSha256())) {
      return "its artifacts are gone";
    }
    if (version.getPositions().isEmpty()) {
      return "it was made elsewhere and names no position";
    }
    BucketPosition position = version.getPositions().get(0);
    if (!position.getTopicId().equals(retained.topicId())) {
      return "its buckets were in a topic that is gone";
    }
    return position.getNextOffset() < retained.beginning()
        ? "the buckets behind it are gone: offset %d, the first there is %d"
            .formatted(position.getNextOffset(), retained.beginning())
        : null;
  }

  /** The earliest version that can be gone on from; null where there is none. */
  @Nullable Long earliest() {
    return versions.keySet().stream()
        .filter(version -> !obstacles.containsKey(version))
        .findFirst()
        .orElse(null);
  }

  /** How far back it reaches, version by version. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    versions.forEach(
        (number, version) ->
            lines.add(
                "version %d, %d events: %s"
                    .formatted(
                        number,
                        version.getEvents(),
                        obstacles.getOrDefault(number, "can be gone on from"))));
    return lines;
  }

  /**
   * What is to be learned again.
   *
   * @param from null: the version before {@code to}
   * @param to null: the newest
   * @throws CliException where that cannot be, saying why
   */
  Span span(@Nullable Long from, @Nullable Long to) {
    if (versions.isEmpty()) {
      throw new CliException(model + " has published nothing yet");
    }
    ModelVersion target = version(to == null ? versions.lastKey() : to);
    Long before = versions.lowerKey(target.getVersion());
    if (from == null && before == null) {
      throw new CliException(
          "%s version %d has no version before it to go on from"
              .formatted(model, target.getVersion()));
    }
    ModelVersion start = version(from == null ? before : from);
    if (start.getVersion() >= target.getVersion()) {
      throw new CliException(
          "--from %d is not before --to %d".formatted(start.getVersion(), target.getVersion()));
    }
    String obstacle = obstacles.get(start.getVersion());
    if (obstacle != null) {
      Long earliest = earliest();
      throw new CliException(
          "%s version %d cannot be gone on from: %s; %s"
              .formatted(
                  model,
                  start.getVersion(),
                  obstacle,
                  earliest == null ? "nor can any other" : "the earliest that can is " + earliest));
    }
    if (target.getPositions().isEmpty()) {
      throw new CliException(
          "%s version %d was made elsewhere and names no position"
              .formatted(model, target.getVersion()));
    }
    return new Span(start, target);
  }

  private ModelVersion version(long number) {
    ModelVersion found = versions.get(number);
    if (found == null) {
      throw new CliException(
          "%s has no version %d; there is %s".formatted(model, number, versions.keySet()));
    }
    return found;
  }
}
