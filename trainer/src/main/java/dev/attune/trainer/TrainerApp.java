package dev.attune.trainer;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.platform.BuildInfo;
import dev.attune.platform.Service;
import dev.attune.platform.ServiceRunner;
import dev.attune.platform.ServiceState;
import dev.attune.platform.ServiceState.Phase;
import dev.attune.trainer.core.LearnerFactory;
import dev.attune.trainer.core.OnlineLearners;
import dev.attune.trainer.kafka.KafkaTrainerClients;
import dev.attune.trainer.kafka.PublishedModels;
import dev.attune.trainer.kafka.RewardsPipeline;
import dev.attune.trainer.kafka.TrainerClients;
import dev.attune.trainer.kafka.TrainerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trainer as a service: learns reward models from attune.buckets.by-domain and publishes them
 * to attune.models and attune.artifacts. Run several in one group to share the domains between
 * them.
 *
 * <p>A failure that takes a person (buckets or manifests lost, another base, a learner that fails)
 * ends it in FAILED with nothing published that was not learned; everything else it recovers from
 * by itself. Single use.
 */
public final class TrainerApp implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(TrainerApp.class);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(60);

  private final ServiceState state = new ServiceState("trainer");
  private final TrainerConfig config;
  private final MeterRegistry meters;
  private final TrainerClients clients;
  private final Supplier<LearnerFactory> learners;
  private @Nullable BaseModel ownBase;
  private volatile @Nullable RewardsPipeline pipeline;
  private volatile @Nullable Throwable failure;
  private @Nullable Thread thread;

  /** A trainer that loads its base at the start and closes it at the end. */
  public TrainerApp(TrainerConfig config, MeterRegistry meters) {
    this.config = config;
    this.meters = meters;
    this.clients = new KafkaTrainerClients(config.kafka(), config.group());
    this.learners = () -> online(load());
  }

  /**
   * A trainer on a base that is already loaded.
   *
   * @param base stays the caller's to close; the configured folder and precision are of no meaning
   */
  public TrainerApp(TrainerConfig config, MeterRegistry meters, BaseModel base) {
    this.config = config;
    this.meters = meters;
    this.clients = new KafkaTrainerClients(config.kafka(), config.group());
    this.learners = () -> online(base);
  }

  /** A trainer with clients and learners of a test's choice. */
  TrainerApp(
      TrainerConfig config, MeterRegistry meters, TrainerClients clients, LearnerFactory learners) {
    this.config = config;
    this.meters = meters;
    this.clients = clients;
    this.learners = () -> learners;
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
      pipeline =
          new RewardsPipeline(
              new RewardsPipeline.Settings(
                  config.checkpoints(), config.keepVersions(), config.keepAtLeast()),
              clients,
              learners.get(),
              new TrainerMetrics(meters),
              Clock.systemUTC());
    } catch (RuntimeException e) {
      state.to(Phase.FAILED);
      throw e;
    }
    thread = new Thread(this::run, "attune-trainer");
    state.tryTo(Phase.RUNNING);
    thread.start();
  }

  private void run() {
    try {
      pipeline.run();
    } catch (RuntimeException | Error e) {
      // Logged here as no one waits for this thread; the process ends by the service's state.
      failure = e;
      state.tryTo(Phase.FAILED);
      LOG.atError().setCause(e).log("trainer failed");
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

  /** True while it runs as a member of its group. */
  @Override
  public boolean ready() {
    RewardsPipeline running = pipeline;
    return state.running() && running != null && running.joined();
  }

  /** Publishes what has been learned and leaves the group. */
  @Override
  public synchronized void close() {
    state.tryTo(Phase.STOPPING);
    try {
      if (thread != null) {
        pipeline.stop();
        thread.join(CLOSE_PATIENCE.toMillis());
        if (thread.isAlive()) {
          LOG.atWarn().log("trainer did not stop in time");
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

  private LearnerFactory online(BaseModel base) {
    return new OnlineLearners(base, config.learning(), BuildInfo.ofThisBuild().version());
  }

  private BaseModel load() {
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
