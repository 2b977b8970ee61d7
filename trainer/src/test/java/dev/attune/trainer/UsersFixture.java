package dev.attune.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.model.policy.Policy;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.core.Chunks;
import dev.attune.trainer.kafka.KafkaTrainerClients;
import dev.attune.trainer.kafka.TrainerClients;
import dev.attune.trainer.kafka.users.UsersMetrics;
import dev.attune.trainer.kafka.users.UsersPipeline;
import dev.attune.trainer.kafka.users.UsersSettings;
import dev.attune.trainer.users.BucketRecord;
import dev.attune.trainer.users.MapUserStore;
import dev.attune.trainer.users.PastEvent;
import dev.attune.trainer.users.PastEvents;
import dev.attune.trainer.users.PolicyPasses;
import dev.attune.trainer.users.UserEmbeddings;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UserTrainer;
import dev.attune.trainer.users.UserTrainers;
import dev.attune.trainer.users.UsersStart;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A cluster with what a test of the users pipeline sends and sees. */
final class UsersFixture implements AutoCloseable {
  static final String GROUP = "attune-trainer-users";
  static final int REFERENCES = 8;
  private static final int REMEMBERED = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  final EmbeddedCluster cluster;
  final KafkaTrainerClients clients;
  private final Path dir;
  private final Producer<String, SpecificRecord> producer;
  private final Admin admin;

  UsersFixture(Path dir) {
    this.dir = dir;
    cluster = EmbeddedCluster.start(dir.resolve("cluster"));
    clients =
        new KafkaTrainerClients(
            KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl()),
            GROUP,
            Topics.BUCKETS_BY_USER,
            16);
    producer = clients.artifacts();
    admin = clients.admin();
  }

  UsersSettings settings(String instance, boolean rows) {
    return settings(instance, rows, false);
  }

  UsersSettings settings(String instance, boolean rows, boolean batched) {
    return new UsersSettings(
        GROUP,
        dir.resolve("state-" + instance),
        64L << 20,
        rows,
        batched,
        REFERENCES,
        REMEMBERED,
        Optional.of(Duration.ofDays(30)),
        20);
  }

  /** A pipeline on a thread of its own. */
  final class Running implements AutoCloseable {
    private final UsersPipeline pipeline;
    private final Thread thread;
    private volatile @Nullable Throwable failure;

    private Running(UsersPipeline pipeline) {
      this.pipeline = pipeline;
      this.thread = new Thread(this::run, "users");
      thread.start();
    }

    private void run() {
      try {
        pipeline.run();
      } catch (RuntimeException | Error e) {
        failure = e;
      }
    }

    boolean live() {
      return thread.isAlive();
    }

    @Nullable Throwable failure() {
      return failure;
    }

    @Override
    public void close() {
      pipeline.stop();
      try {
        thread.join(PATIENCE.toMillis());
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      assertThat(thread.isAlive()).isFalse();
    }
  }

  Running start(
      UsersSettings settings,
      TrainerClients with,
      PolicyPasses.Loader loader,
      MeterRegistry meters) {
    return new Running(
        new UsersPipeline(settings, with, loader, new UsersMetrics(meters), Clock.systemUTC()));
  }

  void publish(Policy policy) {
    byte[] bytes = policy.toBytes();
    Artifact artifact = Chunks.describe(bytes);
    for (ArtifactChunk chunk : Chunks.split(artifact, bytes)) {
      producer.send(
          new ProducerRecord<>(
              Topics.ARTIFACTS.name(), Chunks.key(artifact.getSha256(), chunk.getIndex()), chunk));
    }
    producer.send(
        new ProducerRecord<>(
            Topics.MODELS.name(),
            "policy",
            ModelVersion.newBuilder()
                .setName("policy")
                .setVersion(policy.epoch())
                .setWeights(artifact)
                .setState(artifact)
                .setBase(policy.base())
                .setPrecision("fp32")
                .setCodeVersion("test")
                .setConfigHash("test")
                .setPositions(List.of())
                .setComparisons(0)
                .setEvents(0)
                .setSteps(0)
                .setPublishedAt(Instant.EPOCH)
                .build()));
    producer.flush();
  }

  /** Sends buckets; null is a tombstone. */
  void send(String user, @Nullable PreferenceBucket bucket) {
    producer.send(new ProducerRecord<>(Topics.BUCKETS_BY_USER.name(), user, bucket));
  }

  void sendState(String user, @Nullable UserEmbedding state) {
    producer.send(new ProducerRecord<>(Topics.USERS.name(), user, state));
    producer.flush();
  }

  void flush() {
    producer.flush();
  }

  /** Whether the group has committed everything that was sent. */
  boolean caughtUp() {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    return ends().entrySet().stream()
        .allMatch(
            end ->
                end.getValue() == 0
                    || (committed.get(end.getKey()) != null
                        && committed.get(end.getKey()).offset() == end.getValue()));
  }

  /** The end of each partition of the users' buckets. */
  private Map<TopicPartition, Long> ends() {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (int partition = 0; partition < Topics.DEFAULT_PARTITIONS; partition++) {
      latest.put(new TopicPartition(Topics.BUCKETS_BY_USER.name(), partition), OffsetSpec.latest());
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    try {
      admin
          .listOffsets(latest)
          .all()
          .get()
          .forEach((partition, end) -> ends.put(partition, end.offset()));
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
    return ends;
  }

  void awaitCaughtUp() {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(this::caughtUp);
  }

  Map<TopicPartition, OffsetAndMetadata> committed() {
    try {
      return admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The committed states by user, as bytes. */
  Map<String, byte[]> states() {
    Map<String, byte[]> states = new TreeMap<>();
    read(
        Topics.USERS.name(),
        clients.committed(Topics.USERS),
        record -> {
          if (record.value() == null) {
            states.remove(record.key());
          } else {
            states.put(record.key(), UserEmbeddings.toBytes(record.value()));
          }
        });
    return states;
  }

  /** The users' buckets by partition. */
  Map<TopicPartition, List<BucketRecord>> bucketLog() {
    Map<TopicPartition, List<BucketRecord>> log = new HashMap<>();
    read(
        Topics.BUCKETS_BY_USER.name(),
        clients.committed(Topics.BUCKETS_BY_USER),
        record ->
            log.computeIfAbsent(
                    new TopicPartition(record.topic(), record.partition()),
                    partition -> new ArrayList<>())
                .add(new BucketRecord(record.offset(), record.key(), record.value())));
    return log;
  }

  /** What the states must be: each bucket learned once, one at a time, without Kafka. */
  Map<String, byte[]> expected(Policy policy, PolicyPasses.Loader loader, boolean rows) {
    Map<String, byte[]> expected = new TreeMap<>();
    for (List<BucketRecord> log : bucketLog().values()) {
      MapUserStore store = new MapUserStore();
      UserPartition partition =
          new UserPartition(store, Duration.ofDays(30), new UsersStart(0, 0, Instant.EPOCH));
      try (UserTrainers.Loaded loaded =
          new UserTrainers(loader, new LoggedEvents(log), REFERENCES, REMEMBERED).load(policy)) {
        UserTrainer trainer = loaded.trainer();
        for (BucketRecord record : log) {
          partition.learnHeads(List.of(record), trainer, false);
          if (rows) {
            partition.learnRows(List.of(record), trainer, 1);
          }
          partition.closeBatch();
          partition.committed();
        }
      }
      expected.putAll(store.bytes());
    }
    return expected;
  }

  private record LoggedEvents(List<BucketRecord> log) implements PastEvents {
    @Override
    public Map<Long, PastEvent> find(Collection<EventReference> references) {
      Map<Long, PastEvent> found = new HashMap<>();
      for (EventReference reference : references) {
        PreferenceBucket bucket = log.get((int) reference.getBucketOffset()).bucket();
        for (Feedback feedback : bucket.getFeedback()) {
          if (feedback.getOffset() == reference.getOffset()) {
            found.put(feedback.getOffset(), new PastEvent(feedback, bucket.getUserText()));
          }
        }
      }
      return found;
    }
  }

  private static <V> void read(
      String topic,
      Consumer<String, V> consumer,
      java.util.function.Consumer<ConsumerRecord<String, V>> visitor) {
    try (consumer) {
      List<TopicPartition> partitions =
          IntStream.range(0, Topics.DEFAULT_PARTITIONS)
              .mapToObj(partition -> new TopicPartition(topic, partition))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(visitor);
      }
    }
  }

  @Override
  public void close() {
    producer.close();
    admin.close();
    cluster.close();
  }
}
