package dev.attune.cli.models;

import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.trainer.core.Chunks;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Manifests as a trainer publishes them, of models whose bytes are their name and version. */
final class Manifests {
  static {
    // The serdes tell Avro that the generated records may be made.
    new AvroSerializer<ModelVersion>().close();
  }

  private Manifests() {}

  static ModelVersion of(String name, long version) {
    return ModelVersion.newBuilder()
        .setName(name)
        .setVersion(version)
        .setWeights(artifact(weights(name, version)))
        .setState(artifact(state(name, version)))
        .setBase("0123456789abcdef")
        .setPrecision("fp32")
        .setCodeVersion("1.2.3")
        .setConfigHash("c0ffee")
        .setParent("feed")
        .setPositions(List.of(new BucketPosition("topic-id", 3, 100 * version)))
        .setComparisons(40 * version)
        .setJudgements(2 * version)
        .setReplayed(0)
        .setEvents(20 * version)
        .setSteps(5 * version)
        .setMetrics(Map.of("loss", 0.5))
        .setPublishedAt(Instant.EPOCH)
        .setVerdict(
            GateVerdict.newBuilder()
                .setDecision(GateDecision.PUBLISHED)
                .setReason("better")
                .setEvents(20 * version)
                .setWindow(64)
                .setGain(0.03)
                .build())
        .build();
  }

  /** The keys of a model that has published so many versions, all of which are kept. */
  static Map<String, ModelVersion> published(String name, long versions) {
    Map<String, ModelVersion> byKey = new TreeMap<>();
    for (long version = 1; version <= versions; version++) {
      byKey.put(ModelKeys.history(name, version), of(name, version));
    }
    byKey.put(name, of(name, versions));
    return byKey;
  }

  static byte[] weights(String name, long version) {
    return (name + " weights " + version).getBytes(StandardCharsets.UTF_8);
  }

  static byte[] state(String name, long version) {
    return (name + " state " + version).getBytes(StandardCharsets.UTF_8);
  }

  private static Artifact artifact(byte[] bytes) {
    return Chunks.describe(bytes);
  }
}
