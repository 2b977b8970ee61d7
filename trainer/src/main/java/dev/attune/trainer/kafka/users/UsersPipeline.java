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
import dev.attune.trainer.users.UserTrainer;
import dev.attune.trainer.users.UserTrainers;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns users' heads and rows from attune.buckets.by-user and publishes them to attune.users,
 * which is also what it goes on from: a loop of consuming, learning and producing whose states and
 * offset are committed in one transaction (KIP-447). So each event has an effect exactly once.
 *
 * <p>{@link #run} does all the work on the calling thread, but for the passes and the transactions,
 * which have threads of their own. A batch changes the store on disk only after its commit.
 * Whenever that is uncertain, and when another instance has fenced this one, the partition is
 * dropped and taken up again from the topic.
 *
 * <p>Rows follow heads through the same partitions by a cursor of their own, a few events at a
 * time, and learn while the heads' transactions are under way: so heads hardly wait for passes of
 * the policy.
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
        LearningThread rowPasses = new LearningThread("rows", patience);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      UserTrainers trainers =
          new UserTrainers(loader, lookup, settings.references(), settings.rememberedReplies());
      RowTurns rowTurns =
          new RowTurns(rowReader, rowPasses, settings.batched(), metrics.readAhead());
      try (Session session =
          new Session(brokers, policies, lookup, rowTurns, learning, consumer, trainers)) {
        session.run();
      }
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
  private final class Session implements GroupMember.Owner, AutoCloseable {
    private final Brokers brokers;
    private final PolicyFollower policies;
    private final BucketLookup lookup;
    private final LearningThread learning;
    private final RowTurns rowTurns;
    private final Consumer<String, PreferenceBucket> consumer;
    private final GroupMember group;
    private final UserTrainers trainers;
    private final UsersRestorer restorer;
    private final UsersTransactions transactions;
    private final Map<TopicPartition, OwnedUsers> owned = new LinkedHashMap<>();
    private UserTrainers.@Nullable Loaded loaded;
    private long policiesFollowed = System.nanoTime();

    Session(
        Brokers brokers,
        PolicyFollower policies,
        BucketLookup lookup,
        RowTurns rowTurns,
        LearningThread learning,
        Consumer<String, PreferenceBucket> consumer,
        UserTrainers trainers) {
      this.brokers = brokers;
      this.policies = policies;
      this.lookup = lookup;
      this.rowTurns = rowTurns;
      this.learning = learning;
      this.consumer = consumer;
      this.group =
          new GroupMember(consumer, Topics.BUCKETS_BY_USER, stop, metrics::recovered, this);
      this.trainers = trainers;
      this.restorer = new UsersRestorer(settings, clients, brokers);
      this.transactions = new UsersTransactions(group, metrics.commit());
    }

    void run() {
      member = group;
      try {
        group.join();
        while (group.stays()) {
          boolean busy = learn();
          fetch(busy ? Duration.ZERO : IDLE_POLL);
          followPolicy();
        }
      } finally {
        drop(List.copyOf(owned.keySet()));
        unload(() -> {});
      }
    }

    @Override
    public void close() {
      transactions.close();
    }

    // ---- the group -------------------------------------------------------------------------

    @Override
    public void takeUp(Collection<TopicPartition> partitions) {
      awaitIdle();
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
      awaitIdle();
      for (TopicPartition topicPartition : partitions) {
        OwnedUsers partition = owned.remove(topicPartition);
        if (partition != null) {
          restorer.release(partition);
        }
      }
      report();
    }

    /** Nothing may be under way with a partition that comes or goes. */
    private void awaitIdle() {
      learning.awaitIdle();
      transactions.awaitEnded();
    }

    private void report() {
      rowTurns.own(owned.values());
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
      unload(() -> fetch(Duration.ZERO));
      loaded = next;
      metrics.epoch(policy.epoch());
      LOG.atInfo()
          .addKeyValue("epoch", policy.epoch())
          .addKeyValue("rows", next.trainer().hasRows())
          .log("policy taken up");
    }

    private void unload(Runnable whileWaiting) {
      rowTurns.forget(whileWaiting);
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
              partition.heads().add(record);
            }
          });
      long lag =
          group.regulate(
              owned.keySet(), partition -> owned.get(partition).heads().waiting() >= QUEUE_LIMIT);
      long rowLag = 0;
      for (OwnedUsers partition : owned.values()) {
        lag += partition.heads().waiting();
        rowLag += partition.users().position() - partition.users().rowPosition();
      }
      metrics.heads().lag().set(lag);
      metrics.rows().lag().set(settings.rows() ? lag + rowLag : 0);
    }

    // ---- learning --------------------------------------------------------------------------

    /**
     * One turn: heads learn what was fetched, their transactions begin, and rows learn while those
     * are under way; what rows learn is committed with the next turn's heads. Where events share
     * passes, these are under way beside turns, and rows learn once they have ended. Returns
     * whether there was anything to learn.
     */
    private boolean learn() {
      UserTrainers.Loaded with = current();
      if (with == null || group.leaving()) {
        return false;
      }
      learnHeads(with.trainer());
      boolean busy = beginTransactions();
      busy |= learnRows(with.trainer());
      transactions.end(this::owns, () -> fetch(IDLE_POLL), this::committed);
      return busy;
    }

    /** One batch of each partition. */
    private void learnHeads(UserTrainer trainer) {
      for (OwnedUsers partition : List.copyOf(owned.values())) {
        List<BucketRecord> records = partition.heads().next(BATCH, Long.MAX_VALUE);
        if (!records.isEmpty() && owns(partition)) {
          learn(
              new Turn(partition, records, BATCH),
              metrics.heads(),
              () -> partition.users().learnHeads(records, trainer, settings.batched()));
          partition.heads().learned(partition.users().learnedPosition());
        }
      }
    }

    /** A few events of the partitions whose turn it is. Returns whether there were any. */
    private boolean learnRows(UserTrainer trainer) {
      if (!settings.rows() || !trainer.hasRows()) {
        return false;
      }
      orRecover(rowTurns::fetch);
      List<Turn> turns = rowTurns.next();
      for (Turn turn : turns) {
        OwnedUsers partition = turn.partition();
        if (owns(partition)) {
          learn(
              turn,
              metrics.rows(),
              () -> partition.users().learnRows(turn.records(), trainer, turn.most()));
          partition.rows().learned(partition.users().learnedRowPosition());
        }
      }
      rowTurns.readAhead(trainer);
      return !turns.isEmpty();
    }

    private void learn(Turn turn, UsersMetrics.Part part, Runnable work) {
      Timer.Sample sample = Timer.start();
      onLearningThread(
          Turn.naming(
              List.of(turn),
              () -> {
                lookup.partition(turn.partition().topicPartition());
                work.run();
              }));
      sample.stop(part.learn());
    }

    // ---- committing ------------------------------------------------------------------------

    /** Returns whether there was anything to commit. */
    private boolean beginTransactions() {
      // A rebalance may have taken a partition meanwhile; then nothing has happened.
      if (group.leaving()) {
        return false;
      }
      boolean any = false;
      for (OwnedUsers partition : owned.values()) {
        if (partition.users().learnedMore()) {
          UserPartition.Batch batch = partition.users().closeBatch();
          transactions.begin(partition, batch, measured(partition, batch), epoch());
          any = true;
        }
      }
      return any;
    }

    private Optional<Evaluation> measured(OwnedUsers partition, UserPartition.Batch batch) {
      batch.tally().predictions().forEach(partition.measurements()::add);
      return partition.evaluationDue(settings.evaluateEvery())
          ? Optional.of(evaluation(partition))
          : Optional.empty();
    }

    private void committed(OwnedUsers partition, UserPartition.Batch batch) {
      partition.users().committed();
      metrics.committed(batch.tally());
      metrics.owned(owned.values());
      long now = clock.millis();
      partition.heads().committed(batch.position(), at -> metrics.heads().committed(now - at));
      partition.rows().committed(batch.rowPosition(), at -> metrics.rows().committed(now - at));
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
