package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.model.policy.PolicyLearner;
import dev.attune.model.policy.UserEvent;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.GateDecision;
import dev.attune.schemas.events.GateVerdict;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.DutyCycle;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.TrainerException;
import dev.attune.trainer.core.VersionHistory;
import dev.attune.trainer.kafka.ArtifactStore;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.GroupMember;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
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
  private volatile @Nullable GroupMember member;

  /**
   * How the pipeline works.
   *
   * @param training how events are sampled and when epochs are learned
   * @param checkpointInterval how long at most what has been read waits to be stored
   * @param dutyCycle share of the time that learning an epoch may compute
   * @param keepVersions how many epochs keep their manifests and weights
   * @param keepAtLeast how long a replaced epoch keeps its weights in any case
   */
  public record Settings(
      PolicyTraining.Settings training,
      Duration checkpointInterval,
      double dutyCycle,
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
        LearningThread learning = new LearningThread(name(), POLL_WHILE_LEARNING);
        Consumer<String, PreferenceBucket> consumer = clients.buckets();
        KafkaClientMetrics ignored = metrics.bind(consumer)) {
      PolicyRestorer restorer =
          new PolicyRestorer(
              clients, brokers, manifests, artifacts, provenance, settings.training());
      PolicyPublisher publisher = new PolicyPublisher(artifacts, manifests, provenance, clock);
      new Session(consumer, learning, restorer, publisher).run();
    } finally {
      member = null;
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
    GroupMember current = member;
    return current != null && current.joined();
  }

  /** What lives as long as one run. Confined to the running thread, but for what is volatile. */
  private final class Session implements GroupMember.Owner {
    private final Consumer<String, PreferenceBucket> consumer;
    private final GroupMember group;
    private final LearningThread learning;
    private final PolicyRestorer restorer;
    private final PolicyPublisher publisher;
    private volatile @Nullable PolicyWriter writer;
    private long uncommittedSince;

    Session(
        Consumer<String, PreferenceBucket> consumer,
        LearningThread learning,
        PolicyRestorer restorer,
        PolicyPublisher publisher) {
      this.consumer = consumer;
      this.group =
          new GroupMember(consumer, Topics.BUCKETS_BY_USER, stop, metrics::recovered, this);
      this.learning = learning;
      this.restorer = restorer;
      this.publisher = publisher;
    }

    void run() {
      member = group;
      try {
        group.join();
        while (group.stays()) {
          fetch(writer == null || writer.queue().isEmpty() ? IDLE_POLL : Duration.ZERO);
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
    public void takeUp(Collection<TopicPartition> partitions) {
      drop();
      writer = restorer.takeUp(consumer);
    }

    @Override
    public void handOver(Collection<TopicPartition> partitions) {
      store();
    }

    /** One writer has all partitions or none. */
    @Override
    public void drop(Collection<TopicPartition> partitions) {
      drop();
      if (!partitions.containsAll(group.assignment())) {
        group.leave();
      }
    }

    private void orGiveUp(Runnable work) {
      group.orDrop(group.assignment(), work);
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
      group.poll(
          wait,
          record -> {
            if (writer != null) {
              writer.queue().add(record);
            }
          });
      if (writer != null) {
        boolean full = writer.queue().size() >= QUEUE_LIMIT;
        long lag = group.regulate(group.assignment(), partition -> full);
        metrics.lag(lag + writer.queue().size());
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
        if (training.taken() || (training.uncommitted() && waited)) {
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
      DutyCycle cycle = new DutyCycle(settings.dutyCycle(), stop);
      BooleanSupplier goOn =
          () -> {
            cycle.rest();
            return stop.getCount() > 0 && owns(current);
          };
      Optional<PolicyLearner.Epoch> learned =
          learn(current, () -> learner.next(current.policy(), events, goOn));
      if (learned.isEmpty()) {
        return;
      }
      sample.stop(metrics.training());
      PolicyLearner.Epoch epoch = learned.get();
      metrics.tested(epoch);
      boolean made = epoch.policy().isPresent();
      training.decided();
      boolean published =
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
      if (published) {
        LOG.atInfo()
            .addKeyValue("epoch", current.policy().epoch())
            .addKeyValue("made", made)
            .addKeyValue("events", training.counts().events())
            .log("epoch decided");
      }
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

    /** False: the partitions are another's by now, and nothing was published. */
    private boolean publish(PolicyWriter current, Optional<PolicyPublisher.Decision> decision) {
      Timer.Sample sample = Timer.start();
      boolean published =
          publisher.publish(
              current, decision, group.transactions(() -> owns(current), () -> fetch(IDLE_POLL)));
      if (published) {
        sample.stop(metrics.publish());
        metrics.standing(current.policy(), current.training());
      }
      return published;
    }
  }
}
