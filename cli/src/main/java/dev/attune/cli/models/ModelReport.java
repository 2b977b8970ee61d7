package dev.attune.cli.models;

import dev.attune.cli.cluster.StoredArtifacts.Stored;
import dev.attune.cli.console.Console;
import dev.attune.cli.models.ModelCatalogue.Served;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Manifests as lines for a person and as JSON. */
final class ModelReport {
  private static final String ROW = "%-28s %8s %7s  %-14s %11s %9s  %-11s %s";

  private ModelReport() {}

  /** The heading of {@link #row}. */
  static String heading() {
    return ROW.formatted(
        "model", "version", "served", "because", "comparisons", "events", "verdict", "age");
  }

  /** A model as one line. */
  static String row(ModelVersion current, Served served, Instant now) {
    return ROW.formatted(
            current.getName(),
            current.getVersion(),
            served.version() == 0 ? "-" : served.version(),
            words(served.reason()),
            current.getComparisons(),
            current.getEvents(),
            decision(current).map(ModelReport::words).orElse("-"),
            age(current.getPublishedAt(), now))
        .stripTrailing();
  }

  /** The same as JSON. */
  static Map<String, Object> summary(ModelVersion current, Served served, Instant now) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", current.getName());
    json.put("version", current.getVersion());
    json.put("served", served.version());
    json.put("because", words(served.reason()));
    json.put("comparisons", current.getComparisons());
    json.put("judgements", current.getJudgements());
    json.put("events", current.getEvents());
    json.put("verdict", decision(current).map(ModelReport::words).orElse(null));
    json.put("published_at", current.getPublishedAt().toString());
    json.put("age_seconds", Duration.between(current.getPublishedAt(), now).toSeconds());
    return json;
  }

  /** Everything that a manifest says, and what is there of its artifacts. */
  static void print(Console console, ModelVersion model, Stored weights, Stored state) {
    line(console, "model", model.getName());
    line(console, "version", model.getVersion() == 0 ? "0: nothing yet" : model.getVersion());
    line(console, "published", model.getPublishedAt());
    line(console, "base", model.getBase());
    line(console, "precision", model.getPrecision());
    line(console, "code", model.getCodeVersion());
    line(console, "configuration", model.getConfigHash());
    line(console, "trained from", model.getParent() == null ? "-" : model.getParent());
    for (BucketPosition position : model.getPositions()) {
      line(console, "read", position(position));
    }
    line(
        console,
        "learned from",
        "%d events, %d comparisons, %d judgements; %d comparisons again; %d steps"
            .formatted(
                model.getEvents(),
                model.getComparisons(),
                model.getJudgements(),
                model.getReplayed(),
                model.getSteps()));
    new TreeMap<>(model.getMetrics())
        .forEach((name, value) -> line(console, "metric", name + " " + number(value)));
    GateVerdict verdict = model.getVerdict();
    line(console, "verdict", verdict == null ? "none yet" : verdict(verdict));
    line(console, "weights", artifact(weights));
    line(console, "state", artifact(state));
  }

  /** The same as JSON. */
  static Map<String, Object> json(ModelVersion model, Stored weights, Stored state) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model.getName());
    json.put("version", model.getVersion());
    json.put("published_at", model.getPublishedAt().toString());
    json.put("base", model.getBase());
    json.put("precision", model.getPrecision());
    json.put("code_version", model.getCodeVersion());
    json.put("config_hash", model.getConfigHash());
    json.put("parent", model.getParent());
    json.put("positions", model.getPositions().stream().map(ModelReport::json).toList());
    json.put("events", model.getEvents());
    json.put("comparisons", model.getComparisons());
    json.put("judgements", model.getJudgements());
    json.put("replayed", model.getReplayed());
    json.put("steps", model.getSteps());
    json.put("metrics", new TreeMap<>(model.getMetrics()));
    json.put("verdict", json(model.getVerdict()));
    json.put("weights", json(weights));
    json.put("state", json(state));
    return json;
  }

  /** What is there of an artifact, in words. */
  static String artifact(Stored stored) {
    Artifact artifact = stored.artifact();
    return "%s, %,d bytes: %s"
        .formatted(
            artifact.getSha256(),
            artifact.getSize(),
            stored.complete()
                ? "all there"
                : "%d of %d chunks are there".formatted(stored.present(), artifact.getChunks()));
  }

  private static void line(Console console, String name, Object value) {
    console.printf("%-14s %s", name, value);
  }

  private static String position(BucketPosition position) {
    return "partition %d before offset %d of topic %s"
        .formatted(position.getPartition(), position.getNextOffset(), position.getTopicId());
  }

  private static Map<String, Object> json(BucketPosition position) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic_id", position.getTopicId());
    json.put("partition", position.getPartition());
    json.put("next_offset", position.getNextOffset());
    return json;
  }

  private static Map<String, Object> json(Stored stored) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("sha256", stored.artifact().getSha256());
    json.put("size", stored.artifact().getSize());
    json.put("chunks", stored.artifact().getChunks());
    json.put("present", stored.present());
    return json;
  }

  private static @Nullable Map<String, Object> json(@Nullable GateVerdict verdict) {
    if (verdict == null) {
      return null;
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("decision", words(verdict.getDecision()));
    json.put("reason", verdict.getReason());
    json.put("events", verdict.getEvents());
    json.put("window", verdict.getWindow());
    json.put("gain", verdict.getGain());
    json.put("anchors", verdict.getAnchors());
    json.put("anchor_evidence", verdict.getAnchorEvidence());
    json.put("general", verdict.getGeneral());
    json.put("general_evidence", verdict.getGeneralEvidence());
    json.put("failures", verdict.getFailures());
    return json;
  }

  private static String verdict(GateVerdict verdict) {
    StringBuilder text =
        new StringBuilder(words(verdict.getDecision()))
            .append(" at ")
            .append(verdict.getEvents())
            .append(" events");
    if (verdict.getWindow() > 0) {
      text.append(
          ", gain %s on %d recent".formatted(number(verdict.getGain()), verdict.getWindow()));
    }
    evidence(text, "anchors", verdict.getAnchors(), verdict.getAnchorEvidence());
    evidence(text, "general", verdict.getGeneral(), verdict.getGeneralEvidence());
    if (verdict.getFailures() > 0) {
      text.append(", ").append(verdict.getFailures()).append(" refusals in a row");
    }
    return text + (verdict.getReason().isEmpty() ? "" : ": " + verdict.getReason());
  }

  private static void evidence(StringBuilder text, String what, int events, double evidence) {
    if (events > 0) {
      text.append(", e-value %s on %d %s".formatted(number(evidence), events, what));
    }
  }

  private static Optional<GateDecision> decision(ModelVersion model) {
    return Optional.ofNullable(model.getVerdict()).map(GateVerdict::getDecision);
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }

  private static String age(Instant from, Instant now) {
    long seconds = Math.max(0, Duration.between(from, now).toSeconds());
    if (seconds < 120) {
      return seconds + " s";
    }
    if (seconds < Duration.ofHours(2).toSeconds()) {
      return seconds / 60 + " min";
    }
    return seconds < Duration.ofDays(2).toSeconds()
        ? seconds / 3600 + " h"
        : seconds / 86_400 + " d";
  }
}
