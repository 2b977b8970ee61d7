package dev.attune.cli.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Seconds from a kill until nothing was missing any more. */
record Recovery(int kills, double median, double max) {
  /** By kind of process. */
  static Map<String, Recovery> byKind(List<KillRecord> kills) {
    Map<String, List<Double>> times =
        kills.stream()
            .collect(
                Collectors.groupingBy(
                    KillRecord::kind,
                    TreeMap::new,
                    Collectors.mapping(KillRecord::seconds, Collectors.toList())));
    Map<String, Recovery> recoveries = new TreeMap<>();
    times.forEach((kind, seconds) -> recoveries.put(kind, of(seconds)));
    return recoveries;
  }

  private static Recovery of(List<Double> seconds) {
    List<Double> sorted = seconds.stream().sorted().toList();
    return new Recovery(
        sorted.size(), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
  }
}
