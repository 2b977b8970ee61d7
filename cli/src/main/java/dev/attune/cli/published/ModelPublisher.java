package dev.attune.cli.published;

import dev.attune.cli.traffic.RecordSender;
import dev.attune.model.engine.Precision;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Chunks;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Publishes models as the trainer does: the chunks, then the manifest. As thread-safe as its
 * sender, which it does not close.
 */
public final class ModelPublisher {
  private static final String MADE_UP = "made up";

  private final RecordSender sender;
  private final String base;
  private final Precision precision;

  /**
   * @param base sha-256 of the base that the models belong to
   * @param precision of that base
   */
  public ModelPublisher(RecordSender sender, String base, Precision precision) {
    this.sender = sender;
    this.base = base;
    this.precision = precision;
  }

  /** Publishes a version of a model and returns when the brokers have all of it. */
  public void publish(String name, long version, byte[] bytes) {
    Artifact artifact = Chunks.describe(bytes);
    for (ArtifactChunk chunk : Chunks.split(artifact, bytes)) {
      sender
          .send(Topics.ARTIFACTS, Chunks.key(artifact.getSha256(), chunk.getIndex()), chunk)
          .join();
    }
    ModelVersion manifest =
        ModelVersion.newBuilder()
            .setName(name)
            .setVersion(version)
            .setWeights(artifact)
            .setState(artifact)
            .setBase(base)
            .setPrecision(precision.name().toLowerCase(Locale.ROOT))
            .setCodeVersion(MADE_UP)
            .setConfigHash(MADE_UP)
            .setPositions(List.of())
            .setComparisons(0)
            .setEvents(0)
            .setSteps(0)
            .setMetrics(Map.of())
            .setPublishedAt(Instant.EPOCH)
            .build();
    sender.send(Topics.MODELS, name, manifest).join();
  }
}
