package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.cli.chaos.ProcessCluster.ServiceProcesses;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.ingest.IngestApp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code attune chaos ingest}: a cluster of processes, a sender, a killer, and a reader
 * who counts what was committed. Single use.
 */
final class IngestChaos {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration COUNT_EVERY = Duration.ofMillis(500);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);
  private static final Duration LAST_READ = Duration.ofSeconds(30);

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
        OutputReader reader = new OutputReader(cluster.kafka(), audit);
        Progress progress = console.progress("chaos ingest", "events", settings.events())) {
      cluster.start(new ServiceProcesses(Kind.INGEST, IngestApp.class, processes(dir)), deadline);
      Killer killer =
          new Killer(
              cluster,
              new Killer.Plan(
                  settings.kills(),
                  BROKERS_OF_TEN,
                  Kind.INGEST,
                  settings.events(),
                  settings.seed()),
              audit::acknowledged,
              audit::covered,
              this::remark);
      Sender sender = new Sender(cluster.kafka(), settings, audit, killer::mayBeSent);
      reader.startOfPauses();
      Future<?> sending = threads.submit(sender);
      Future<?> killing = threads.submit(killer);
      String problem = watch(reader, killer, sending, killing, progress);
      killer.stop();
      sending.cancel(true);
      if (problem == null) {
        problem = failureOf(killing, true);
      }
      // What they would still write, such as something twice, is to be seen as well.
      cluster.stopServices();
      readRest(reader);
      return result(killer, reader.longestPause(), problem);
    } finally {
      threads.shutdownNow();
    }
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

  /** Until everything sent is accounted for; otherwise gives what went wrong. */
  private @Nullable String watch(
      OutputReader reader, Killer killer, Future<?> sending, Future<?> killing, Progress progress)
      throws InterruptedException {
    long lastRecordAt = System.nanoTime();
    Deadline nextCount = Deadline.in(COUNT_EVERY);
    while (true) {
      if (reader.poll(POLL) > 0) {
        lastRecordAt = System.nanoTime();
      }
      progress.to(audit.acknowledged());
      progress.note(killer.killed() + " kills, " + audit.covered() + " in buckets");
      String failure = failureOf(sending, false);
      failure = failure == null ? failureOf(killing, false) : failure;
      if (failure != null) {
        return failure;
      }
      if (deadline.passed()) {
        return "not finished within " + settings.timeout().toMinutes() + " min";
      }
      if (!sending.isDone() || !killer.done()) {
        lastRecordAt = System.nanoTime();
      } else if (nextCount.passed()) {
        nextCount = Deadline.in(COUNT_EVERY);
        if (audit.tally().complete() && reader.atEnd()) {
          return null;
        }
        if (System.nanoTime() - lastRecordAt > LONGEST_SILENCE.toNanos()) {
          return "nothing has come for %d s, and not all is accounted for"
              .formatted(LONGEST_SILENCE.toSeconds());
        }
      }
    }
  }

  private void readRest(OutputReader reader) {
    Deadline end = Deadline.in(LAST_READ);
    do {
      while (reader.poll(POLL) > 0 && !end.passed()) {
        // Goes on while something comes.
      }
    } while (!reader.atEnd() && !end.passed());
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

  /** Why a thread has ended; null: it runs, or all went well. */
  private static @Nullable String failureOf(Future<?> thread, boolean wait)
      throws InterruptedException {
    if (!wait && !thread.isDone()) {
      return null;
    }
    try {
      thread.get(LAST_READ.toMillis(), TimeUnit.MILLISECONDS);
      return null;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return cause instanceof CliException ? cause.getMessage() : cause.toString();
    } catch (TimeoutException e) {
      return "a thread does not end";
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "attune-chaos");
    thread.setDaemon(true);
    return thread;
  }
}
