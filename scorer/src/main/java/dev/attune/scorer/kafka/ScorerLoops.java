package dev.attune.scorer.kafka;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.scorer.core.Admission;
import dev.attune.scorer.core.AfterGate;
import dev.attune.scorer.core.ArtifactAssembler;
import dev.attune.scorer.core.BatchBudget;
import dev.attune.scorer.core.BatchScorer;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.ModelLoader;
import dev.attune.scorer.core.ReplyGenerator;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.RewardFunction;
import dev.attune.scorer.core.RowDomains;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.metrics.ScorerMetrics;
import dev.attune.scorer.users.UserStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/**
 * Wires the scorer's three loops (one answers prompts, one follows the published models, one the
 * published states of users) and what works beside them.
 */
public final class ScorerLoops implements AutoCloseable {
  /** An explanation waits no longer for the user's past events. */
  private static final Duration EXPLAIN_PATIENCE = Duration.ofSeconds(2);

  private final KafkaSettings kafka;
  private final ScorerClients clients;
  private final RewardFunction rewards;
  private final ModelDirectory directory;
  private final UserStore users;
  private final ScorerMetrics metrics;
  private final PastEventReader past;
  private final ReplyGenerator replies;

  /**
   * @param generation how replies are written for those who ask for them
   */
  public ScorerLoops(
      KafkaSettings kafka,
      ScorerClients clients,
      GenerationConfig generation,
      RewardFunction rewards,
      ModelDirectory directory,
      UserStore users,
      ScorerMetrics metrics) {
    this.kafka = kafka;
    this.clients = clients;
    this.rewards = rewards;
    this.directory = directory;
    this.users = users;
    this.metrics = metrics;
    this.past =
        new PastEventReader(
            clients::pastEvents,
            deserializer(Topics.BUCKETS_BY_USER),
            users,
            directory::epoch,
            EXPLAIN_PATIENCE);
    this.replies =
        new ReplyGenerator(generation, rewards, directory, users, InstantSource.system(), metrics);
  }

  /**
   * How requests are taken, put together and answered.
   *
   * @param shadow whether the topic's answers go where no product reads them
   */
  public record Batching(
      RequestLimits limits,
      BatchBudget budget,
      RowDomains rowDomains,
      Duration longestWait,
      boolean shadow) {}

  /**
   * Where requests of all doors are scored.
   *
   * @param mostWaiting direct requests at most
   */
  public ScoringDesk desk(Batching batching, int mostWaiting) {
    return new ScoringDesk(
        new BatchScorer(rewards, directory, users, batching.rowDomains(), InstantSource.system()),
        admission(batching),
        ScoreBatcher.inOrder(batching.budget(), gate(batching)),
        mostWaiting,
        InstantSource.system(),
        metrics::batch);
  }

  private Admission admission(Batching batching) {
    return new Admission(batching.limits(), rewards, past, replies);
  }

  private AfterGate gate(Batching batching) {
    return new AfterGate(
        users,
        directory::epoch,
        batching.longestWait(),
        InstantSource.system(),
        metrics::waitedForFeedback);
  }

  /** Writes the replies that requests ask for. */
  public ReplyGenerator replies() {
    return replies;
  }

  /** Consumes prompts and produces rewards. */
  public KafkaLoop scoring(Delivery delivery, Batching batching, ScoringDesk desk) {
    PromptReader reader = new PromptReader(deserializer(Topics.PROMPTS), admission(batching));
    Answers answers =
        new Answers(batching.shadow() ? Topics.REWARDS_SHADOW : Topics.REWARDS, metrics);
    return new KafkaLoop(
        "scoring",
        switch (delivery) {
          case TRANSACTIONS -> () -> transactions(batching, reader, desk, answers);
          case SHARE -> () -> share(batching, reader, desk, answers);
        },
        metrics::restarted);
  }

  private KafkaTask transactions(
      Batching batching, PromptReader reader, ScoringDesk desk, Answers answers) {
    Consumer<String, byte[]> consumer = clients.prompts();
    Producer<String, ScoreResult> producer = orClose(clients::rewards, consumer::close);
    return new ScoringSession(
        consumer,
        producer,
        List.of(clients.bind(consumer), clients.bind(producer)),
        reader,
        ScoreBatcher.inOrder(batching.budget(), gate(batching)),
        desk,
        answers,
        metrics);
  }

  /** A poll takes no more than a batch: what one member holds the others cannot answer. */
  private KafkaTask share(
      Batching batching, PromptReader reader, ScoringDesk desk, Answers answers) {
    return new ShareSession(
        clients.sharedPrompts(batching.budget().requests()),
        new AnswerWriter(clients::sharedRewards, clients::bind, metrics::restarted),
        clients.shareGroup()::prepare,
        reader,
        ScoreBatcher.unordered(batching.budget(), gate(batching)),
        desk,
        answers,
        metrics);
  }

  /** Keeps the directory at the published models. */
  public KafkaLoop following(long maxArtifactBytes) {
    ArtifactAssembler assembler = new ArtifactAssembler(maxArtifactBytes);
    ModelLoader loader = new ModelLoader(rewards);
    // Outlives a follower whose clients failed, so that the next one loads only what is new.
    Map<String, ModelVersion> served = new HashMap<>();
    return new KafkaLoop(
        "models",
        () -> {
          Consumer<String, byte[]> models = clients.models();
          Consumer<String, byte[]> artifacts = orClose(clients::artifacts, models::close);
          return new ModelFollower(
              models,
              deserializer(Topics.MODELS),
              new ArtifactFetcher(artifacts, deserializer(Topics.ARTIFACTS), assembler),
              loader,
              directory,
              metrics,
              served);
        },
        metrics::restarted);
  }

  /** Keeps the store at the published states of users. */
  public KafkaLoop followingUsers() {
    // Outlives a follower whose clients failed: the next one goes on from there.
    Map<TopicPartition, Long> positions = new HashMap<>();
    return new KafkaLoop(
        "users",
        () ->
            new UserFollower(
                clients.users(), deserializer(Topics.USERS), users, metrics, positions),
        metrics::restarted);
  }

  /** Ends the search for past events. */
  @Override
  public void close() {
    past.close();
  }

  private <T extends SpecificRecord> AvroDeserializer<T> deserializer(Topic<T> topic) {
    AvroDeserializer<T> deserializer = new AvroDeserializer<>(topic.valueType());
    deserializer.configure(kafka.serde(), false);
    return deserializer;
  }

  private static <T> T orClose(Supplier<T> second, Runnable closeFirst) {
    try {
      return second.get();
    } catch (RuntimeException e) {
      closeFirst.run();
      throw e;
    }
  }
}
