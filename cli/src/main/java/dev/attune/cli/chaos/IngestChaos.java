package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.cli.chaos.ProcessCluster.ServiceProcesses;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.ingest.IngestApp;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.serde.AvroSerializer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code attune chaos ingest}: a cluster of processes, a sender, a killer, and a reader
 * who counts what was committed. Single use.
 */
final class IngestChaos {
  /** Of ten kills. */
  private static final int BROKERS_OF_TEN = 4;

  private final ChaosSettings settings;
  private final Console console;
  private final EventAudit audit = new EventAudit();
  private final Deadline deadline;
  private final long startedAt = System.nanoTime();

  IngestChaos(ChaosSettings settings, Console console) {
    this.settings = settings;
    this.console = console;
    this.deadline = Deadline.in(settings.timeout());
  }

  /**
   * Runs it.
   *
   * @param dir empty; afterwards it has the processes' data and logs
   * @throws CliException if it cannot be run at all; what is found is in the result
   */
  ChaosResult run(Path dir) throws IOException, InterruptedException {
    console.say(
        "starting %d brokers and %d ingest processes in %s"
            .formatted(settings.brokers(), settings.instances(), dir));
    ExecutorService threads = Executors.newFixedThreadPool(2, IngestChaos::daemon);
    try (ProcessCluster cluster = ProcessCluster.start(settings.brokers(), dir, deadline);
        AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
        OutputReader reader = new OutputReader(cluster.kafka(), audit);
        Progress progress = console.progress("chaos ingest", "events", settings.events())) {
      cluster.start(new ServiceProcesses(Kind.INGEST, IngestApp.class, processes(dir)), deadline);
      Killer killer =
          new Killer(
              cluster,
              new Killer.Plan(
                  settings.kills(),
                  0,
                  BROKERS_OF_TEN,
                  Kind.INGEST,
                  settings.events(),
                  settings.seed()),
              audit::acknowledged,
              audit::covered,
              this::remark);
      serializer.configure(cluster.kafka().serde(), false);
      ChaosTraffic traffic =
          new ChaosTraffic(
              settings.seed(),
              settings.corrections(),
              event -> serializer.serialize(Topics.PREFERENCES.name(), event));
      Sender sender =
          new Sender(
              cluster.kafka(),
              new Sender.Plan(
                  Topics.PREFERENCES, settings.events(), settings.rate(), settings.timeout()),
              () -> next(traffic),
              audit::acknowledged,
              killer::mayBeSent);
      AccountWatch watch =
          new AccountWatch(reader.log(), audit, killer, deadline, progress, "in buckets");
      reader.pause().begin();
      Future<?> sending = threads.submit(sender);
      Future<?> killing = threads.submit(killer);
      String problem = watch.untilComplete(sending, killing);
      killer.stop();
      sending.cancel(true);
      if (problem == null) {
        problem = AccountWatch.failureOf(killing);
      }
      // What they would still write, such as something twice, is to be seen as well.
      cluster.stopServices();
      watch.readRest();
      return result(killer, reader.pause().longest(), problem);
    } finally {
      threads.shutdownNow();
    }
  }

  private Sender.Outgoing next(ChaosTraffic traffic) {
    ChaosTraffic.Sent next = traffic.next();
    audit.sent(next.event());
    return new Sender.Outgoing(next.event().number(), next.event().userId(), next.value());
  }

  private List<Map<String, String>> processes(Path dir) {
    List<Map<String, String>> processes = new ArrayList<>();
    for (int i = 1; i <= settings.instances(); i++) {
      String name = "ingest-" + i;
      Map<String, String> all = new HashMap<>();
      all.put("ingest.state.dir", dir.resolve(name).toString());
      all.put("ingest.standby-replicas", settings.instances() > 1 ? "1" : "0");
      // A name of its own: a process that comes back soon has its partitions back at once.
      all.put("ingest.instance", name);
      // A few users send much; what is held back would not be in the buckets.
      all.put("ingest.rate.events-per-minute", "0");
      all.put("ingest.abuse.repeated-texts", "0");
      all.put("ingest.abuse.same-position", "0");
      all.putAll(settings.ingestSettings());
      processes.add(all);
    }
    return processes;
  }

  private ChaosResult result(Killer killer, Duration longestPause, @Nullable String problem) {
    Tally tally = audit.tally();
    boolean ok = problem == null && tally.right() && killer.killed() == settings.kills();
    return new ChaosResult(
        ok,
        problem,
        settings.seed(),
        tally,
        killer.killed(),
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
