package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.cli.chaos.ProcessCluster.ServiceProcesses;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.serde.AvroSerializer;
import dev.attune.scorer.ScorerApp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code attune chaos score}: a cluster of processes, what they answer from, a sender, a
 * killer, and a reader who counts what was committed. Single use.
 */
final class ScoreChaos {
  /** Of ten kills, where there are brokers enough. */
  private static final int BROKERS_OF_TEN = 3;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final ScoreChaosSettings settings;
  private final Path base;
  private final Console console;
  private final Deadline deadline;
  private final long startedAt = System.nanoTime();

  /**
   * @param base folder of the base that all score with
   */
  ScoreChaos(ScoreChaosSettings settings, Path base, Console console) {
    this.settings = settings;
    this.base = base;
    this.console = console;
    this.deadline = Deadline.in(settings.timeout());
  }

  /**
   * Runs it.
   *
   * @param dir empty; afterwards it has the processes' data and logs
   * @throws CliException if it cannot be run at all; what is found is in the result
   */
  ScoreChaosResult run(Path dir) throws IOException, InterruptedException {
    console.say(
        "starting %d brokers and %d scorers in %s"
            .formatted(settings.brokers(), settings.instances(), dir));
    ExecutorService threads = Executors.newFixedThreadPool(3, ScoreChaos::daemon);
    try (ProcessCluster cluster = ProcessCluster.start(settings.brokers(), dir, deadline);
        RecordSender publisher = new RecordSender(cluster.kafka(), "attune-chaos-publisher");
        AvroSerializer<ScoreRequest> serializer = new AvroSerializer<>()) {
      ScoreMaterial material = new ScoreMaterial(base, settings.seed(), publisher);
      material.publish();
      cluster.start(new ServiceProcesses(Kind.SCORER, ScorerApp.class, processes(dir)), deadline);
      serializer.configure(cluster.kafka().serde(), false);
      ScoreTraffic traffic =
          new ScoreTraffic(
              settings.seed(),
              request -> serializer.serialize(Topics.PROMPTS.name(), request),
              material::included);
      return run(cluster, material, traffic, threads);
    } finally {
      threads.shutdownNow();
    }
  }

  private ScoreChaosResult run(
      ProcessCluster cluster, ScoreMaterial material, ScoreTraffic traffic, ExecutorService threads)
      throws InterruptedException {
    RequestAudit audit = new RequestAudit(served(material), LONGEST_WAIT);
    Killer killer =
        new Killer(
            cluster,
            new Killer.Plan(
                settings.kills(),
                settings.leaves(),
                settings.brokers() == 1 ? 0 : BROKERS_OF_TEN,
                Kind.SCORER,
                settings.requests(),
                settings.seed()),
            audit::acknowledged,
            audit::covered,
            this::remark);
    Sender sender =
        new Sender(
            cluster.kafka(),
            new Sender.Plan(
                Topics.PROMPTS, settings.requests(), settings.rate(), settings.timeout()),
            () -> next(traffic, audit),
            audit::acknowledged,
            killer::mayBeSent);
    try (AnswerReader reader = new AnswerReader(cluster.kafka(), audit);
        Progress progress = console.progress("chaos score", "requests", settings.requests())) {
      AccountWatch watch =
          new AccountWatch(reader.log(), audit, killer, deadline, progress, "answered");
      reader.pause().begin();
      Future<?> sending = threads.submit(sender);
      Future<?> killing = threads.submit(killer);
      Future<?> renewing = threads.submit(material);
      String problem = watch.untilComplete(sending, killing, renewing);
      killer.stop();
      material.stop();
      sending.cancel(true);
      Duration longestPause = reader.pause().longest();
      for (Future<?> each : List.of(killing, renewing)) {
        problem = problem == null ? AccountWatch.failureOf(each) : problem;
      }
      // What they would still write, such as something twice, is to be seen as well.
      cluster.stopServices();
      watch.readRest();
      RequestTally tally = audit.tally();
      long written = LogReader.countAll(cluster.kafka(), Topics.REWARDS, deadline);
      return result(tally, written, material, killer, longestPause, problem);
    }
  }

  private static Sender.Outgoing next(ScoreTraffic traffic, RequestAudit audit) {
    ScoreTraffic.Sent next = traffic.next();
    audit.sent(next.request());
    return new Sender.Outgoing(next.request().number(), next.request().userId(), next.value());
  }

  private List<Map<String, String>> processes(Path dir) {
    List<Map<String, String>> processes = new ArrayList<>();
    for (int i = 1; i <= settings.instances(); i++) {
      String name = "scorer-" + i;
      Map<String, String> all = new HashMap<>();
      all.put("scorer.base", base.toString());
      all.put("scorer.precision", "fp32");
      all.put("scorer.users.dir", dir.resolve(name).toString());
      // A name of its own: what a killed process left open is aborted when it comes back.
      all.put("scorer.instance", name);
      all.put("scorer.rows.domains", ScoreMaterial.ROW_DOMAIN);
      // Little to compute between two transactions, so that many kills meet one.
      all.put("scorer.batch.max-requests", "8");
      // What is asked once more is to be computed once more.
      all.put("scorer.cache.features.max-bytes", "0 B");
      all.put("scorer.cache.rewards.max-entries", "0");
      all.putAll(settings.scorerSettings());
      all.put("scorer.delivery", settings.delivery().name().toLowerCase(Locale.ROOT));
      // The audit has to know it.
      all.put("scorer.after.max-wait", LONGEST_WAIT.toMillis() + " ms");
      processes.add(all);
    }
    return processes;
  }

  private static RequestAudit.Served served(ScoreMaterial material) {
    return new RequestAudit.Served() {
      @Override
      public String base() {
        return material.base();
      }

      @Override
      public boolean published(String model, long version) {
        return material.published(model, version);
      }
    };
  }

  private ScoreChaosResult result(
      RequestTally tally,
      long written,
      ScoreMaterial material,
      Killer killer,
      Duration longestPause,
      @Nullable String problem) {
    boolean all = killer.killed() == settings.kills() && killer.left() == settings.leaves();
    return new ScoreChaosResult(
        problem == null && tally.right(settings.once()) && all,
        problem,
        settings.seed(),
        material.base(),
        tally,
        Math.max(0, written - tally.answers()),
        material.renewals(),
        killer.killed(),
        killer.left(),
        killer.records(),
        killer.revived(),
        longestPause.toMillis() / 1e3,
        Duration.ofNanos(System.nanoTime() - startedAt).toMillis() / 1e3);
  }

  /** On a terminal the bar says enough. */
  private void remark(String remark) {
    if (!console.terminal()) {
      console.say(remark);
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "attune-chaos");
    thread.setDaemon(true);
    return thread;
  }
}
