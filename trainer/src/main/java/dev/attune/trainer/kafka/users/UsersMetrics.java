package dev.attune.trainer.kafka.users;

import dev.attune.trainer.gate.PrequentialMeter;
import dev.attune.trainer.users.Tally;
import dev.attune.trainer.users.UserMeasurements;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Every meter of the users pipeline; what was not committed is not counted. One thread changes
 * them, any may read.
 */
public final class UsersMetrics {
  private static final String PREFIX = "attune.trainer.users.";
  private static final String PART = "part";

  private final MeterRegistry registry;
  private final Counter buckets;
  private final Counter events;
  private final Counter comparisons;
  private final Counter judgements;
  private final Counter rowEvents;
  private final Counter refitted;
  private final Counter forgotten;
  private final Counter notFound;
  private final Counter erased;
  private final Counter expired;
  private final Counter unchanged;
  private final Counter served;
  private final Counter remembered;
  private final Counter read;
  private final Counter refused;
  private final Counter recoveries;
  private final Timer restore;
  private final Timer commit;
  private final Timer readAhead;
  private final Part heads;
  private final Part rows;
  private final AtomicLong users;
  private final AtomicLong withoutRow;
  private final AtomicLong epoch;
  private final UserMeasurements measurements = new UserMeasurements();
  private volatile Map<String, Map<String, Double>> measured = Map.of();

  private static final List<String> MEASURES =
      List.of(
          PrequentialMeter.ACCURACY,
          PrequentialMeter.LOG_LOSS,
          PrequentialMeter.BRIER,
          PrequentialMeter.ECE,
          UserMeasurements.GAIN_GENERIC,
          UserMeasurements.GAIN_LONGER);

  /** What is measured of heads and rows alike. */
  record Part(Timer learn, Timer freshness, AtomicLong lag) {
    /** A bucket's effect was committed so many milliseconds after its record was written. */
    void committed(long millis) {
      freshness.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }
  }

  public UsersMetrics(MeterRegistry registry) {
    this.registry = registry;
    buckets = counter("buckets", "Buckets that heads have learned, empty ones included");
    events = counter("events", "Events that heads have learned");
    comparisons = counter("comparisons", "Comparisons that heads have learned");
    judgements = counter("judgements", "Judgements of single replies that heads have learned");
    rowEvents = counter("row.events", "Events that rows have learned");
    refitted = retractions("refitted");
    forgotten = retractions("forgotten");
    notFound = retractions("not-found");
    erased = counter("erased", "Users removed because they left");
    expired = counter("expired", "Users removed because they were idle");
    unchanged = counter("unchanged", "Events that did not change their user's head at all");
    served = coordinates("served");
    remembered = coordinates("remembered");
    read = coordinates("read");
    refused = coordinates("refused");
    recoveries =
        counter("recoveries", "Times that partitions were dropped and taken up again from Kafka");
    restore =
        Timer.builder(PREFIX + "restore")
            .description("Time to take up newly assigned partitions")
            .register(registry);
    commit =
        Timer.builder(PREFIX + "commit")
            .description("Time of a partition's transaction")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    readAhead =
        Timer.builder(PREFIX + "read.ahead")
            .description("Time of a pass that rows of several events share")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    heads = part("head");
    rows = part("row");
    users = gauge("count", "Users with a state, of the owned partitions");
    withoutRow = gauge("without.row", "Of them, those whose comparisons have not reached a row");
    epoch = gauge("epoch", "Epoch of the policy that users are learned under; 0: none yet");
    for (String group : UserMeasurements.groups()) {
      MEASURES.forEach(measure -> prequential(group, measure));
    }
  }

  /** Adds a client's own meters until the result is closed. */
  KafkaClientMetrics bind(Consumer<?, ?> consumer) {
    KafkaClientMetrics clientMetrics = new KafkaClientMetrics(consumer);
    clientMetrics.bindTo(registry);
    return clientMetrics;
  }

  void committed(Tally tally) {
    buckets.increment((double) tally.buckets());
    events.increment((double) tally.events());
    comparisons.increment((double) tally.comparisons());
    judgements.increment((double) tally.judgements());
    rowEvents.increment((double) tally.rowEvents());
    refitted.increment((double) tally.refitted());
    forgotten.increment((double) tally.forgotten());
    notFound.increment((double) tally.notFound());
    erased.increment((double) tally.erased());
    expired.increment((double) tally.expired());
    unchanged.increment((double) tally.unchanged());
    served.increment((double) tally.servedCoordinates());
    remembered.increment((double) tally.rememberedFeatures());
    read.increment((double) tally.readFeatures());
    refused.increment((double) tally.refusedCoordinates());
    tally.predictions().forEach(measurements::add);
    if (!tally.predictions().isEmpty()) {
      Map<String, Map<String, Double>> now = new HashMap<>();
      UserMeasurements.groups().forEach(group -> now.put(group, measurements.of(group)));
      measured = Map.copyOf(now);
    }
  }

  private void prequential(String tenure, String measure) {
    Gauge.builder(
            PREFIX + "prequential",
            () -> measured.getOrDefault(tenure, Map.of()).getOrDefault(measure, Double.NaN))
        .description("How heads predict comparisons before learning them, by the user's tenure")
        .tag("tenure", tenure)
        .tag("measure", measure)
        .register(registry);
  }

  Part heads() {
    return heads;
  }

  Part rows() {
    return rows;
  }

  void recovered() {
    recoveries.increment();
  }

  Timer restore() {
    return restore;
  }

  Timer commit() {
    return commit;
  }

  Timer readAhead() {
    return readAhead;
  }

  void owned(Collection<OwnedUsers> owned) {
    users.set(owned.stream().mapToLong(partition -> partition.users().users()).sum());
    withoutRow.set(
        owned.stream().mapToLong(partition -> partition.users().usersWithoutRow()).sum());
  }

  void epoch(long newest) {
    epoch.set(newest);
  }

  private Part part(String name) {
    AtomicLong lag = new AtomicLong();
    Gauge.builder(PREFIX + "lag", lag, AtomicLong::doubleValue)
        .description("Buckets of the owned partitions that have not been learned")
        .tag(PART, name)
        .register(registry);
    return new Part(
        timer("learn", "Time to learn a batch", name),
        timer("freshness", "From a bucket's record to the commit of the states it changed", name),
        lag);
  }

  private Timer timer(String name, String description, String part) {
    return Timer.builder(PREFIX + name)
        .description(description)
        .tag(PART, part)
        .publishPercentiles(0.5, 0.99)
        .register(registry);
  }

  private Counter retractions(String outcome) {
    return Counter.builder(PREFIX + "retractions")
        .description("What became of states whose events were taken back")
        .tag("outcome", outcome)
        .register(registry);
  }

  private Counter coordinates(String source) {
    return Counter.builder(PREFIX + "coordinates")
        .description("Where the coordinates of replies came from")
        .tag("source", source)
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(PREFIX + name).description(description).register(registry);
  }

  private AtomicLong gauge(String name, String description) {
    AtomicLong value = new AtomicLong();
    Gauge.builder(PREFIX + name, value, AtomicLong::doubleValue)
        .description(description)
        .register(registry);
    return value;
  }
}
