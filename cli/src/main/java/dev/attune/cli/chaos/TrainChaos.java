package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import dev.attune.cli.chaos.ProcessCluster.ServiceProcesses;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.published.FixedPolicy;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.trainer.TrainerApp;
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
import java.util.function.BooleanSupplier;

/**
 * One run of {@code attune chaos train}: the same buckets are learned from twice, in two clusters
 * of processes, the second time with a killer; then the two are compared. Single use.
 */
final class TrainChaos {
  /** The groups of the pipelines, by what they read. */
  private static final Map<String, String> GROUPS =
      Map.of(
          Topics.BUCKETS_BY_DOMAIN.name(), "attune-trainer-rewards",
          Topics.BUCKETS_BY_USER.name(), "attune-trainer-users");

  /** Of general come so many events, in shares of those of domains. */
  private static final double GENERAL_SHARE = 0.05;

  /** Of ten kills, where there are brokers enough. */
  private static final int BROKERS_OF_TEN = 2;

  private static final long LOOK_MILLIS = 100;

  /** Rows follow heads a little later: the end is when nothing has been published for a while. */
  private static final Duration QUIET = Duration.ofSeconds(4);

  private final TrainSettings settings;
  private final Path base;
  private final Console console;
  private final Deadline deadline;
  private final long startedAt = System.nanoTime();

  /** A run that has come to its end. */
  private record Run(LearnedAccount account, Killer killer, int killedAtWork, double seconds) {}

  /**
   * @param base folder of the base that all learn on
   */
  TrainChaos(TrainSettings settings, Path base, Console console) {
    this.settings = settings;
    this.base = base;
    this.console = console;
    this.deadline = Deadline.in(settings.timeout());
  }

  /**
   * Runs it.
   *
   * @param dir empty; afterwards it has the processes' data and logs
   * @throws CliException if it cannot be run to its end
   */
  TrainResult run(Path dir) throws IOException, InterruptedException {
    List<List<BucketRecord>> phases = phases();
    FixedPolicy policy = FixedPolicy.of(base, settings.seed());
    Run undisturbed = run(dir.resolve("undisturbed"), phases, policy, 0);
    Run disturbed = run(dir.resolve("disturbed"), phases, policy, settings.kills());
    TrainTally tally = TrainAudit.compare(undisturbed.account(), disturbed.account());
    Killer killer = disturbed.killer();
    return new TrainResult(
        tally.right() && killer.killed() == settings.kills() && killer.revived() == 0,
        settings.seed(),
        policy.base(),
        tally,
        killer.killed(),
        disturbed.killedAtWork(),
        killer.records(),
        killer.revived(),
        undisturbed.seconds(),
        disturbed.seconds(),
        seconds(startedAt));
  }

  /**
   * The buckets of general, and those of domains: what a domain begins with depends on how far
   * general is, so that has to be learned first.
   */
  private List<List<BucketRecord>> phases() {
    int general = Math.max(1, (int) (GENERAL_SHARE * settings.events()));
    List<PreferenceEvent> first;
    List<PreferenceEvent> second;
    if (settings.data() == null) {
      first = TrainEvents.madeUp(true, general, settings.seed());
      second = TrainEvents.madeUp(false, settings.events(), settings.seed());
    } else {
      first = TrainEvents.general(settings.data(), general);
      second = TrainEvents.ukp(settings.data(), settings.events());
    }
    BucketMaker maker = new BucketMaker(settings.seed());
    return List.of(maker.make(first), maker.make(second));
  }

  private Run run(Path dir, List<List<BucketRecord>> phases, FixedPolicy policy, int kills)
      throws IOException, InterruptedException {
    long runStartedAt = System.nanoTime();
    String task = kills == 0 ? "undisturbed" : "with kills";
    long records = phases.stream().mapToLong(List::size).sum();
    ExecutorService threads = Executors.newSingleThreadExecutor(TrainChaos::daemon);
    try (ProcessCluster cluster = ProcessCluster.start(settings.brokers(), dir, deadline);
        BucketWriter writer = new BucketWriter(cluster.kafka());
        GroupProgress groups = new GroupProgress(cluster.kafka(), GROUPS);
        Progress progress = console.progress("chaos train, " + task, "buckets", records)) {
      try (RecordSender sender = new RecordSender(cluster.kafka(), "attune-chaos-policy")) {
        policy.publish(sender);
      }
      writer.write(phases.get(0));
      cluster.start(new ServiceProcesses(Kind.TRAINER, TrainerApp.class, processes(dir)), deadline);
      Killer killer =
          new Killer(
              cluster,
              new Killer.Plan(
                  kills,
                  0,
                  settings.brokers() == 1 ? 0 : BROKERS_OF_TEN,
                  Kind.TRAINER,
                  records,
                  settings.seed()),
              groups::committed,
              groups::committed,
              this::remark);
      Future<?> killing = threads.submit(killer);
      Watch watch = new Watch(killer, killing, groups, progress, records);
      watch.until(() -> groups.reached(writer.ends()));
      writer.write(phases.subList(1, phases.size()).stream().flatMap(List::stream).toList());
      watch.until(() -> groups.reached(writer.ends()));
      int atWork = killer.killed();
      watch.until(killer::done);
      watch.untilQuiet();
      killer.stop();
      cluster.stopServices();
      return new Run(TopicReader.read(cluster.kafka()), killer, atWork, seconds(runStartedAt));
    } finally {
      threads.shutdownNow();
    }
  }

  private List<Map<String, String>> processes(Path dir) {
    List<Map<String, String>> processes = new ArrayList<>();
    for (int i = 1; i <= settings.instances(); i++) {
      Map<String, String> all = new HashMap<>();
      all.put("trainer.base", base.toString());
      all.put("trainer.precision", "fp32");
      all.put("trainer.pipelines", "rewards,users");
      // Many transactions, so that many kills meet one.
      all.put("trainer.checkpoint.interval", "500ms");
      all.put("trainer.state.dir", dir.resolve("trainer-" + i).toString());
      all.putAll(settings.trainerSettings());
      processes.add(all);
    }
    return processes;
  }

  /** Waits, and ends the run where nothing more is to be waited for. */
  private final class Watch {
    private final Killer killer;
    private final Future<?> killing;
    private final GroupProgress groups;
    private final Progress progress;
    private final long records;

    Watch(Killer killer, Future<?> killing, GroupProgress groups, Progress progress, long records) {
      this.killer = killer;
      this.killing = killing;
      this.groups = groups;
      this.progress = progress;
      this.records = records;
    }

    void until(BooleanSupplier reached) throws InterruptedException {
      do {
        look();
      } while (!reached.getAsBoolean());
    }

    void untilQuiet() throws InterruptedException {
      long written = -1;
      Deadline quiet = Deadline.in(QUIET);
      while (!quiet.passed()) {
        look();
        if (groups.written() != written) {
          written = groups.written();
          quiet = Deadline.in(QUIET);
        }
      }
    }

    private void look() throws InterruptedException {
      Thread.sleep(LOOK_MILLIS);
      groups.refresh();
      // Offsets count the markers of the writer's transactions too.
      progress.to(Math.min(records, groups.committed()));
      progress.note(killer.killed() + " kills");
      if (killing.isDone()) {
        try {
          killing.get();
        } catch (ExecutionException e) {
          throw e.getCause() instanceof CliException known
              ? known
              : new CliException("the killer has failed: " + e.getCause(), e);
        }
      }
      if (deadline.passed()) {
        throw new CliException(
            "chaos train: not finished within " + settings.timeout().toMinutes() + " min");
      }
    }
  }

  /** On a terminal the bar says enough. */
  private void remark(String remark) {
    if (!console.terminal()) {
      console.say(remark);
    }
  }

  private static double seconds(long since) {
    return Duration.ofNanos(System.nanoTime() - since).toMillis() / 1e3;
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "attune-chaos");
    thread.setDaemon(true);
    return thread;
  }
}
