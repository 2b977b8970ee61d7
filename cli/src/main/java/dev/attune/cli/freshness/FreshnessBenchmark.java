package dev.attune.cli.freshness;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.cli.traffic.TopicFollower;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFolder;
import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Runs everything in this process, lets users work with it at a steady rate, and measures how long
 * it takes until what they say is in what they get. A time begins with the broker's append of the
 * event and ends when a reader of committed records has what includes it.
 */
public final class FreshnessBenchmark {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);
  private static final Duration ROWS_LIMIT = Duration.ofMinutes(3);
  private static final long LOOK_MILLIS = 100;

  private final FreshnessSettings settings;
  private final Console console;
  private final Timeline timeline = new Timeline();

  public FreshnessBenchmark(FreshnessSettings settings, Console console) {
    this.settings = settings;
    this.console = console;
  }

  /**
   * Measures.
   *
   * @param dir where everything keeps its files
   * @throws CliException where a service fails
   */
  public FreshnessReport run(Path dir) throws InterruptedException {
    try (LocalStack stack = LocalStack.start(config(dir), console)) {
      stack.awaitReady(START_LIMIT);
      try (RecordSender sender = new RecordSender(stack.kafka(), "attune-bench-users");
          ScoreClient scores = new ScoreClient(stack.kafka(), sender);
          RoundTrip roundTrip = new RoundTrip(stack.kafka());
          TopicFollower follower =
              new TopicFollower(
                  stack.kafka(),
                  "attune-bench-freshness",
                  List.of(Topics.USERS, Topics.BUCKETS_BY_DOMAIN, Topics.MODELS),
                  TopicFollower.Start.BEGINNING,
                  this::see);
          SteadyUsers users = new SteadyUsers(settings, sender, scores, timeline)) {
        if (settings.firstEvents() > 0) {
          awaitRows(users, stack, follower);
        }
        pass("warm-up", settings.warmUp(), stack, follower);
        long since = System.currentTimeMillis();
        roundTrip.measure();
        users.sample();
        pass("measuring", settings.seconds(), stack, follower);
        double seconds = (System.currentTimeMillis() - since) / 1e3;
        users.stop();
        settle(since, stack, follower);
        return new FreshnessReport(
            baseConfig(),
            seconds,
            timeline.events(since),
            timeline.heads(since),
            timeline.rows(since),
            timeline.decisions(since),
            roundTrip.millis(),
            timeline.backlog());
      }
    }
  }

  private ModelConfig baseConfig() {
    try (ModelFolder folder = ModelFolder.open(settings.base())) {
      return folder.config();
    }
  }

  private StackConfig config(Path dir) {
    StackConfig config =
        StackConfig.onFreePorts(dir, settings.base())
            .with("trainer.state.dir", dir.resolve("trainer").toString())
            .with("scorer.users.dir", dir.resolve("scorer").toString())
            // What is late is to be measured, not cut off.
            .with("scorer.after.max-wait", SETTLE_LIMIT.toSeconds() + "s");
    for (var each : settings.settings().entrySet()) {
      config = config.with(each.getKey(), each.getValue());
    }
    return config;
  }

  private void see(ConsumerRecord<String, SpecificRecord> record) {
    long now = System.currentTimeMillis();
    SpecificRecord value = record.value();
    if (value instanceof UserEmbedding state) {
      if (state.getRowIncluded() != null) {
        timeline.learned(record.key(), state.getRowIncluded(), now);
      }
    } else if (value instanceof PreferenceBucket bucket) {
      timeline.bucketed(
          Domains.modelName(bucket.getDomain()),
          bucket.getFeedback().stream()
              .map(each -> new Place(bucket.getSourcePartition(), each.getOffset()))
              .toList());
    } else if (value instanceof ModelVersion manifest) {
      if (ModelKeys.isReward(record.key())) {
        timeline.trained(record.key(), manifest.getEvents());
        if (manifest.getVerdict() != null) {
          timeline.decided(record.key(), manifest.getVerdict().getEvents(), now);
        }
      }
    }
  }

  private void pass(String task, int seconds, LocalStack stack, TopicFollower follower)
      throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    long start = System.nanoTime();
    try (Progress progress = console.progress(task, "s", seconds)) {
      while (System.nanoTime() < end) {
        Thread.sleep(LOOK_MILLIS);
        check(stack, follower);
        progress.to(Duration.ofNanos(System.nanoTime() - start).toSeconds());
        progress.note(timeline.events(0) + " events");
      }
    }
  }

  /** Waits for what is still to come of the events that were measured. */
  private void settle(long since, LocalStack stack, TopicFollower follower)
      throws InterruptedException {
    long end = System.nanoTime() + SETTLE_LIMIT.toNanos();
    while (System.nanoTime() < end
        && timeline.heads(since).missed() + timeline.rows(since).missed() > 0) {
      Thread.sleep(LOOK_MILLIS);
      check(stack, follower);
    }
  }

  /**
   * A system at work has a policy with rows: the first events teach one. Users rest until it is
   * there and rows are where the events are. Where it does not come, rows are missed.
   */
  private void awaitRows(SteadyUsers users, LocalStack stack, TopicFollower follower)
      throws InterruptedException {
    long end = System.nanoTime() + ROWS_LIMIT.toNanos();
    try (Progress progress = console.progress("first rows", "events", settings.firstEvents())) {
      while (System.nanoTime() < end
          && (timeline.events(0) < settings.firstEvents() || timeline.rows(0).missed() > 0)) {
        Thread.sleep(LOOK_MILLIS);
        check(stack, follower);
        users.pause(timeline.events(0) >= settings.firstEvents());
        progress.to(timeline.events(0));
        progress.note(timeline.rows(0).millis().getTotalCount() + " in rows");
      }
    } finally {
      users.pause(false);
    }
  }

  private static void check(LocalStack stack, TopicFollower follower) {
    follower.check();
    if (!stack.live()) {
      throw new CliException("failed: " + stack.failed() + "; see the log");
    }
  }
}
