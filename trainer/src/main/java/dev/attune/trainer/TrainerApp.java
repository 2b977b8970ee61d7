package dev.attune.trainer;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.policy.PolicyLearner;
import dev.attune.platform.BuildInfo;
import dev.attune.platform.Service;
import dev.attune.platform.ServiceRunner;
import dev.attune.platform.ServiceState;
import dev.attune.platform.ServiceState.Phase;
import dev.attune.schemas.Topics;
import dev.attune.trainer.core.LearnerFactory;
import dev.attune.trainer.core.OnlineLearners;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.kafka.KafkaTrainerClients;
import dev.attune.trainer.kafka.Pipeline;
import dev.attune.trainer.kafka.PublishedModels;
import dev.attune.trainer.kafka.RewardsPipeline;
import dev.attune.trainer.kafka.TrainerClients;
import dev.attune.trainer.kafka.TrainerMetrics;
import dev.attune.trainer.kafka.policy.PolicyClients;
import dev.attune.trainer.kafka.policy.PolicyMetrics;
import dev.attune.trainer.kafka.policy.PolicyPipeline;
import dev.attune.trainer.kafka.users.UsersMetrics;
import dev.attune.trainer.kafka.users.UsersPipeline;
import dev.attune.trainer.users.BasePasses;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trainer as a service: learns reward models from attune.buckets.by-domain, users' states and
 * what users share from attune.buckets.by-user, and publishes them. Run several to share the
 * domains and the users between them.
 *
 * <p>Each pipeline has a thread of its own. A failure that takes a person (buckets or manifests
 * lost, another base, a learner that fails) ends the service in FAILED with nothing published that
 * was not learned; everything else it recovers from by itself. Single use.
 */
public final class TrainerApp implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(TrainerApp.class);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(60);

  /** A head costs little: many buckets may be committed together. */
  private static final int USER_BUCKETS_FETCHED = 256;

  private final ServiceState state = new ServiceState("trainer");
  private final TrainerConfig config;
  private final MeterRegistry meters;
  private final Supplier<List<Pipeline>> maker;
  private final List<Thread> threads = new ArrayList<>();
  private volatile List<Pipeline> pipelines = List.of();
  private @Nullable BaseModel ownBase;
  private volatile @Nullable Throwable failure;

  /** A trainer that loads its base at the start and closes it at the end. */
  public TrainerApp(TrainerConfig config, MeterRegistry meters) {
    this.config = config;
    this.meters = meters;
    this.maker = () -> make(load());
  }

  /**
   * A trainer on a base that is already loaded.
   *
   * @param base stays the caller's to close; the configured folder and precision are of no meaning
   */
  public TrainerApp(TrainerConfig config, MeterRegistry meters, BaseModel base) {
    this.config = config;
    this.meters = meters;
    this.maker = () -> make(base);
  }

  /** A trainer of rewards with clients and learners of a test's choice. */
  TrainerApp(
      TrainerConfig config, MeterRegistry meters, TrainerClients clients, LearnerFactory learners) {
    this.config = config;
    this.meters = meters;
    this.maker = () -> List.of(rewards(clients, learners));
  }

  /** Runs a trainer until the process is told to stop. */
  public static void main(String[] args) {
    System.exit(
        ServiceRunner.run(
            args,
            TrainerConfig.keys(),
            (configuration, meters) -> new TrainerApp(TrainerConfig.from(configuration), meters)));
  }

  @Override
  public String name() {
    return "trainer";
  }

  @Override
  public void start() {
    state.to(Phase.STARTING);
    try {
      pipelines = List.copyOf(maker.get());
    } catch (RuntimeException e) {
      state.to(Phase.FAILED);
      throw e;
    }
    for (Pipeline pipeline : pipelines) {
      threads.add(new Thread(() -> run(pipeline), "attune-trainer-" + pipeline.name()));
    }
    state.tryTo(Phase.RUNNING);
    threads.forEach(Thread::start);
  }

  private void run(Pipeline pipeline) {
    try {
      pipeline.run();
    } catch (RuntimeException | Error e) {
      // Logged here as no one waits for this thread; the process ends by the service's state.
      failure = e;
      state.tryTo(Phase.FAILED);
      LOG.atError().addKeyValue("pipeline", pipeline.name()).setCause(e).log("trainer failed");
    }
  }

  @Override
  public boolean live() {
    return state.live();
  }

  /** Why it is not live any more. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** True while each pipeline runs as a member of its group. */
  @Override
  public boolean ready() {
    return state.running() && pipelines.stream().allMatch(Pipeline::joined);
  }

  /** Publishes what has been learned and leaves the groups. */
  @Override
  public synchronized void close() {
    state.tryTo(Phase.STOPPING);
    try {
      pipelines.forEach(Pipeline::stop);
      long end = System.nanoTime() + CLOSE_PATIENCE.toNanos();
      for (Thread thread : threads) {
        thread.join(Math.max(1, Duration.ofNanos(end - System.nanoTime()).toMillis()));
        if (thread.isAlive()) {
          LOG.atWarn().addKeyValue("thread", thread.getName()).log("trainer did not stop in time");
          state.tryTo(Phase.FAILED);
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (ownBase != null) {
      ownBase.close();
      ownBase = null;
    }
    state.tryTo(Phase.STOPPED);
  }

  private List<Pipeline> make(BaseModel base) {
    List<Pipeline> made = new ArrayList<>();
    for (PipelineKind kind : config.pipelines()) {
      made.add(
          switch (kind) {
            case REWARDS ->
                rewards(
                    new KafkaTrainerClients(config.kafka(), config.group()),
                    new OnlineLearners(
                        base,
                        config.learning(),
                        config.rewards(),
                        BuildInfo.ofThisBuild().version()));
            case USERS -> users(base);
            case POLICY -> policy(base);
          });
    }
    return made;
  }

  private Pipeline rewards(TrainerClients clients, LearnerFactory learners) {
    return new RewardsPipeline(
        new RewardsPipeline.Settings(
            config.rewards(),
            config.residentModels(),
            config.checkpoints(),
            config.keepVersions(),
            config.keepAtLeast()),
        clients,
        learners,
        new TrainerMetrics(meters),
        Clock.systemUTC());
  }

  private Pipeline users(BaseModel base) {
    return new UsersPipeline(
        config.users(),
        new KafkaTrainerClients(
            config.kafka(), config.users().group(), Topics.BUCKETS_BY_USER, USER_BUCKETS_FETCHED),
        BasePasses.loader(base),
        new UsersMetrics(meters),
        Clock.systemUTC());
  }

  private Pipeline policy(BaseModel base) {
    PolicySettings settings = config.policy();
    return new PolicyPipeline(
        new PolicyPipeline.Settings(
            settings.training(),
            settings.checkpointInterval(),
            settings.dutyCycle(),
            config.keepVersions(),
            config.keepAtLeast()),
        new PolicyClients(config.kafka(), settings.group()),
        new PolicyLearner(base, settings.recipe()),
        Provenance.of(base, BuildInfo.ofThisBuild().version(), settings.toString()),
        new PolicyMetrics(meters),
        Clock.systemUTC());
  }

  private BaseModel load() {
    TrainerClients clients = new KafkaTrainerClients(config.kafka(), config.group());
    Precision precision =
        config
            .precision()
            .or(
                () ->
                    PublishedModels.precision(clients)
                        .map(name -> Precision.valueOf(name.toUpperCase(Locale.ROOT))))
            .orElseGet(Precision::fastest);
    BaseModel base = BaseModel.load(config.base(), precision);
    ownBase = base;
    LOG.atInfo()
        .addKeyValue("base", base.sha256())
        .addKeyValue("precision", precision)
        .log("base loaded");
    return base;
  }
}
