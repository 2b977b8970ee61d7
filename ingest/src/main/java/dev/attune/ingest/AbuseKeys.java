package dev.attune.ingest;

import dev.attune.ingest.admission.AbuseLimits;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.util.Arrays;
import java.util.List;

/** The settings of {@link AbuseLimits}. */
final class AbuseKeys {
  static final ConfigKey<Integer> EVENTS_PER_MINUTE =
      ConfigKey.integer(
          "ingest.rate.events-per-minute",
          60,
          0,
          1_000_000,
          "How many events a user may send a minute, in the long run; further ones are quarantined."
              + " 0: any number.");
  static final ConfigKey<Integer> BURST =
      ConfigKey.integer(
          "ingest.rate.burst",
          1_000,
          1,
          10_000_000,
          "How many events a user may send at once, after a quiet time.");
  static final ConfigKey<Integer> REPEATED_TEXTS =
      ConfigKey.integer(
          "ingest.abuse.repeated-texts",
          20,
          0,
          64,
          "How many of a user's last 64 events may have the same prompt and replies. 0: any"
              + " number.");
  static final ConfigKey<Integer> SAME_POSITION =
      ConfigKey.integer(
          "ingest.abuse.same-position",
          100,
          0,
          1_000_000,
          "How many of a user's choices in a row may be of the candidate at the same position. 0:"
              + " any number.");
  static final ConfigKey<String> EXEMPT =
      ConfigKey.string(
              "ingest.abuse.exempt",
              null,
              "User ids that are never held back, parted by commas; a `*` at the end stands for any"
                  + " ending, such as `dsp-*` for an import.")
          .optional();

  private AbuseKeys() {}

  static AbuseLimits read(Configuration configuration) {
    return new AbuseLimits(
        configuration.get(EVENTS_PER_MINUTE),
        configuration.get(BURST),
        configuration.get(REPEATED_TEXTS),
        configuration.get(SAME_POSITION),
        configuration
            .find(EXEMPT)
            .map(ids -> Arrays.stream(ids.split(",")).map(String::strip).toList())
            .orElse(List.of())
            .stream()
            .filter(id -> !id.isEmpty())
            .toList());
  }

  static List<ConfigKey<?>> all() {
    return List.of(EVENTS_PER_MINUTE, BURST, REPEATED_TEXTS, SAME_POSITION, EXEMPT);
  }
}
