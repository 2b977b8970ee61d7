package dev.attune.scorer;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.platform.Service;
import dev.attune.platform.ServiceRunner;
import dev.attune.platform.ServiceState;
import dev.attune.platform.ServiceState.Phase;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.ReplyGenerator;
import dev.attune.scorer.core.RewardFunction;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.http.DoorConfig;
import dev.attune.scorer.http.ScoringDoor;
import dev.attune.scorer.kafka.KafkaLoop;
import dev.attune.scorer.kafka.KafkaPreferenceSink;
import dev.attune.scorer.kafka.ScorerClients;
import dev.attune.scorer.kafka.ScorerLoops;
import dev.attune.scorer.metrics.DoorMetrics;
import dev.attune.scorer.metrics.ScorerMetrics;
import dev.attune.scorer.users.UserStore;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scorer: answers each ScoreRequest of {@code attune.prompts} with exactly one ScoreResult in
 * {@code attune.rewards} (with share delivery: at least one), with the models that {@code
 * attune.models} names at that moment.
 *
 * <p>Single use. It owns five threads: {@code scorer} consumes, computes and produces; {@code
 * scorer-direct} answers direct requests; {@code scorer-generate} writes the replies that requests
 * ask for; {@code scorer-models} follows the published models and loads them beside those in
 * service; {@code scorer-users} follows the published states of users. {@link #start} loads the
 * base and returns; the first prompt is taken when these topics have been read to their end and a
 * first forward pass is done, which is when {@link #ready} turns true. Faults of the cluster are
 * waited out; a defect ends the service ({@link #live} turns false). Where {@code scorer.http.port}
 * is set, the synchronous door has threads of its own.
 */
public final class ScorerApp implements Service {
  private static final Logger LOG = LoggerFactory.getLogger(ScorerApp.class);

  /** Direct requests that wait at most. */
  private static final int MOST_DIRECT = 1_000;

  private static final Duration CLOSE = Duration.ofSeconds(20);

  private final ScorerConfig config;
  private final MeterRegistry registry;
  private final Supplier<RewardFunction> rewardFunctions;
  private final ServiceState state = new ServiceState("scorer");
  private final ModelDirectory directory = new ModelDirectory();
  private final List<Thread> threads = new ArrayList<>();
  private @Nullable RewardFunction rewards;
  private @Nullable UserStore users;
  private @Nullable ScorerLoops clients;
  private volatile @Nullable ScoringDesk desk;
  private volatile @Nullable ReplyGenerator replies;
  private volatile @Nullable KafkaLoop scoring;
  private volatile @Nullable KafkaLoop following;
  private volatile @Nullable KafkaLoop followingUsers;
  private @Nullable ScoringDoor door;
  private @Nullable KafkaPreferenceSink preferences;

  /** A scorer that loads the base itself. */
  public ScorerApp(ScorerConfig config, MeterRegistry registry) {
    this(
        config,
        registry,
        () ->
            new BaseModelRewards(
                BaseModel.load(config.base(), precision(config)),
                true,
                config.caches(),
                new ScorerMetrics(registry)));
  }

  /**
   * A scorer beside other users of one base.
   *
   * @param base is not closed by the scorer; {@code scorer.base} and {@code scorer.precision} are
   *     not looked at
   */
  public ScorerApp(ScorerConfig config, MeterRegistry registry, BaseModel base) {
    this(
        config,
        registry,
        () -> new BaseModelRewards(base, false, config.caches(), new ScorerMetrics(registry)));
  }

  ScorerApp(ScorerConfig config, MeterRegistry registry, Supplier<RewardFunction> rewardFunctions) {
    this.config = config;
    this.registry = registry;
    this.rewardFunctions = rewardFunctions;
  }

  /** Runs a scorer as a process; see {@link ServiceRunner}. */
  public static void main(String[] arguments) {
    System.exit(
        ServiceRunner.run(
            arguments,
            ScorerConfig.keys(),
            (configuration, registry) ->
                new ScorerApp(ScorerConfig.from(configuration), registry)));
  }

  @Override
  public String name() {
    return "scorer";
  }

  @Override
  public synchronized void start() {
    state.to(Phase.STARTING);
    try {
      RewardFunction loaded = rewardFunctions.get();
      rewards = loaded;
      UserStore store =
          UserStore.open(
              config.users().dir(),
              config.users().memoryBytes(),
              config.users().cached(),
              config.users().references(),
              directory::epoch);
      users = store;
      ScorerMetrics metrics = new ScorerMetrics(registry);
      metrics.users(store::size, store::bytes);
      ScorerLoops loops = loops(loaded, store, metrics);
      clients = loops;
      KafkaLoop models = loops.following(config.maxArtifactBytes());
      KafkaLoop states = loops.followingUsers();
      ScorerLoops.Batching batching =
          new ScorerLoops.Batching(
              config.limits(),
              config.budget(),
              config.rowDomains(),
              config.longestWait(),
              config.shadow());
      ScoringDesk shared = loops.desk(batching, MOST_DIRECT);
      KafkaLoop prompts = loops.scoring(config.delivery(), batching, shared);
      desk = shared;
      replies = loops.replies();
      following = models;
      followingUsers = states;
      scoring = prompts;
      state.to(Phase.RUNNING);
      run("scorer-models", models::run);
      run("scorer-users", states::run);
      run(
          "scorer",
          () -> {
            loaded.warmUp();
            // Before that, a domain or a user would be answered without what is known already.
            models.awaitStarted();
            states.awaitStarted();
            shared.open();
            prompts.run();
          });
      run("scorer-direct", shared::run);
      run("scorer-generate", loops.replies()::run);
      openDoor(shared);
    } catch (RuntimeException e) {
      state.tryTo(Phase.FAILED);
      throw e;
    }
  }

  /** The port of the synchronous door, where it is open. */
  public synchronized OptionalInt doorPort() {
    return door == null ? OptionalInt.empty() : OptionalInt.of(door.port());
  }

  /**
   * The door answers 503 for as long as nothing can be scored, so readiness does not ask for it.
   */
  private void openDoor(ScoringDesk scoring) {
    DoorConfig settings = config.door();
    if (settings == null) {
      return;
    }
    KafkaPreferenceSink sink = new KafkaPreferenceSink(kafkaClients(), settings.timeout());
    preferences = sink;
    ScoringDoor opened = ScoringDoor.open(settings, scoring, sink, new DoorMetrics(registry));
    door = opened;
    LOG.atInfo()
        .addKeyValue("host", settings.host())
        .addKeyValue("port", opened.port())
        .log("synchronous door open");
  }

  private void closeDoor() {
    if (door != null) {
      door.close();
      door = null;
    }
    if (preferences != null) {
      preferences.close();
      preferences = null;
    }
  }

  @Override
  public boolean live() {
    return state.live();
  }

  @Override
  public boolean ready() {
    KafkaLoop prompts = scoring;
    return state.running() && prompts != null && prompts.ready();
  }

  @Override
  public synchronized void close() {
    boolean stopping = state.tryTo(Phase.STOPPING);
    // First, as what is under way there is answered by the loops.
    closeDoor();
    stopLoops();
    boolean ended = threads.stream().allMatch(ScorerApp::join);
    threads.clear();
    if (clients != null) {
      clients.close();
    }
    directory.close();
    if (users != null) {
      users.close();
    }
    // Freed memory under a forward pass would take the whole process along.
    if (ended && rewards != null) {
      rewards.close();
      rewards = null;
    }
    if (stopping || state.phase() == Phase.NEW) {
      state.to(Phase.STOPPED);
    }
  }

  private static Precision precision(ScorerConfig config) {
    return switch (config.precision()) {
      case AUTO -> Precision.fastest();
      case FP32 -> Precision.FP32;
      case BF16 -> Precision.BF16;
    };
  }

  private ScorerLoops loops(RewardFunction loaded, UserStore store, ScorerMetrics metrics) {
    return new ScorerLoops(
        config.kafka(), kafkaClients(), config.generation(), loaded, directory, store, metrics);
  }

  private ScorerClients kafkaClients() {
    return new ScorerClients(
        config.kafka(),
        registry,
        new ScorerClients.Settings(
            config.group(),
            config.instance(),
            config.start() == ScorerConfig.Start.EARLIEST,
            config.maxPollRecords(),
            config.transactionTimeout()));
  }

  private void run(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (InterruptedException e) {
                LOG.atInfo().addKeyValue("thread", name).log("interrupted while closing");
              } catch (Throwable e) {
                LOG.atError().addKeyValue("thread", name).setCause(e).log("scorer failed");
                state.tryTo(Phase.FAILED);
                stopLoops();
              }
            },
            name);
    threads.add(thread);
    thread.start();
  }

  private void stopLoops() {
    KafkaLoop models = following;
    KafkaLoop states = followingUsers;
    KafkaLoop prompts = scoring;
    ScoringDesk shared = desk;
    ReplyGenerator writing = replies;
    if (shared != null) {
      shared.stop();
    }
    if (writing != null) {
      writing.stop();
    }
    if (models != null && states != null && prompts != null) {
      prompts.stop();
      states.stop();
      models.stop();
    }
  }

  private static boolean join(Thread thread) {
    try {
      thread.join(CLOSE.toMillis());
      if (thread.isAlive()) {
        LOG.atWarn().addKeyValue("thread", thread.getName()).log("did not end in time");
        thread.interrupt();
        thread.join(CLOSE.toMillis());
      }
      return !thread.isAlive();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private interface Work {
    void run() throws InterruptedException;
  }
}
