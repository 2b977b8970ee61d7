package dev.attune.trainer.kafka;

import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Checkpoint;
import dev.attune.trainer.core.CheckpointPolicy;
import dev.attune.trainer.core.GeneralModel;
import dev.attune.trainer.core.Learned;
import dev.attune.trainer.core.LearnerFactory;
import dev.attune.trainer.core.ResidentLearners;
import dev.attune.trainer.core.RewardsConfig;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.core.VersionHistory;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains reward models from attune.buckets.by-domain and publishes them, so that each bucket has an
 * effect on the published models exactly once.
 *
 * <p>{@link #run} does all the work on the calling thread, but for the learners', which have a
 * thread of their own: during a long step the caller goes on polling and so stays in its group. A
 * partition's learners live from its assignment to its loss. Whenever it is uncertain whether a
 * checkpoint was committed, and when another instance has fenced this one, the partition's memory
 * is thrown away and taken up anew from the last committed manifests; nothing is repaired in place.
 */
public final class RewardsPipeline implements Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(RewardsPipeline.class);
  private static final Duration IDLE_POLL = Duration.ofMillis(100);
  private static final int QUEUE_LIMIT = 16;

  /** How often the log is read for what operators ask for. */
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** A member that is learning polls so many times within the group's patience. */
  private static final int POLLS_PER_INTERVAL = 10;

  private final Settings settings;
  private final TrainerClients clients;
  private final LearnerFactory learners;
  private final TrainerMetrics metrics;
  private final Clock clock;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile @Nullable GroupMember member;

  /**
   * How the pipeline works.
   *
   * @param rewards how models are published and watched
   * @param residentModels how many learners may be in native memory
   * @param checkpoints when checkpoints are made
   * @param keepVersions how many versions of each model keep their artifacts
   * @param keepAtLeast how long a replaced version keeps its artifacts in any case
   */
  public record Settings(
      RewardsConfig rewards,
      int residentModels,
      CheckpointPolicy checkpoints,
      int keepVersions,
      Duration keepAtLeast) {}

  public RewardsPipeline(
      Settings settings,
      TrainerClients clients,
      LearnerFactory learners,
      TrainerMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = clients;
    this.learners = new ResidentLearners(learners, settings.residentModels());
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "rewards";
  }

  /**
   * {@inheritDoc}
   *
   * @throws TrainerException where going on takes a person; nothing is published then
   * @throws org.apache.kafka.common.KafkaException where the cluster refuses to work with us
   */
  @Override
  public void run() {
    Duration patience = clients.maxPollInterval().dividedBy(POLLS_PER_INTERVAL);
    try (Brokers brokers = new Brokers(clients.admin());
        ManifestLog manifests =
            new ManifestLog(
                clients.committed(Topics.MODELS),
                brokers,
                new VersionHistory(settings.keepVersions(), settings.keepAtLeast()));
        ArtifactStore artifacts =
            new ArtifactStore(clients.artifacts(), clients.uncommitted(Topics.ARTIFACTS));
        ErasureLog erasures = new ErasureLog(clients.committed(Topics.ERASURES));
        LearningThread learning = new LearningThread(name(), patience);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      Restorer restorer =
          new Restorer(
              clients,
              brokers,
              manifests,
              artifacts,
              learners,
              learning,
              erasures,
              settings.rewards(),
              settings.checkpoints());
      Publisher publisher = new Publisher(artifacts, manifests, learners.provenance(), clock);
      OperatorRequests requests =
          new OperatorRequests(manifests, artifacts, learners.provenance(), learning);
      new Session(consumer, learning, restorer, publisher, requests, erasures).run();
    } finally {
      member = null;
    }
  }

  @Override
  public void stop() {
    stop.countDown();
  }

  @Override
  public boolean joined() {
    GroupMember current = member;
    return current != null && current.joined();
  }

  /** What lives as long as one run. Confined to the running thread. */
  private final class Session implements GroupMember.Owner {
    private final Consumer<String, PreferenceBucket> consumer;
    private final GroupMember group;
    private final LearningThread learning;
    private final Restorer restorer;
    private final Publisher publisher;
    private final OperatorRequests requests;
    private final ErasureLog erasures;
    private final Map<TopicPartition, OwnedPartition> owned = new LinkedHashMap<>();
    private long lookedNanos = System.nanoTime() - LOOK.toNanos();

    Session(
        Consumer<String, PreferenceBucket> consumer,
        LearningThread learning,
        Restorer restorer,
        Publisher publisher,
        OperatorRequests requests,
        ErasureLog erasures) {
      this.consumer = consumer;
      this.group =
          new GroupMember(consumer, Topics.BUCKETS_BY_DOMAIN, stop, metrics::recovered, this);
      this.learning = learning;
      this.restorer = restorer;
      this.publisher = publisher;
      this.requests = requests;
      this.erasures = erasures;
    }

    void run() {
      member = group;
      try {
        group.join();
        while (group.stays()) {
          fetch(idle() ? IDLE_POLL : Duration.ZERO);
          look();
          learnNext();
          publishNextDue();
        }
        for (OwnedPartition partition : List.copyOf(owned.values())) {
          publish(partition);
        }
      } finally {
        // Leaving the group would publish what is still owned; after a failure it must not.
        drop(List.copyOf(owned.keySet()));
      }
    }

    // ---- the group -------------------------------------------------------------------------

    @Override
    public void takeUp(Collection<TopicPartition> partitions) {
      learning.awaitIdle();
      Timer.Sample sample = Timer.start(clock());
      for (OwnedPartition partition : restorer.takeUp(partitions, consumer)) {
        owned.put(partition.topicPartition(), partition);
      }
      sample.stop(metrics.restore());
      report();
    }

    @Override
    public void handOver(Collection<TopicPartition> partitions) {
      learning.awaitIdle();
      for (TopicPartition topicPartition : partitions) {
        OwnedPartition partition = owned.get(topicPartition);
        if (partition != null && partition.trainer().usable()) {
          publish(partition);
        }
      }
    }

    @Override
    public void drop(Collection<TopicPartition> partitions) {
      learning.awaitIdle();
      for (TopicPartition topicPartition : partitions) {
        OwnedPartition partition = owned.remove(topicPartition);
        if (partition != null) {
          metrics.ofModels().dropped(partition.trainer().names());
          restorer.release(partition);
        }
      }
      report();
    }

    private void report() {
      metrics.owned(
          owned.size(), owned.values().stream().mapToLong(p -> p.trainer().models()).sum());
    }

    // ---- reading ---------------------------------------------------------------------------

    private void fetch(Duration wait) {
      group.poll(
          wait,
          record -> {
            OwnedPartition partition =
                owned.get(new TopicPartition(record.topic(), record.partition()));
            if (partition != null) {
              partition.queue().add(record);
            }
          });
      long lag =
          group.regulate(
              owned.keySet(), partition -> owned.get(partition).queue().size() >= QUEUE_LIMIT);
      metrics.lag(lag + owned.values().stream().mapToLong(one -> one.queue().size()).sum());
    }

    private boolean idle() {
      return owned.values().stream().allMatch(partition -> partition.queue().isEmpty());
    }

    // ---- learning --------------------------------------------------------------------------

    /** One bucket between two polls, from the partitions in turn. */
    private void learnNext() {
      for (OwnedPartition partition : List.copyOf(owned.values())) {
        ConsumerRecord<String, PreferenceBucket> record = partition.queue().poll();
        if (record != null) {
          owned.remove(partition.topicPartition());
          owned.put(partition.topicPartition(), partition);
          learn(partition, record);
          return;
        }
      }
    }

    private void learn(OwnedPartition partition, ConsumerRecord<String, PreferenceBucket> record) {
      PreferenceBucket bucket = record.value();
      if (bucket == null) {
        // Ingest writes none here; what others write holds nothing to learn.
        LOG.atWarn()
            .addKeyValue("partition", record.partition())
            .addKeyValue("offset", record.offset())
            .log("a record without a value is passed over");
        metrics.learned(partition.trainer().skip(record.offset()));
        return;
      }
      Timer.Sample sample = Timer.start(clock());
      begin(partition, bucket);
      if (!owns(partition)) {
        return;
      }
      Learned learned =
          learning.call(() -> accept(partition, record.offset(), bucket), this::stayInGroup);
      metrics.learned(learned);
      // Reward models cannot unlearn.
      metrics.retracted(bucket.getRetractions());
      partition.progress().add(learned.steps(), System.nanoTime());
      sample.stop(metrics.learn());
      if (owns(partition) && partition.trainer().urgent()) {
        publish(partition);
      }
    }

    /** On the learning thread. */
    private Learned accept(OwnedPartition partition, long offset, PreferenceBucket bucket) {
      try {
        return partition.trainer().accept(offset, bucket);
      } catch (TrainerException e) {
        throw e;
      } catch (RuntimeException e) {
        metrics.learnFailed();
        throw new TrainerException(
            "learning from the bucket at offset "
                + offset
                + " of "
                + partition.topicPartition()
                + " failed",
            e);
      }
    }

    private void begin(OwnedPartition partition, PreferenceBucket bucket) {
      partition
          .trainer()
          .missingModel(bucket)
          .ifPresent(name -> orGiveUp(partition, () -> begin(partition, name)));
    }

    private void begin(OwnedPartition partition, String name) {
      Optional<GeneralModel> general =
          name.equals(Domains.GENERAL) ? Optional.empty() : restorer.newestGeneral();
      learning.run(() -> partition.trainer().begin(name, general));
      report();
      LOG.atInfo()
          .addKeyValue("model", name)
          .addKeyValue("parentVersion", general.map(g -> g.version().getVersion()).orElse(0L))
          .log("model begun");
    }

    private void orGiveUp(OwnedPartition partition, Runnable work) {
      group.orDrop(List.of(partition.topicPartition()), work);
    }

    private void stayInGroup() {
      fetch(Duration.ZERO);
    }

    /** The very one: a partition that was lost and assigned again is another. */
    @SuppressWarnings("ReferenceEquality")
    private boolean owns(OwnedPartition partition) {
      return owned.get(partition.topicPartition()) == partition;
    }

    // ---- operators and users who leave --------------------------------------------------------

    /** A rollback is carried out at once, and where nothing is being learned too. */
    private void look() {
      long now = System.nanoTime();
      if (now - lookedNanos < LOOK.toNanos()) {
        return;
      }
      lookedNanos = now;
      group.orDrop(List.of(), erasures::refresh);
      for (OwnedPartition partition : List.copyOf(owned.values())) {
        orGiveUp(
            partition,
            () -> {
              // What held a user's events is stored anew at once, however little is learned.
              boolean stored =
                  learning.call(() -> partition.trainer().forget(erasures.erasures()), () -> {});
              stored |= requests.carryOut(partition);
              // While something is learned, the next checkpoint cleans up.
              boolean idle = !partition.trainer().uncommitted();
              if (stored
                  || (idle && (partition.trainer().erased() || publisher.hasObsolete(partition)))) {
                commit(partition);
              }
            });
      }
    }

    // ---- publishing ------------------------------------------------------------------------

    /** One checkpoint between two polls. */
    private void publishNextDue() {
      long now = System.nanoTime();
      owned.values().stream()
          .filter(partition -> partition.progress().due(now))
          .findFirst()
          .ifPresent(this::publish);
    }

    private void publish(OwnedPartition partition) {
      if (partition.trainer().uncommitted()) {
        orGiveUp(
            partition,
            () -> {
              requests.carryOut(partition);
              commit(partition);
            });
      }
    }

    private void commit(OwnedPartition partition) {
      Timer.Sample sample = Timer.start(clock());
      Checkpoint checkpoint = learning.call(partition.trainer()::checkpoint, () -> {});
      Optional<List<ModelVersion>> published =
          publisher.publish(
              partition,
              checkpoint,
              group.transactions(() -> owns(partition), () -> fetch(IDLE_POLL)));
      if (published.isEmpty()) {
        return;
      }
      List<ModelVersion> versions = published.get();
      partition.trainer().committed(checkpoint, versions);
      partition.progress().committed();
      sample.stop(metrics.publish());
      checkpoint.changed().forEach(metrics.ofModels()::committed);
      for (ModelVersion version : versions) {
        LOG.atInfo()
            .addKeyValue("model", version.getName())
            .addKeyValue("version", version.getVersion())
            .addKeyValue("comparisons", version.getComparisons())
            .log("model committed");
      }
    }

    private io.micrometer.core.instrument.Clock clock() {
      return io.micrometer.core.instrument.Clock.SYSTEM;
    }
  }
}
