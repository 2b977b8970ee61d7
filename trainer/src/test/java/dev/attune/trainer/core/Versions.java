package dev.attune.trainer.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import java.time.Instant;
import java.util.List;

/** Manifests for tests. */
final class Versions {
  static final String TOPIC_ID = "topic-1";

  private Versions() {}

  static ModelVersion at(String name, long version, int partition, long nextOffset) {
    return of(name, version, name + version, "state" + version, Instant.ofEpochSecond(version))
        .setPositions(List.of(new BucketPosition(TOPIC_ID, partition, nextOffset)))
        .build();
  }

  /** Published at as many seconds as its version. */
  static ModelVersion with(String name, long version, String weights, String state) {
    return of(name, version, weights, state, Instant.ofEpochSecond(version)).build();
  }

  private static ModelVersion.Builder of(
      String name, long version, String weights, String state, Instant published) {
    return ModelVersion.newBuilder()
        .setName(name)
        .setVersion(version)
        .setWeights(Chunks.describe(weights.getBytes(UTF_8)))
        .setState(Chunks.describe(state.getBytes(UTF_8)))
        .setBase("base-1")
        .setPrecision("fp32")
        .setCodeVersion("test")
        .setConfigHash("config-1")
        .setPositions(List.of())
        .setComparisons(0)
        .setEvents(0)
        .setSteps(0)
        .setPublishedAt(published);
  }
}
