package dev.attune.scorer.kafka;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.scorer.core.ArtifactAssembler;
import dev.attune.scorer.core.BatchBudget;
import dev.attune.scorer.core.BatchScorer;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.RequestValidator;
import dev.attune.scorer.core.RewardFunction;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.metrics.ScorerMetrics;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** Wires the scorer's two loops: one answers prompts, one follows the published models. */
public final class ScorerLoops {
  private final KafkaSettings kafka;
  private final ScorerClients clients;
  private final RewardFunction rewards;
  private final ModelDirectory directory;
  private final ScorerMetrics metrics;

  public ScorerLoops(
      KafkaSettings kafka,
      ScorerClients clients,
      RewardFunction rewards,
      ModelDirectory directory,
      ScorerMetrics metrics) {
    this.kafka = kafka;
    this.clients = clients;
    this.rewards = rewards;
    this.directory = directory;
    this.metrics = metrics;
  }

  /** Consumes prompts and produces rewards. */
  public KafkaLoop scoring(RequestLimits limits, BatchBudget budget) {
    PromptReader reader =
        new PromptReader(
            deserializer(Topics.PROMPTS), new RequestValidator(limits, rewards.base()), rewards);
    BatchScorer scorer = new BatchScorer(rewards, directory, InstantSource.system());
    return new KafkaLoop(
        "scoring",
        () -> {
          Consumer<String, byte[]> consumer = clients.prompts();
          Producer<String, ScoreResult> producer = orClose(clients::rewards, consumer);
          return new ScoringSession(
              consumer,
              producer,
              List.of(clients.bind(consumer), clients.bind(producer)),
              reader,
              new ScoreBatcher(budget),
              scorer,
              metrics);
        },
        metrics::restarted);
  }

  /** Keeps the directory at the published models. */
  public KafkaLoop following(long maxArtifactBytes) {
    ArtifactAssembler assembler = new ArtifactAssembler(maxArtifactBytes);
    // Outlives a follower whose clients failed, so that the next one loads only what is new.
    Map<String, ModelVersion> served = new HashMap<>();
    return new KafkaLoop(
        "models",
        () -> {
          Consumer<String, byte[]> models = clients.models();
          Consumer<String, byte[]> artifacts = orClose(clients::artifacts, models);
          return new ModelFollower(
              models,
              deserializer(Topics.MODELS),
              new ArtifactFetcher(artifacts, deserializer(Topics.ARTIFACTS), assembler),
              rewards,
              directory,
              metrics,
              served);
        },
        metrics::restarted);
  }

  private <T extends SpecificRecord> AvroDeserializer<T> deserializer(Topic<T> topic) {
    AvroDeserializer<T> deserializer = new AvroDeserializer<>(topic.valueType());
    deserializer.configure(kafka.serde(), false);
    return deserializer;
  }

  private static <T> T orClose(Supplier<T> second, Consumer<?, ?> first) {
    try {
      return second.get();
    } catch (RuntimeException e) {
      first.close();
      throw e;
    }
  }
}
