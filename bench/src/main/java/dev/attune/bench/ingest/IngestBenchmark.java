package dev.attune.bench.ingest;

import dev.attune.bench.BenchProgress;
import dev.attune.bench.Rounds;
import dev.attune.bench.ingest.IngestReport.InstancesRow;
import dev.attune.bench.ingest.IngestReport.LatencyRow;
import dev.attune.bench.ingest.IngestReport.ThroughputRow;
import dev.attune.bench.ingest.ThroughputRun.PerEvent;
import dev.attune.embedded.EmbeddedCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.HdrHistogram.Histogram;

/**
 * How many events a second ingest takes and how long one takes through it, beside topologies and
 * loops that do less, on an embedded broker. All run in this process, with the same settings, in
 * rounds in which each has its turn; what comes before in a round hardly touches the ratios.
 */
public final class IngestBenchmark {
  private static final long SEED = 1;
  private static final double LOW_RATE = 500;
  private static final int BROKERS = 3;

  private final Settings settings;
  private final BenchProgress progress;

  private IngestBenchmark(Settings settings, BenchProgress progress) {
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * How it is measured.
   *
   * @param events in the topic that is read to its end
   * @param warmUps rounds that do not count
   * @param rounds that count
   * @param latencySeconds how long events are sent for at each rate
   * @param halfLoad whether latency is also measured at half of ingest's throughput
   * @param instances numbers of instances to compare on three brokers; may be empty
   * @param dir for brokers and state; may hold nothing yet
   */
  public record Settings(
      int events,
      int warmUps,
      int rounds,
      double latencySeconds,
      boolean halfLoad,
      List<Integer> instances,
      Path dir) {
    /** Checks every component. */
    public Settings {
      instances = List.copyOf(instances);
      if (events < 1 || warmUps < 0 || rounds < 1 || latencySeconds <= 0) {
        throw new IllegalArgumentException(
            "%d events, %d + %d rounds, %s s; allowed is one or more"
                .formatted(events, warmUps, rounds, latencySeconds));
      }
      if (instances.stream().anyMatch(count -> count < 1)) {
        throw new IllegalArgumentException(
            "instances are " + instances + "; allowed is 1 or more each");
      }
    }
  }

  /**
   * Measures.
   *
   * @throws IllegalStateException if a contender fails, or an event is missing or comes twice
   */
  public static IngestReport run(Settings settings, BenchProgress progress) {
    return new IngestBenchmark(settings, progress).run();
  }

  private IngestReport run() {
    List<ThroughputRow> throughput;
    List<LatencyRow> latency;
    long commitMillis;
    try (EmbeddedCluster broker = EmbeddedCluster.start(settings.dir().resolve("one"));
        BenchCluster cluster = cluster(broker.bootstrapServers(), broker.registryUrl(), 1)) {
      EventLoad load = new EventLoad(cluster.kafka(), SEED);
      throughput = throughput(cluster, load);
      latency = latency(cluster, load, throughput.get(0).eventsPerSecond());
      commitMillis = cluster.config().commitInterval().toMillis();
    }
    return new IngestReport(
        Runtime.getRuntime().availableProcessors(),
        settings.events(),
        settings.rounds(),
        commitMillis,
        throughput,
        latency,
        settings.instances().isEmpty() ? List.of() : instances());
  }

  private List<ThroughputRow> throughput(BenchCluster cluster, EventLoad load) {
    ThroughputRun run = new ThroughputRun(cluster, load, settings.events());
    Map<String, DoubleSupplier> tasks = new LinkedHashMap<>();
    Map<String, List<Double>> processor = new LinkedHashMap<>();
    for (Contender contender : Contender.values()) {
      processor.put(contender.title(), new ArrayList<>());
      tasks.put(
          contender.title(),
          () -> {
            PerEvent taken = run.run(contender, 1);
            processor.get(contender.title()).add(taken.processorSeconds());
            return taken.seconds();
          });
    }
    Rounds seconds = rounds("events to the end, " + tasks.size() + " contenders", tasks);
    Rounds processorSeconds = counted(processor);
    String ingest = Contender.INGEST.title();
    List<ThroughputRow> rows = new ArrayList<>();
    for (Contender contender : Contender.values()) {
      String title = contender.title();
      rows.add(
          new ThroughputRow(
              contender,
              1 / seconds.median(title),
              processorSeconds.median(title) * 1e6,
              seconds.ratio(title, ingest),
              processorSeconds.ratio(title, ingest)));
    }
    return rows;
  }

  /** Leaves the warm-up rounds out. */
  private Rounds counted(Map<String, List<Double>> all) {
    Map<String, double[]> counted = new LinkedHashMap<>();
    all.forEach(
        (name, values) ->
            counted.put(
                name,
                values.stream()
                    .skip(settings.warmUps())
                    .mapToDouble(Double::doubleValue)
                    .toArray()));
    return new Rounds(counted);
  }

  private List<LatencyRow> latency(BenchCluster cluster, EventLoad load, double capacity) {
    LatencyRun run = new LatencyRun(cluster, load);
    List<Double> rates = settings.halfLoad() ? List.of(LOW_RATE, capacity / 2) : List.of(LOW_RATE);
    List<Contender> contenders = List.of(Contender.INGEST, Contender.PASS_THROUGH);
    progress.begin("latency", rates.size() * contenders.size());
    List<LatencyRow> rows = new ArrayList<>();
    int done = 0;
    for (double rate : rates) {
      for (Contender contender : contenders) {
        run.run(contender, rate, settings.latencySeconds())
            .forEach((output, times) -> rows.add(row(contender, output, rate, times)));
        progress.done(++done);
      }
    }
    return rows;
  }

  private static LatencyRow row(Contender contender, String output, double rate, Histogram micros) {
    double milli = TimeUnit.MILLISECONDS.toMicros(1);
    return new LatencyRow(
        contender,
        output,
        rate,
        micros.getTotalCount(),
        micros.getValueAtPercentile(50) / milli,
        micros.getValueAtPercentile(99) / milli,
        micros.getMaxValue() / milli);
  }

  private List<InstancesRow> instances() {
    progress.begin("three brokers", 1);
    try (BrokerProcesses brokers = BrokerProcesses.start(BROKERS, settings.dir().resolve("three"));
        BenchCluster cluster =
            cluster(brokers.bootstrapServers(), brokers.registryUrl(), BROKERS)) {
      progress.done(1);
      ThroughputRun run =
          new ThroughputRun(cluster, new EventLoad(cluster.kafka(), SEED), settings.events());
      Map<String, DoubleSupplier> tasks = new LinkedHashMap<>();
      for (int count : settings.instances()) {
        tasks.put("" + count, () -> run.run(Contender.INGEST, count).seconds());
      }
      Rounds seconds = rounds("instances on three brokers", tasks);
      String first = "" + settings.instances().get(0);
      return settings.instances().stream()
          .map(
              count ->
                  new InstancesRow(
                      count, 1 / seconds.median("" + count), seconds.ratio(first, "" + count)))
          .toList();
    }
  }

  private Rounds rounds(String task, Map<String, DoubleSupplier> tasks) {
    progress.begin(task, settings.warmUps() + settings.rounds());
    return Rounds.run(tasks, settings.warmUps(), settings.rounds(), progress::done);
  }

  private BenchCluster cluster(String bootstrapServers, String registryUrl, int replication) {
    return new BenchCluster(
        Map.of(
            "kafka.bootstrap.servers",
            bootstrapServers,
            "schema.registry.url",
            registryUrl,
            "ingest.replication-factor",
            "" + replication),
        settings.dir().resolve("state"));
  }
}
