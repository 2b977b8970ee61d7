package dev.attune.cli.chaos;

import dev.attune.cli.traffic.RecordSender;
import dev.attune.model.engine.Precision;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.head.RowSubspace;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.PersonalWeights;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.Chunks;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A policy that stays as it is, so that users' states depend on the buckets alone. Its directions
 * are random: what is learned is of no use to anybody, but it is learned.
 *
 * @param base sha-256 of the base that it belongs to
 */
record FixedPolicy(String base, byte[] bytes) {
  private static final int DIRECTIONS = 8;
  private static final int ROW_DIRECTIONS = 4;
  private static final double ROW_SPREAD = 0.05;

  /** The policy of a base; the same for the same seed. */
  static FixedPolicy of(Path base, long seed) {
    Random random = new Random(seed);
    PersonalConfig config = PersonalConfig.defaults();
    try (BaseModel model = BaseModel.load(base, Precision.FP32);
        ReplyFeatures features =
            new ReplyFeatures(model, config.promptTokens(), config.replyTokens())) {
      float[] mean = new float[features.size()];
      float[] deviation = new float[features.size()];
      Arrays.fill(deviation, 1);
      PersonalWeights weights = PersonalWeights.untrained(model, config);
      float[] centre = weights.newRow().values();
      Policy policy =
          new Policy(
              1,
              model.sha256(),
              config.promptTokens(),
              config.replyTokens(),
              new HeadBasis(
                  mean, deviation, vectors(DIRECTIONS, mean, 1 / Math.sqrt(mean.length), random)),
              GaussianWeights.independent(DIRECTIONS + 1, 1),
              weights,
              RowSubspace.of(
                  centre, vectors(ROW_DIRECTIONS, centre, ROW_SPREAD, random), ROW_DIRECTIONS),
              List.of());
      return new FixedPolicy(model.sha256(), policy.toBytes());
    }
  }

  private static List<float[]> vectors(int count, float[] around, double spread, Random random) {
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] vector = around.clone();
      for (int j = 0; j < vector.length; j++) {
        vector[j] += (float) (spread * random.nextGaussian());
      }
      vectors.add(vector);
    }
    return vectors;
  }

  /** Publishes it as the trainer would. */
  void publish(RecordSender sender) {
    Artifact artifact = Chunks.describe(bytes);
    for (ArtifactChunk chunk : Chunks.split(artifact, bytes)) {
      sender
          .send(Topics.ARTIFACTS, Chunks.key(artifact.getSha256(), chunk.getIndex()), chunk)
          .join();
    }
    sender.send(Topics.MODELS, ModelKeys.POLICY, manifest(artifact)).join();
  }

  private ModelVersion manifest(Artifact artifact) {
    return ModelVersion.newBuilder()
        .setName(ModelKeys.POLICY)
        .setVersion(1)
        .setWeights(artifact)
        .setState(artifact)
        .setBase(base)
        .setPrecision("fp32")
        .setCodeVersion("chaos")
        .setConfigHash("chaos")
        .setPositions(List.of())
        .setComparisons(0)
        .setEvents(0)
        .setSteps(0)
        .setMetrics(Map.of())
        .setPublishedAt(Instant.EPOCH)
        .build();
  }
}
