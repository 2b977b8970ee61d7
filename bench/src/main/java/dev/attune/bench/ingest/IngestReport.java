package dev.attune.bench.ingest;

import dev.attune.bench.MedianInterval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was measured of ingest.
 *
 * @param cores that the machine gives this process
 * @param events in the topic that is read to its end
 * @param rounds that count
 * @param commitIntervalMillis of all contenders
 * @param throughput a row each, ingest first
 * @param latency a row for each contender, rate and output
 * @param instances a row for each number of instances; empty where that was not asked for
 */
public record IngestReport(
    int cores,
    int events,
    int rounds,
    long commitIntervalMillis,
    List<ThroughputRow> throughput,
    List<LatencyRow> latency,
    List<InstancesRow> instances) {

  /** Checks that the headline is there. */
  public IngestReport {
    throughput = List.copyOf(throughput);
    latency = List.copyOf(latency);
    instances = List.copyOf(instances);
    if (throughput.isEmpty() || throughput.get(0).contender() != Contender.INGEST) {
      throw new IllegalArgumentException("the first row of throughput must be ingest's");
    }
  }

  /**
   * A topic read to its end.
   *
   * @param eventsPerSecond the median of the rounds
   * @param processorMicros of an event, broker included; the median of the rounds
   * @param ratio ingest's throughput beside this one's, over the rounds
   * @param processorRatio this one's processor time beside ingest's
   */
  public record ThroughputRow(
      Contender contender,
      double eventsPerSecond,
      double processorMicros,
      MedianInterval ratio,
      MedianInterval processorRatio) {}

  /**
   * From when an event was due to the committed read of what became of it.
   *
   * @param output the topic that it came out of
   * @param rate events a second
   */
  public record LatencyRow(
      Contender contender,
      String output,
      double rate,
      long events,
      double p50Millis,
      double p99Millis,
      double maxMillis) {}

  /**
   * Several instances of ingest on a cluster of three brokers.
   *
   * @param ratio the throughput beside that of the first row, over the rounds
   */
  public record InstancesRow(int instances, double eventsPerSecond, MedianInterval ratio) {}

  /** Ingest's row. */
  public ThroughputRow ingest() {
    return throughput.get(0);
  }

  /** The row of the yardstick that the target is set at. */
  public ThroughputRow yardstick() {
    return throughput.stream()
        .filter(row -> row.contender() == Contender.PASS_THROUGH_ONCE)
        .findFirst()
        .orElseThrow();
  }

  /** Returns the report as maps and lists, for JSON. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", "ingest");
    json.put("value", ingest().eventsPerSecond());
    json.put("unit", "events/s");
    json.put("yardstick", yardstick().eventsPerSecond());
    putRatio(json, "ratio", yardstick().ratio());
    putRatio(json, "processor_ratio", yardstick().processorRatio());
    json.put("cores", cores);
    json.put("events", events);
    json.put("rounds", rounds);
    json.put("commit_interval_ms", commitIntervalMillis);
    List<Object> rows = new ArrayList<>();
    for (ThroughputRow row : throughput) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("contender", name(row.contender()));
      each.put("value", row.eventsPerSecond());
      each.put("processor_us", row.processorMicros());
      putRatio(each, "ratio", row.ratio());
      putRatio(each, "processor_ratio", row.processorRatio());
      rows.add(each);
    }
    json.put("throughput", rows);
    json.put("latency_ms", latency.stream().map(IngestReport::json).toList());
    List<Object> scaled = new ArrayList<>();
    for (InstancesRow row : instances) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("instances", row.instances());
      each.put("value", row.eventsPerSecond());
      putRatio(each, "ratio", row.ratio());
      scaled.add(each);
    }
    json.put("instances", scaled);
    return json;
  }

  private static Map<String, Object> json(LatencyRow row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("contender", name(row.contender()));
    json.put("output", row.output());
    json.put("rate", row.rate());
    json.put("events", row.events());
    json.put("p50", row.p50Millis());
    json.put("p99", row.p99Millis());
    json.put("max", row.maxMillis());
    return json;
  }

  private static void putRatio(Map<String, Object> json, String name, MedianInterval ratio) {
    json.put(name, ratio.median());
    json.put(name + "_interval", List.of(ratio.low(), ratio.high()));
  }

  private static String name(Contender contender) {
    return contender.name().toLowerCase(Locale.ROOT);
  }
}
