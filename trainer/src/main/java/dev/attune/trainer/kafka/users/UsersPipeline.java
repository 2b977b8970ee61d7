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
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns users' heads and rows from attune.buckets.by-user and publishes them to attune.users,
 * which is also what it goes on from: a loop of consuming, learning and producing whose states and
 * offset are committed in one transaction (KIP-447). So each event has an effect exactly once.
 *
 * <p>{@link #run} does all the work on the calling thread, but for the passes, which have a thread
 * of their own, and the transactions, of which those of different partitions run at the same time
 * while it waits. A batch changes the store on disk only after its commit. Whenever that is
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
  private static final int ROW_EVENTS_TOGETHER = 32;

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
    ExecutorService committing = Executors.newCachedThreadPool(UsersPipeline::committer);
    try (Brokers brokers = new Brokers(clients.admin());
        PolicyFollower policies = new PolicyFollower(clients);
        BucketLookup lookup = new BucketLookup(clients.committed(Topics.BUCKETS_BY_USER));
        RowReader rowReader = new RowReader(clients.committed(Topics.BUCKETS_BY_USER));
        LearningThread learning = new LearningThread(name(), patience);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      UserTrainers trainers =
          new UserTrainers(loader, lookup, settings.references(), settings.rememberedReplies());
      new Session(brokers, policies, lookup, rowReader, learning, consumer, trainers, committing)
          .run();
    } finally {
      committing.shutdownNow();
      member = null;
    }
  }

  private static Thread committer(Runnable task) {
    Thread thread = new Thread(task, "attune-trainer-users-commit");
    thread.setDaemon(true);
    return thread;
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
    private final ExecutorService committing;
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
        UserTrainers trainers,
        ExecutorService committing) {
      this.committing = committing;
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

    /** A partition's batch that was learned and is not committed. */
    private record Learned(
        OwnedUsers partition,
        List<OwnedUsers.Fetched> fetched,
        UserPartition.Batch batch,
        UsersMetrics.Part part,
        long position,
        long rowPosition) {}

    /** One batch of each partition. Returns whether there was any. */
    private boolean learnHeads() {
      UserTrainers.Loaded with = current();
      if (with == null) {
        return false;
      }
      List<Learned> learned = new ArrayList<>();
      for (OwnedUsers partition : List.copyOf(owned.values())) {
        List<OwnedUsers.Fetched> fetched = new ArrayList<>();
        while (fetched.size() < BATCH && !partition.heads().isEmpty()) {
          fetched.add(partition.heads().remove());
        }
        if (!fetched.isEmpty() && owns(partition)) {
          UserPartition.Batch batch =
              learn(
                  partition,
                  fetched,
                  metrics.heads(),
                  records ->
                      partition.users().learnHeads(records, with.trainer(), settings.batched()));
          learned.add(
              new Learned(
                  partition,
                  fetched,
                  batch,
                  metrics.heads(),
                  batch.last() + 1,
                  partition.rowPosition()));
        }
      }
      commit(learned);
      return !learned.isEmpty();
    }

    /**
     * A partition's records that rows shall learn.
     *
     * @param most events of them
     */
    private record Turn(OwnedUsers partition, List<OwnedUsers.Fetched> fetched, int most) {}

    /** A few events of the partitions whose turn it is. Returns whether there were any. */
    private boolean learnRows() {
      UserTrainers.Loaded with = current();
      if (!settings.rows() || with == null || !with.trainer().hasRows()) {
        return false;
      }
      orRecover(() -> rowReader.fetch(owned.values()));
      List<Turn> turns = new ArrayList<>();
      List<UserTrainer.RowBucket> together = new ArrayList<>();
      int left = settings.batched() ? ROW_EVENTS_TOGETHER : ROW_EVENTS;
      for (OwnedUsers partition : List.copyOf(owned.values())) {
        List<OwnedUsers.Fetched> fetched = partition.readyForRows(left);
        if (!fetched.isEmpty()) {
          turns.add(new Turn(partition, fetched, left));
          List<UserTrainer.RowBucket> buckets =
              partition.users().rowBuckets(records(fetched), left);
          together.addAll(buckets);
          left -= buckets.stream().mapToInt(UserTrainer.RowBucket::events).sum();
          owned.remove(partition.topicPartition());
          owned.put(partition.topicPartition(), partition);
        }
        if (left <= 0) {
          break;
        }
      }
      if (settings.batched() && !together.isEmpty()) {
        onLearningThread(
            () -> {
              with.trainer().prefetchRows(together);
              return true;
            });
      }
      List<Learned> learned = new ArrayList<>();
      for (Turn turn : turns) {
        OwnedUsers partition = turn.partition();
        if (owns(partition)) {
          UserPartition.Batch batch =
              learn(
                  partition,
                  turn.fetched(),
                  metrics.rows(),
                  records -> partition.users().learnRows(records, with.trainer(), turn.most()));
          learned.add(
              new Learned(
                  partition,
                  turn.fetched(),
                  batch,
                  metrics.rows(),
                  partition.position(),
                  batch.last() + 1));
        }
      }
      commit(learned);
      return !learned.isEmpty();
    }

    private interface Learning {
      UserPartition.Batch learn(List<BucketRecord> records);
    }

    private UserPartition.Batch learn(
        OwnedUsers partition,
        List<OwnedUsers.Fetched> fetched,
        UsersMetrics.Part part,
        Learning work) {
      List<BucketRecord> records = records(fetched);
      Timer.Sample sample = Timer.start();
      UserPartition.Batch batch =
          onLearningThread(
              () -> {
                lookup.partition(partition.topicPartition());
                return learned(partition, records, work);
              });
      sample.stop(part.learn());
      return batch;
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

    // ---- committing ------------------------------------------------------------------------

    /**
     * Commits batches of different partitions, each in a transaction of its own, all at the same
     * time: a transaction is mostly waiting. Nothing is polled until all of them have ended.
     */
    private void commit(List<Learned> learned) {
      // A rebalance may have taken a partition meanwhile; then nothing has happened.
      List<Learned> here = learned.stream().filter(one -> owns(one.partition())).toList();
      if (here.isEmpty() || group.leaving()) {
        return;
      }
      ConsumerGroupMetadata metadata = group.metadata();
      List<Runnable> transactions = new ArrayList<>();
      List<Future<?>> begun = new ArrayList<>();
      for (Learned one : here) {
        // Rows that pass over buckets change nothing: the next commit says how far they have come.
        boolean changes = !one.batch().changes().isEmpty();
        Optional<Evaluation> evaluation = changes ? measured(one) : Optional.empty();
        transactions.add(changes ? () -> transaction(one, evaluation, group.metadata()) : () -> {});
        begun.add(
            changes
                ? committing.submit(() -> transaction(one, evaluation, metadata))
                : CompletableFuture.completedFuture(null));
      }
      begun.forEach(UsersPipeline::await);
      for (int i = 0; i < here.size(); i++) {
        Learned one = here.get(i);
        Runnable attempts = firstThen(begun.get(i), transactions.get(i));
        // Another partition's second attempt polls, so that this one may be gone by now.
        if (owns(one.partition())) {
          group.orDrop(
              List.of(one.partition().topicPartition()),
              () -> {
                if (!one.batch().changes().isEmpty() && !transacted(one, attempts)) {
                  return;
                }
                committed(one);
              });
        }
      }
    }

    private Optional<Evaluation> measured(Learned one) {
      OwnedUsers partition = one.partition();
      one.batch().tally().predictions().forEach(partition.measurements()::add);
      return partition.evaluationDue(settings.evaluateEvery())
          ? Optional.of(evaluation(partition))
          : Optional.empty();
    }

    /** False: the partition is another's by now, and nothing was committed. */
    private boolean transacted(Learned one, Runnable attempts) {
      return group.transact(
          one.partition().producer(),
          attempts,
          () -> owns(one.partition()),
          () -> fetch(IDLE_POLL));
    }

    private void committed(Learned one) {
      OwnedUsers partition = one.partition();
      partition.users().committed(one.batch());
      partition.committed(one.position(), one.rowPosition());
      partition.rows().removeIf(fetched -> fetched.record().offset() < one.rowPosition());
      metrics.committed(one.batch().tally());
      metrics.owned(owned.values());
      long now = clock.millis();
      for (OwnedUsers.Fetched fetched : one.fetched()) {
        if (fetched.record().offset() <= one.batch().last()) {
          one.part()
              .freshness()
              .record(Math.max(0, now - fetched.timestamp()), TimeUnit.MILLISECONDS);
        }
      }
    }

    private void transaction(
        Learned one, Optional<Evaluation> evaluation, ConsumerGroupMetadata metadata) {
      Timer.Sample sample = Timer.start();
      OwnedUsers partition = one.partition();
      TopicPartition topicPartition = partition.topicPartition();
      OffsetAndMetadata offset =
          new OffsetAndMetadata(
              one.position(), partition.note(one.rowPosition(), one.batch(), epoch()).encode());
      var producer = partition.producer();
      producer.beginTransaction();
      one.batch()
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
      producer.sendOffsetsToTransaction(Map.of(topicPartition, offset), metadata);
      producer.commitTransaction();
      sample.stop(one.part().commit());
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

  private static List<BucketRecord> records(List<OwnedUsers.Fetched> fetched) {
    return fetched.stream().map(OwnedUsers.Fetched::record).toList();
  }

  /** Waits for its end, whatever it is. */
  private static void await(Future<?> future) {
    try {
      future.get();
    } catch (ExecutionException e) {
      // It is thrown where its partition's turn comes.
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** The first attempt has been made already; each further one is made when it is asked for. */
  private static Runnable firstThen(Future<?> first, Runnable further) {
    AtomicBoolean made = new AtomicBoolean();
    return () -> {
      if (made.getAndSet(true)) {
        further.run();
        return;
      }
      try {
        first.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) e.getCause();
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    };
  }
}
