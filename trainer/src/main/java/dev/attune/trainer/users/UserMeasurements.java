package dev.attune.trainer.users;

import dev.attune.trainer.gate.PrequentialMeter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well heads predict comparisons before they learn them: of all users and by tenure, each in a
 * window of its own of about a thousand comparisons, beside the generic user and beside "the longer
 * reply". One thread at a time.
 */
public final class UserMeasurements {
  /** The name of all users together. */
  public static final String ALL = "all";

  /** Accuracy beyond the generic user's. */
  public static final String GAIN_GENERIC = PrequentialMeter.GAIN + "generic";

  /** Accuracy beyond that of taking the longer reply. */
  public static final String GAIN_LONGER = PrequentialMeter.GAIN + "longer";

  private static final double MEMORY = 0.999;

  /** Upper bounds of tenures, and their names. */
  private static final long[] BOUNDS = {0, 5, 20, Long.MAX_VALUE};

  private static final List<String> TENURES = List.of("0", "1-5", "6-20", "21+");

  private final Map<String, PrequentialMeter> meters = new LinkedHashMap<>();
  private long count;

  /** No measurements yet. */
  public UserMeasurements() {
    groups().forEach(group -> meters.put(group, new PrequentialMeter(MEMORY)));
  }

  /** The names of what is measured apart: all users, then tenures. */
  public static List<String> groups() {
    return List.of(ALL, TENURES.get(0), TENURES.get(1), TENURES.get(2), TENURES.get(3));
  }

  public void add(Prediction prediction) {
    count++;
    int tenure = 0;
    while (prediction.tenure() > BOUNDS[tenure]) {
      tenure++;
    }
    for (String group : List.of(ALL, TENURES.get(tenure))) {
      meters
          .get(group)
          .add(
              prediction.personal(),
              prediction.target(),
              prediction.weight(),
              Map.of("generic", prediction.generic(), "longer", prediction.longer()));
    }
  }

  /** How many comparisons were added. */
  public long count() {
    return count;
  }

  /** The measurements of a group by their names. */
  public Map<String, Double> of(String group) {
    return meters.get(group).metrics();
  }

  /** All measurements: those of all users by their names, those of tenures as tenure.name. */
  public Map<String, Double> metrics() {
    Map<String, Double> all = new LinkedHashMap<>(of(ALL));
    for (String tenure : TENURES) {
      of(tenure).forEach((name, value) -> all.put("tenure." + tenure + "." + name, value));
    }
    return all;
  }
}
