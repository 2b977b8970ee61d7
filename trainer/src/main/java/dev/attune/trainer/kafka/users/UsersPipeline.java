package dev.attune.trainer.kafka.users;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Evaluation;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.GroupMember;
import dev.attune.trainer.kafka.LearningThread;
import dev.attune.trainer.kafka.Pipeline;
import dev.attune.trainer.kafka.TrainerClients;
import dev.attune.trainer.users.BucketRecord;
import dev.attune.trainer.users.PolicyPasses;
import dev.attune.trainer.users.UserPartition;
import dev.attune.trainer.users.UserTrainers;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns users' heads and rows from attune.buckets.by-user and publishes them to attune.users,
 * which is also what it goes on from: a loop of consuming, learning and producing whose states and
 * offset are committed in one transaction (KIP-447). So each event has an effect exactly once.
 *
 * <p>{@link #run} does all the work on the calling thread, but for the passes, which have a thread
 * of their own. A batch changes the store on disk only after its commit. Whenever that is
 * uncertain, and when another instance has fenced this one, the partition is dropped and taken up
 * again from the topic.
 *
 * <p>Rows follow heads through the same partitions by a cursor of their own, a few events at a
 * time, so that heads never wait long for a pass of the policy.
 */
public final class UsersPipeline implements Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(UsersPipeline.class);
  private static final Duration IDLE_POLL = Duration.ofMillis(50);
  private static final Duration POLICY_PATIENCE = Duration.ofMinutes(2);
  private static final Duration POLICY_INTERVAL = Duration.ofMillis(200);

  /** A member that is learning polls so many times within the group's patience. */
  private static final int POLLS_PER_INTERVAL = 10;

  /** Buckets of a partition that are learned and committed together. */
  private static final int BATCH = 256;

  private static final int QUEUE_LIMIT = 2 * BATCH;

  /** Events that rows learn between two batches of heads, each with a pass of its own. */
  private static final int ROW_EVENTS = 4;

  /** The same where one pass serves all of them. */
  private static final int ROW_EVENTS_TOGETHER = 8;

  private final UsersSettings settings;
  private final TrainerClients clients;
  private final PolicyPasses.Loader loader;
  private final UsersMetrics metrics;
  private final Clock clock;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile @Nullable GroupMember member;

  public UsersPipeline(
      UsersSettings settings,
      TrainerClients clients,
      PolicyPasses.Loader loader,
      UsersMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = clients;
    this.loader = loader;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "users";
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
        PolicyFollower policies = new PolicyFollower(clients);
        BucketLookup lookup = new BucketLookup(clients.committed(Topics.BUCKETS_BY_USER));
        RowReader rowReader = new RowReader(clients.committed(Topics.BUCKETS_BY_USER));
        LearningThread learning = new LearningThread(name(), patience);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      UserTrainers trainers =
          new UserTrainers(loader, lookup, settings.references(), settings.rememberedReplies());
      new Session(brokers, policies, lookup, rowReader, learning, consumer, trainers).run();
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
    private final Brokers brokers;
    private final PolicyFollower policies;
    private final BucketLookup lookup;
    private final RowReader rowReader;
    private final LearningThread learning;
    private final Consumer<String, PreferenceBucket> consumer;
    private final GroupMember group;
    private final UserTrainers trainers;
    private final UsersRestorer restorer;
    private final Map<TopicPartition, OwnedUsers> owned = new LinkedHashMap<>();
    private UserTrainers.@Nullable Loaded loaded;
    private long policiesFollowed = System.nanoTime();

    Session(
        Brokers brokers,
        PolicyFollower policies,
        BucketLookup lookup,
        RowReader rowReader,
        LearningThread learning,
        Consumer<String, PreferenceBucket> consumer,
        UserTrainers trainers) {
      this.brokers = brokers;
      this.policies = policies;
      this.lookup = lookup;
      this.rowReader = rowReader;
      this.learning = learning;
      this.consumer = consumer;
      this.group =
          new GroupMember(consumer, Topics.BUCKETS_BY_USER, stop, metrics::recovered, this);
      this.trainers = trainers;
      this.restorer = new UsersRestorer(settings, clients, brokers);
    }

    void run() {
      member = group;
      try {
        group.join();
        while (group.stays()) {
          boolean busy = learnHeads();
          busy |= learnRows();
          fetch(busy ? Duration.ZERO : IDLE_POLL);
          followPolicy();
        }
      } finally {
        drop(List.copyOf(owned.keySet()));
        unload();
      }
    }

    // ---- the group -------------------------------------------------------------------------

    @Override
    public void takeUp(Collection<TopicPartition> partitions) {
      learning.awaitIdle();
      Timer.Sample sample = Timer.start();
      for (OwnedUsers partition : restorer.takeUp(partitions, consumer)) {
        owned.put(partition.topicPartition(), partition);
      }
      // After the states: one of the newest epoch must not meet an older policy.
      policies.followFully(brokers, POLICY_PATIENCE);
      sample.stop(metrics.restore());
      report();
    }

    @Override
    public void drop(Collection<TopicPartition> partitions) {
      learning.awaitIdle();
      for (TopicPartition topicPartition : partitions) {
        OwnedUsers partition = owned.remove(topicPartition);
        if (partition != null) {
          restorer.release(partition);
        }
      }
      report();
    }

    private void report() {
      rowReader.own(owned.values());
      metrics.owned(owned.values());
    }

    /** The very one: a partition that was lost and assigned again is another. */
    @SuppressWarnings("ReferenceEquality")
    private boolean owns(OwnedUsers partition) {
      return owned.get(partition.topicPartition()) == partition;
    }

    // ---- the policy ------------------------------------------------------------------------

    /** Takes up a newer epoch between two batches. */
    private void followPolicy() {
      long now = System.nanoTime();
      if (now - policiesFollowed >= POLICY_INTERVAL.toNanos()) {
        policiesFollowed = now;
        orRecover(policies::follow);
      }
      if (policies.hasNewer(epoch())) {
        orRecover(this::adopt);
      }
    }

    /** The epoch that is learned under; 0: none yet. */
    private long epoch() {
      return loaded == null ? 0 : loaded.trainer().policy().epoch();
    }

    /** What users are learned with now; null while there is no policy or a newer one is known. */
    private UserTrainers.@Nullable Loaded current() {
      return policies.hasNewer(epoch()) ? null : loaded;
    }

    private void adopt() {
      Policy policy = policies.policy().orElseThrow();
      UserTrainers.Loaded next = onLearningThread(() -> trainers.load(policy));
      unload();
      loaded = next;
      metrics.epoch(policy.epoch());
      LOG.atInfo()
          .addKeyValue("epoch", policy.epoch())
          .addKeyValue("rows", next.trainer().hasRows())
          .log("policy taken up");
    }

    private void unload() {
      if (loaded != null) {
        learning.run(loaded::close);
        loaded = null;
      }
    }

    // ---- reading ---------------------------------------------------------------------------

    private void fetch(Duration wait) {
      group.poll(
          wait,
          record -> {
            OwnedUsers partition =
                owned.get(new TopicPartition(record.topic(), record.partition()));
            if (partition != null) {
              partition
                  .heads()
                  .add(
                      new OwnedUsers.Fetched(
                          new BucketRecord(record.offset(), record.key(), record.value()),
                          record.timestamp()));
            }
          });
      long lag =
          group.regulate(
              owned.keySet(), partition -> owned.get(partition).heads().size() >= QUEUE_LIMIT);
      long rowLag = 0;
      for (OwnedUsers partition : owned.values()) {
        lag += partition.heads().size();
        rowLag += partition.position() - partition.rowPosition();
      }
      metrics.heads().lag().set(lag);
      metrics.rows().lag().set(settings.rows() ? lag + rowLag : 0);
    }

    // ---- learning --------------------------------------------------------------------------

    /** One batch of each partition. Returns whether there was any. */
    private boolean learnHeads() {
      UserTrainers.Loaded with = current();
      if (with == null) {
        return false;
      }
      boolean any = false;
      for (OwnedUsers partition : List.copyOf(owned.values())) {
        List<OwnedUsers.Fetched> batch = new ArrayList<>();
        while (batch.size() < BATCH && !partition.heads().isEmpty()) {
          batch.add(partition.heads().remove());
        }
        if (!batch.isEmpty() && owns(partition)) {
          any = true;
          learn(
              partition,
              batch,
              metrics.heads(),
              records -> partition.users().learnHeads(records, with.trainer(), settings.batched()),
              last -> last + 1,
              last -> partition.rowPosition());
        }
      }
      return any;
    }

    /** A few events of the partition whose turn it is. Returns whether there were any. */
    private boolean learnRows() {
      UserTrainers.Loaded with = current();
      if (!settings.rows() || with == null || !with.trainer().hasRows()) {
        return false;
      }
      orRecover(() -> rowReader.fetch(owned.values()));
      for (OwnedUsers partition : List.copyOf(owned.values())) {
        List<OwnedUsers.Fetched> batch = partition.readyForRows(BATCH);
        if (!batch.isEmpty()) {
          owned.remove(partition.topicPartition());
          owned.put(partition.topicPartition(), partition);
          learn(
              partition,
              batch,
              metrics.rows(),
              records ->
                  partition
                      .users()
                      .learnRows(
                          records,
                          with.trainer(),
                          settings.batched() ? ROW_EVENTS_TOGETHER : ROW_EVENTS,
                          settings.batched()),
              last -> partition.position(),
              last -> last + 1);
          return true;
        }
      }
      return false;
    }

    private interface Learning {
      UserPartition.Batch learn(List<BucketRecord> records);
    }

    private interface Cursor {
      long after(long lastOffset);
    }

    private void learn(
        OwnedUsers partition,
        List<OwnedUsers.Fetched> fetched,
        UsersMetrics.Part part,
        Learning work,
        Cursor position,
        Cursor rowPosition) {
      List<BucketRecord> records = fetched.stream().map(OwnedUsers.Fetched::record).toList();
      Timer.Sample sample = Timer.start();
      UserPartition.Batch batch =
          onLearningThread(
              () -> {
                lookup.partition(partition.topicPartition());
                return learned(partition, records, work);
              });
      sample.stop(part.learn());
      // A rebalance may have taken the partition meanwhile; then nothing has happened.
      if (!owns(partition) || group.leaving()) {
        return;
      }
      group.orDrop(
          List.of(partition.topicPartition()),
          () -> {
            if (!commit(
                partition,
                batch,
                position.after(batch.last()),
                rowPosition.after(batch.last()),
                part)) {
              return;
            }
            long now = clock.millis();
            for (OwnedUsers.Fetched one : fetched) {
              if (one.record().offset() <= batch.last()) {
                part.freshness().record(Math.max(0, now - one.timestamp()), TimeUnit.MILLISECONDS);
              }
            }
          });
    }

    /** On the learning thread. */
    private UserPartition.Batch learned(
        OwnedUsers partition, List<BucketRecord> records, Learning work) {
      try {
        return work.learn(records);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new TrainerException(
            "learning from the buckets at offsets %d to %d of %s failed"
                .formatted(
                    records.get(0).offset(),
                    records.get(records.size() - 1).offset(),
                    partition.topicPartition()),
            e);
      }
    }

    /** False: the partition is another's by now, and nothing was committed. */
    private boolean commit(
        OwnedUsers partition,
        UserPartition.Batch batch,
        long position,
        long rowPosition,
        UsersMetrics.Part part) {
      // Rows that pass over buckets change nothing: the next commit says how far they have come.
      if (!batch.changes().isEmpty()) {
        Timer.Sample sample = Timer.start();
        batch.tally().predictions().forEach(partition.measurements()::add);
        Optional<Evaluation> evaluation =
            partition.evaluationDue(settings.evaluateEvery())
                ? Optional.of(evaluation(partition))
                : Optional.empty();
        OffsetAndMetadata offset =
            new OffsetAndMetadata(position, partition.note(rowPosition, batch, epoch()).encode());
        boolean committed =
            group.transact(
                partition.producer(),
                () -> transaction(partition, batch, evaluation, offset),
                () -> owns(partition),
                () -> fetch(IDLE_POLL));
        if (!committed) {
          return false;
        }
        sample.stop(part.commit());
      }
      partition.users().committed(batch);
      partition.committed(position, rowPosition);
      partition.rows().removeIf(fetched -> fetched.record().offset() < rowPosition);
      metrics.committed(batch.tally());
      metrics.owned(owned.values());
      return true;
    }

    private void transaction(
        OwnedUsers partition,
        UserPartition.Batch batch,
        Optional<Evaluation> evaluation,
        OffsetAndMetadata offset) {
      TopicPartition topicPartition = partition.topicPartition();
      var producer = partition.producer();
      producer.beginTransaction();
      batch
          .changes()
          .forEach(
              (user, state) ->
                  producer.send(
                      new ProducerRecord<>(
                          Topics.USERS.name(), topicPartition.partition(), user, state)));
      evaluation.ifPresent(
          measured ->
              producer.send(
                  new ProducerRecord<>(Topics.EVALUATIONS.name(), measured.getModel(), measured)));
      producer.sendOffsetsToTransaction(Map.of(topicPartition, offset), group.metadata());
      producer.commitTransaction();
    }

    private Evaluation evaluation(OwnedUsers partition) {
      return Evaluation.newBuilder()
          .setModel("users/" + partition.topicPartition().partition())
          .setVersion(epoch())
          .setKind("prequential")
          .setEvents(partition.measurements().count())
          .setMetrics(partition.measurements().metrics())
          .setMeasuredAt(clock.instant())
          .setLabels(Map.of())
          .build();
    }

    private void orRecover(Runnable work) {
      group.orDrop(List.copyOf(owned.keySet()), work);
    }

    /** Goes on polling meanwhile, so as to keep its place in the group. */
    private <T> T onLearningThread(Callable<T> task) {
      return learning.call(task, () -> fetch(Duration.ZERO));
    }
  }
}
