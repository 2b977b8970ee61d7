package dev.attune.cli.demo;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.traffic.Bookkeeper;
import dev.attune.cli.traffic.EventLedger;
import dev.attune.cli.traffic.ModelBoard;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.cli.traffic.TopicFollower;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.UserEmbedding;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/**
 * One run of the demo against a running stack: traffic, then waiting until everything sent is
 * accounted for, then the result.
 */
final class DemoRun {
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);
  private static final Duration LEARN_LIMIT = Duration.ofSeconds(20);
  private static final int CURVE_POINTS = 30;
  private static final double MICROS_PER_MILLI = 1000;

  private final DemoOptions options;
  private final LocalStack stack;
  private final Console console;
  private volatile double servingAfter = Double.NaN;

  DemoRun(DemoOptions options, LocalStack stack, Console console) {
    this.options = options;
    this.stack = stack;
    this.console = console;
  }

  /** Runs to the end; the numbers may be unsound, see {@link DemoResult#sound}. */
  DemoResult run() throws InterruptedException {
    EventLedger ledger = new EventLedger();
    Prequential prequential = new Prequential();
    UserFreshness freshness = new UserFreshness();
    ModelBoard models = new ModelBoard(Instant.now());
    ChatSimulator simulator =
        new ChatSimulator(SampleConversations.load(), options.users(), options.seed());
    try (RecordSender sender = new RecordSender(stack.kafka(), "attune-demo");
        Bookkeeper bookkeeper = new Bookkeeper(stack.kafka(), ledger, models);
        TopicFollower ignored =
            new TopicFollower(
                stack.kafka(),
                "attune-demo-users",
                List.of(Topics.USERS),
                TopicFollower.Start.END,
                record -> {
                  if (record.value() instanceof UserEmbedding user) {
                    freshness.published(user, System.currentTimeMillis());
                  }
                });
        ScoreClient client = new ScoreClient(stack.kafka(), sender)) {
      DemoState state = new DemoState(options, ledger, client, models, prequential);
      ChatApp app =
          new ChatApp(
              simulator,
              "demo-" + UUID.randomUUID().toString().substring(0, 8),
              sender,
              client,
              ledger,
              prequential,
              freshness,
              choice -> {
                tellFirst();
                state.shown(choice);
              },
              Clock.systemUTC());
      try (LivePage page = LivePage.start(options.port(), state::json)) {
        console.say("live page " + page.url());
        if (options.open()) {
          Browser.open(page.url(), console);
        }
        state.phase("running");
        StatusLine status = new StatusLine(console, options.seconds());
        app.run(
            options.rate(),
            options.seconds(),
            elapsed -> {
              bookkeeper.check();
              state.seconds(elapsed);
              status.show(elapsed, ledger.accounts(), client.accounts(), prequential.lastHalf());
            });
        status.end();
        state.seconds(options.seconds());
        state.phase("waiting until everything is accounted for");
        app.awaitChoices(SETTLE_LIMIT.toSeconds());
        await(
            SETTLE_LIMIT,
            () -> {
              app.check();
              bookkeeper.check();
              return ledger.accounts().balanced() && client.accounts().balanced();
            });
        await(LEARN_LIMIT, () -> bookkeeper.fed().stream().allMatch(bookkeeper::caughtUp));
        state.phase("ended");
        Histogram latency = client.latencyMicros();
        return new DemoResult(
            ledger.accounts(),
            client.accounts(),
            models.comparisonsLearned(),
            prequential.lastHalf(),
            prequential.lastHalfByDomain(),
            prequential.curve(CURVE_POINTS),
            percentile(freshness.millis(), 50),
            percentile(freshness.millis(), 99),
            latency.getValueAtPercentile(50) / MICROS_PER_MILLI,
            latency.getValueAtPercentile(99) / MICROS_PER_MILLI,
            models.newest(),
            freshness.users(),
            options.seconds(),
            servingAfter,
            options.seed());
      }
    }
  }

  private static double percentile(Histogram histogram, double percentile) {
    return histogram.getTotalCount() == 0 ? Double.NaN : histogram.getValueAtPercentile(percentile);
  }

  private void tellFirst() {
    if (Double.isNaN(servingAfter)) {
      long start = ManagementFactory.getRuntimeMXBean().getStartTime();
      servingAfter = (System.currentTimeMillis() - start) / 1000.0;
      console.say(String.format(Locale.ROOT, "serving after %.1f s", servingAfter));
    }
  }

  private void await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      if (!stack.live()) {
        throw new CliException("a service has failed: " + stack.failed() + "; see the log");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
