package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.model.policy.PolicyLearner;
import dev.attune.model.policy.UserEvent;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.core.VersionHistory;
import dev.attune.trainer.kafka.ArtifactStore;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.Failures;
import dev.attune.trainer.kafka.LearningThread;
import dev.attune.trainer.kafka.ManifestLog;
import dev.attune.trainer.kafka.Pipeline;
import dev.attune.trainer.policy.PolicyTraining;
import dev.attune.trainer.policy.SampledEvent;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns what all users share from attune.buckets.by-user and publishes it as the model {@code
 * policy}, whose versions are epochs: the first at once, from the base alone, so that users' heads
 * learn from the first event on; later ones when the number of events says so.
 *
 * <p>One member of the group has all partitions and writes; the others stand by. {@link #run} does
 * all the work on the calling thread but for learning, which has a thread of its own: during an
 * epoch the caller goes on polling, and what comes waits. An epoch is given up where the process
 * stops or loses its partitions. Whenever it is uncertain whether a manifest was committed, and
 * when another writer has fenced this one, the memory is thrown away and taken up anew from the
 * last committed manifest.
 */
public final class PolicyPipeline implements Pipeline {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyPipeline.class);
  private static final Duration IDLE_POLL = Duration.ofMillis(100);
  private static final Duration BACKOFF = Duration.ofSeconds(1);

  /** How often a member that is learning polls: a rebalance waits for it. */
  private static final Duration POLL_WHILE_LEARNING = Duration.ofMillis(250);

  private static final int QUEUE_LIMIT = 1_000;

  private final Settings settings;
  private final PolicyClients clients;
  private final PolicyLearner learner;
  private final Provenance provenance;
  private final PolicyMetrics metrics;
  private final Clock clock;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean joined;

  /**
   * How the pipeline works.
   *
   * @param training how events are sampled and when epochs are learned
   * @param checkpointInterval how long at most what has been read waits to be stored
   * @param keepVersions how many epochs keep their manifests and weights
   * @param keepAtLeast how long a replaced epoch keeps its weights in any case
   */
  public record Settings(
      PolicyTraining.Settings training,
      Duration checkpointInterval,
      int keepVersions,
      Duration keepAtLeast) {}

  /**
   * @param provenance what manifests say of the base and the settings
   */
  public PolicyPipeline(
      Settings settings,
      PolicyClients clients,
      PolicyLearner learner,
      Provenance provenance,
      PolicyMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = clients;
    this.learner = learner;
    this.provenance = provenance;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "policy";
  }

  /**
   * {@inheritDoc}
   *
   * @throws TrainerException where going on takes a person; nothing is published then
   * @throws org.apache.kafka.common.KafkaException where the cluster refuses to work with us
   */
  @Override
  public void run() {
    try (Brokers brokers = new Brokers(clients.common().admin());
        ManifestLog manifests =
            new ManifestLog(
                clients.common().committed(Topics.MODELS),
                brokers,
                new VersionHistory(settings.keepVersions(), settings.keepAtLeast()));
        ArtifactStore artifacts =
            new ArtifactStore(
                clients.common().artifacts(), clients.common().uncommitted(Topics.ARTIFACTS));
        LearningThread learning = new LearningThread(POLL_WHILE_LEARNING);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      PolicyRestorer restorer =
          new PolicyRestorer(
              clients, brokers, manifests, artifacts, provenance, settings.training());
      PolicyPublisher publisher = new PolicyPublisher(artifacts, manifests, provenance, clock);
      new Session(consumer, learning, restorer, publisher).run();
    } finally {
      joined = false;
      metrics.standingBy();
    }
  }

  @Override
  public void stop() {
    stop.countDown();
  }

  /** Whether it is a member of its group now, at work or standing by. */
  @Override
  public boolean joined() {
    return joined;
  }

  /** What lives as long as one run. Confined to the running thread, but for what is volatile. */
  private final class Session implements ConsumerRebalanceListener {
    private final Consumer<String, PreferenceBucket> consumer;
    private final LearningThread learning;
    private final PolicyRestorer restorer;
    private final PolicyPublisher publisher;
    private volatile @Nullable PolicyWriter writer;
    private @Nullable RuntimeException failure;
    private boolean rejoin;
    private long uncommittedSince;

    Session(
        Consumer<String, PreferenceBucket> consumer,
        LearningThread learning,
        PolicyRestorer restorer,
        PolicyPublisher publisher) {
      this.consumer = consumer;
      this.learning = learning;
      this.restorer = restorer;
      this.publisher = publisher;
    }

    void run() {
      try {
        subscribe();
        while (stop.getCount() > 0) {
          if (rejoin) {
            rejoin();
          }
          fetch(writer == null || writer.queue().isEmpty() ? IDLE_POLL : Duration.ZERO);
          joined = consumer.groupMetadata().generationId() >= 0;
          orGiveUp(this::work);
        }
        orGiveUp(this::store);
      } finally {
        // Leaving the group would store what is still held; after a failure it must not.
        drop();
      }
    }

    // ---- the group -------------------------------------------------------------------------

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty() || failure != null) {
        return;
      }
      drop();
      guard(() -> writer = restorer.takeUp(consumer));
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (failure == null) {
        guard(this::store);
      }
      drop();
      // What is left has no writer any more.
      rejoin |= !partitions.containsAll(consumer.assignment());
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      metrics.recovered();
      drop();
    }

    /** The consumer would wrap what a callback throws; it is thrown after the poll instead. */
    private void guard(Runnable work) {
      try {
        work.run();
      } catch (RuntimeException e) {
        if (Failures.recoverable(e)) {
          recover(e);
        } else {
          failure = e;
        }
      }
    }

    private void subscribe() {
      consumer.subscribe(Set.of(Topics.BUCKETS_BY_USER.name()), this);
    }

    /** Memory that was dropped comes back by a new assignment, like anybody's. */
    private void rejoin() {
      rejoin = false;
      consumer.unsubscribe();
      throwFailure();
      try {
        if (stop.await(BACKOFF.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
      subscribe();
    }

    private void recover(RuntimeException cause) {
      rejoin = true;
      metrics.recovered();
      LOG.atWarn()
          .addKeyValue("reason", cause.getClass().getSimpleName())
          .addKeyValue("message", cause.getMessage())
          .log("going on from the last committed policy");
    }

    /** Failures that pass cost the memory: it is taken up anew. */
    private void orGiveUp(Runnable work) {
      try {
        work.run();
      } catch (RuntimeException e) {
        if (!Failures.recoverable(e)) {
          throw e;
        }
        recover(e);
        drop();
      }
    }

    /** An epoch under way sees that it is not wanted any more, and ends. */
    private void drop() {
      PolicyWriter dropped = writer;
      writer = null;
      learning.awaitIdle();
      if (dropped != null) {
        dropped.close();
      }
      metrics.standingBy();
    }

    // ---- reading ---------------------------------------------------------------------------

    private void fetch(Duration wait) {
      try {
        for (ConsumerRecord<String, PreferenceBucket> record : consumer.poll(wait)) {
          if (writer != null) {
            writer.queue().add(record);
          }
        }
      } catch (OffsetOutOfRangeException | NoOffsetForPartitionException e) {
        throwFailure();
        if (!rejoin) {
          throw new TrainerException(
              "buckets are gone that have not been read: " + e.getMessage(), e);
        }
        // A partition that could not be taken up has no position; it comes back by rejoining.
      } catch (RecordDeserializationException e) {
        if (!Failures.recoverable(e)) {
          throw new TrainerException(
              "the record at offset "
                  + e.offset()
                  + " of "
                  + e.topicPartition()
                  + " is not a bucket",
              e);
        }
        recover(e);
      }
      throwFailure();
      regulate();
    }

    /** Stops fetching what cannot be taken in now. */
    private void regulate() {
      if (writer == null) {
        return;
      }
      Set<TopicPartition> assignment = consumer.assignment();
      if (writer.queue().size() >= QUEUE_LIMIT) {
        consumer.pause(assignment);
      } else {
        consumer.resume(consumer.paused());
      }
      metrics.lag(
          writer.queue().size()
              + assignment.stream().mapToLong(one -> consumer.currentLag(one).orElse(0)).sum());
    }

    private void throwFailure() {
      if (failure != null) {
        throw failure;
      }
    }

    // ---- learning --------------------------------------------------------------------------

    private void work() {
      PolicyWriter current = writer;
      if (current == null) {
        return;
      }
      if (current.policy() == null) {
        begin(current);
      }
      PolicyTraining training = current.training();
      while (owns(current) && !training.epochDue() && !current.queue().isEmpty()) {
        ConsumerRecord<String, PreferenceBucket> record = current.queue().poll();
        if (!training.uncommitted()) {
          uncommittedSince = System.nanoTime();
        }
        accept(training, record);
      }
      if (owns(current) && training.epochDue()) {
        learnEpoch(current);
      }
      if (owns(current)) {
        boolean waited =
            System.nanoTime() - uncommittedSince >= settings.checkpointInterval().toNanos();
        if (training.taken() || training.uncommitted() && waited) {
          store();
        }
        metrics.standing(current.policy(), training);
      }
    }

    private void accept(PolicyTraining training, ConsumerRecord<String, PreferenceBucket> record) {
      try {
        training.accept(record.partition(), record.offset(), record.key(), record.value());
      } catch (IllegalArgumentException e) {
        throw new TrainerException(
            "the bucket at offset "
                + record.offset()
                + " of partition "
                + record.partition()
                + " of "
                + record.topic()
                + " cannot be used: "
                + e.getMessage(),
            e);
      }
    }

    /** The first epoch, from the base alone. */
    private void begin(PolicyWriter current) {
      Optional<Policy> first = learn(current, learner::start);
      if (first.isPresent()) {
        publish(
            current,
            Optional.of(
                new PolicyPublisher.Decision(
                    first.get(),
                    verdict(current, GateDecision.UNGATED, "the first epoch").build(),
                    Map.of())));
      }
    }

    private void learnEpoch(PolicyWriter current) {
      PolicyTraining training = current.training();
      List<UserEvent> events =
          training.sample().events().stream().map(SampledEvent::event).toList();
      Timer.Sample sample = Timer.start();
      Optional<PolicyLearner.Epoch> learned =
          learn(
              current,
              () ->
                  learner.next(
                      current.policy(), events, () -> stop.getCount() > 0 && owns(current)));
      if (learned.isEmpty()) {
        return;
      }
      sample.stop(metrics.training());
      PolicyLearner.Epoch epoch = learned.get();
      metrics.tested(epoch);
      boolean made = epoch.policy().isPresent();
      training.decided();
      publish(
          current,
          Optional.of(
              new PolicyPublisher.Decision(
                  epoch.policy().orElse(null),
                  verdict(
                          current,
                          made ? GateDecision.PUBLISHED : GateDecision.REFUSED,
                          made
                              ? "predicts the newest events of the sample no worse"
                              : "predicts the newest events of the sample worse")
                      .setWindow(epoch.tested())
                      .setGain(epoch.before() - epoch.after())
                      .build(),
                  Map.of("lossBefore", epoch.before(), "lossAfter", epoch.after()))));
      LOG.atInfo()
          .addKeyValue("epoch", current.policy().epoch())
          .addKeyValue("made", made)
          .addKeyValue("events", training.counts().events())
          .log("epoch decided");
    }

    private static GateVerdict.Builder verdict(
        PolicyWriter current, GateDecision decision, String reason) {
      return GateVerdict.newBuilder()
          .setDecision(decision)
          .setReason(reason)
          .setEvents(current.training().counts().events());
    }

    /** Empty where it was given up: the process stops, or the partitions are gone. */
    private <T> Optional<T> learn(PolicyWriter current, Callable<T> task) {
      T learned;
      try {
        learned = learning.call(task, () -> fetch(Duration.ZERO));
      } catch (CancellationException e) {
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        throw new TrainerException(
            "the policy cannot go on with the present settings: " + e.getMessage(), e);
      }
      return owns(current) ? Optional.of(learned) : Optional.empty();
    }

    /** The very one: partitions that were lost and assigned again have another. */
    @SuppressWarnings("ReferenceEquality")
    private boolean owns(PolicyWriter one) {
      return writer == one;
    }

    // ---- publishing ------------------------------------------------------------------------

    /** Stores what has been read, between two epochs. */
    private void store() {
      PolicyWriter current = writer;
      if (current != null && current.policy() != null && current.training().uncommitted()) {
        publish(current, Optional.empty());
      }
    }

    private void publish(PolicyWriter current, Optional<PolicyPublisher.Decision> decision) {
      Timer.Sample sample = Timer.start();
      publisher.publish(current, decision, consumer.groupMetadata());
      sample.stop(metrics.publish());
      metrics.standing(current.policy(), current.training());
    }
  }
}
