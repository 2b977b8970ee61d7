package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import dev.attune.cli.chaos.ChildProcess.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Kills one process after the other with SIGKILL, at random moments that are spread over the
 * traffic, starts it again after a short random pause, and sees when nothing is missing any more. A
 * broker is killed only while all of them are in sync: with two of three away nothing could be
 * promised. A service's process is killed when it is ready and the service has worked since the
 * last kill, whatever else is away: one that does nothing yet has nothing to lose. Between the
 * kills some of the service's processes leave in good order, with SIGTERM, and come back alike.
 */
final class Killer implements Callable<Void> {
  private static final Duration RECOVERY_TIMEOUT = Duration.ofMinutes(2);
  private static final long LOOK_MILLIS = 250;
  private static final int MOST_PAUSE_MILLIS = 3_000;
  private static final Duration LEAVING_TIMEOUT = Duration.ofSeconds(30);

  /**
   * Whom to kill, and when.
   *
   * @param kills of brokers and the service's processes together
   * @param leaves of the service's processes, in good order
   * @param brokersOfTen how many of ten kills are of brokers
   * @param service the kind of the other processes
   * @param work how much there is to do meanwhile
   */
  record Plan(int kills, int leaves, int brokersOfTen, Kind service, long work, long seed) {
    /** Kills and leaves. */
    int ends() {
      return kills + leaves;
    }
  }

  /** An end that a process is given. */
  private record End(ChildProcess process, boolean gentle) {}

  private static final class Recovering {
    private final ChildProcess process;
    private final boolean killed;
    private final int number;
    private final long endedAt = System.nanoTime();

    private Recovering(End end, int number) {
      this.process = end.process();
      this.killed = !end.gentle();
      this.number = number;
    }
  }

  private final ProcessCluster cluster;
  private final Plan plan;
  private final LongSupplier reached;
  private final LongSupplier worked;
  private final Consumer<String> remarks;
  private final Random random;
  private final List<End> ends;
  private final List<Recovering> recovering = new ArrayList<>();
  private final List<KillRecord> records = new ArrayList<>();
  private final AtomicInteger killed = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger revived = new AtomicInteger();
  private long workedBefore;
  private volatile boolean done;
  private volatile boolean stopped;

  /**
   * @param reached how far the work has come; sets the moments of the kills
   * @param worked how much of it the service has committed
   * @param remarks what is told to a person
   */
  Killer(
      ProcessCluster cluster,
      Plan plan,
      LongSupplier reached,
      LongSupplier worked,
      Consumer<String> remarks) {
    this.cluster = cluster;
    this.plan = plan;
    this.reached = reached;
    this.worked = worked;
    this.remarks = remarks;
    this.random = new Random(plan.seed());
    this.ends = ends();
  }

  /** Each kind's processes in turn, the kinds at random. */
  private List<End> ends() {
    int ofBrokers =
        plan.kills() < 2 || plan.brokersOfTen() == 0
            ? 0
            : Math.max(1, plan.kills() * plan.brokersOfTen() / 10);
    List<End> chosen = new ArrayList<>();
    choose(chosen, Kind.BROKER, ofBrokers, false);
    choose(chosen, plan.service(), plan.kills() - ofBrokers, false);
    choose(chosen, plan.service(), plan.leaves(), true);
    Collections.shuffle(chosen, random);
    return chosen;
  }

  private void choose(List<End> chosen, Kind kind, int count, boolean gentle) {
    if (count == 0) {
      return;
    }
    List<ChildProcess> processes = cluster.processes(kind);
    int first = random.nextInt(processes.size());
    for (int i = 0; i < count; i++) {
      chosen.add(new End(processes.get((first + i) % processes.size()), gentle));
    }
  }

  /** Whether all kills are done and nothing is missing any more. */
  boolean done() {
    return done;
  }

  /** Has {@link #call} return. */
  void stop() {
    stopped = true;
  }

  int killed() {
    return killed.get();
  }

  /** Processes that left in good order and came back. */
  int left() {
    return left.get();
  }

  /** Processes that ended by themselves and were started again. */
  int revived() {
    return revived.get();
  }

  synchronized List<KillRecord> records() {
    return List.copyOf(records);
  }

  /** Whether so many records may be sent by now: the last ones go when the kills are done. */
  boolean mayBeSent(int records) {
    long parts = plan.ends() + 1L;
    return records <= plan.work() * (killed.get() + left.get() + 2L) / parts;
  }

  @Override
  public Void call() throws InterruptedException {
    for (int i = 0; i < ends.size() && !stopped; i++) {
      End end = ends.get(i);
      long after = (long) (plan.work() * (i + random.nextDouble()) / (ends.size() + 1));
      while (!stopped && (reached.getAsLong() < after || !mayEnd(end.process()))) {
        look();
      }
      if (!stopped) {
        endAndStartAgain(end, i + 1);
      }
    }
    while (!stopped) {
      look();
      done = recovering.isEmpty();
    }
    return null;
  }

  private boolean mayEnd(ChildProcess victim) throws InterruptedException {
    boolean recovers =
        recovering.stream()
            .anyMatch(
                each ->
                    each.process == victim
                        || (victim.kind() == Kind.BROKER && each.process.kind() == Kind.BROKER));
    boolean works = victim.kind() == Kind.BROKER || worked.getAsLong() >= workedBefore + work();
    return works && !recovers && cluster.whole(victim);
  }

  /** Half of what comes to one end. */
  private long work() {
    return Math.max(1, plan.work() / (plan.ends() + 1) / 2);
  }

  private void endAndStartAgain(End end, int number) throws InterruptedException {
    ChildProcess victim = end.process();
    remarks.accept(
        "%s %d/%d: %s"
            .formatted(end.gentle() ? "leave" : "kill", number, ends.size(), victim.name()));
    recovering.add(new Recovering(end, number));
    if (victim.kind() != Kind.BROKER) {
      workedBefore = worked.getAsLong();
    }
    if (end.gentle()) {
      leave(victim);
      left.incrementAndGet();
    } else {
      victim.kill();
      killed.incrementAndGet();
    }
    Thread.sleep(random.nextInt(MOST_PAUSE_MILLIS));
    victim.start();
  }

  private static void leave(ChildProcess process) throws InterruptedException {
    process.endGently();
    Deadline deadline = Deadline.in(LEAVING_TIMEOUT);
    while (process.alive()) {
      if (deadline.passed()) {
        throw new CliException(
            "%s did not leave within %d s; its log is %s"
                .formatted(process.name(), LEAVING_TIMEOUT.toSeconds(), process.log()));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private void look() throws InterruptedException {
    Thread.sleep(LOOK_MILLIS);
    for (ChildProcess process : cluster.revive()) {
      revived.incrementAndGet();
      remarks.accept(process.name() + " had ended by itself and was started again");
    }
    for (Recovering each : List.copyOf(recovering)) {
      Duration since = Duration.ofNanos(System.nanoTime() - each.endedAt);
      if (cluster.whole(each.process)) {
        recovering.remove(each);
        if (each.killed) {
          keep(KillRecord.of(each.number, each.process, seconds(since)));
        }
      } else if (since.compareTo(RECOVERY_TIMEOUT) > 0) {
        throw new CliException(
            "%s did not recover within %d s of its end; its log is %s"
                .formatted(each.process.name(), since.toSeconds(), each.process.log()));
      }
    }
  }

  private synchronized void keep(KillRecord record) {
    records.add(record);
  }

  private static double seconds(Duration duration) {
    return Math.round(duration.toMillis() / 100.0) / 10.0;
  }
}
