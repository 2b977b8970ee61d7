package dev.attune.ingest;

import dev.attune.ingest.admission.AbuseLimits;
import dev.attune.ingest.bucket.BucketLimits;
import dev.attune.ingest.event.EventConfig;
import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Ingest's settings. Immutable.
 *
 * @param applicationId of Kafka Streams: its consumer group and the prefix of its own topics
 * @param stateDir for the local copy of the state, which Kafka can restore
 * @param commitInterval how often results become visible to those who read committed records
 * @param deduplicationWindow how long an event id is remembered, from the broker's time of its
 *     first record
 * @param event how events are read
 * @param abuse what one user may send before events are held back
 * @param joinWindow how long a result waits for the event that answers it; zero: none is read
 */
public record IngestConfig(
    KafkaSettings kafka,
    String applicationId,
    int threads,
    OperationConfig operation,
    Path stateDir,
    Duration commitInterval,
    Duration deduplicationWindow,
    EventConfig event,
    BucketLimits byUser,
    BucketLimits byDomain,
    AbuseLimits abuse,
    Duration joinWindow) {

  static final ConfigKey<String> APPLICATION_ID =
      ConfigKey.string(
          "ingest.application-id",
          "attune-ingest",
          "The consumer group, and the prefix of the internal topics.");
  static final ConfigKey<Integer> THREADS =
      ConfigKey.integer("ingest.threads", 1, 1, 64, "Stream threads of this process.");
  static final ConfigKey<Path> STATE_DIR =
      ConfigKey.path(
              "ingest.state.dir",
              null,
              "Where the local copy of the state lies; one process at a time may use it. Without it:"
                  + " `attune-ingest` in the system's temporary folder.")
          .optional();
  static final ConfigKey<Duration> COMMIT_INTERVAL =
      ConfigKey.duration(
          "ingest.commit-interval",
          Duration.ofMillis(50),
          Duration.ofMillis(1),
          Duration.ofSeconds(5),
          "How often a transaction is committed, which is when others see its buckets.");
  static final ConfigKey<Duration> DEDUPLICATION_WINDOW =
      ConfigKey.duration(
          "ingest.deduplication-window",
          Duration.ofHours(24),
          Duration.ofMinutes(1),
          Duration.ofDays(30),
          "How long an event id is remembered, by the broker's time of its first record.");

  static final ConfigKey<Duration> JOIN_WINDOW =
      ConfigKey.duration(
          "ingest.join.window",
          Duration.ofHours(1),
          Duration.ZERO,
          Duration.ofDays(7),
          "How long a served result waits for the event that answers it. `0 ms`: attune.rewards is"
              + " not read.");

  private static final BucketKeys BY_USER = new BucketKeys("by-user", Duration.ofMillis(50));
  private static final BucketKeys BY_DOMAIN = new BucketKeys("by-domain", Duration.ofSeconds(1));

  public IngestConfig {
    if (!applicationId.matches("[A-Za-z0-9._-]{1,100}")) {
      throw new ConfigException(
          "%s = '%s' is not allowed: must be 1 to 100 letters, digits, dots, hyphens, underscores"
              .formatted(APPLICATION_ID.name(), applicationId));
    }
    if (event.limits().clockSkew().compareTo(deduplicationWindow) >= 0) {
      throw new ConfigException(
          "ingest.clock-skew = %s is not allowed: must be shorter than %s, %s"
              .formatted(
                  event.limits().clockSkew(), DEDUPLICATION_WINDOW.name(), deduplicationWindow));
    }
  }

  /** Reads {@link #keys}. */
  public static IngestConfig from(Configuration configuration) {
    return new IngestConfig(
        KafkaSettings.from(configuration),
        configuration.get(APPLICATION_ID),
        configuration.get(THREADS),
        OperationConfig.from(configuration),
        configuration.find(STATE_DIR).orElseGet(IngestConfig::temporaryDir),
        configuration.get(COMMIT_INTERVAL),
        configuration.get(DEDUPLICATION_WINDOW),
        EventKeys.read(configuration),
        BY_USER.read(configuration),
        BY_DOMAIN.read(configuration),
        AbuseKeys.read(configuration),
        configuration.get(JOIN_WINDOW));
  }

  /** All settings, those of the Kafka clients included. */
  public static List<ConfigKey<?>> keys() {
    List<ConfigKey<?>> keys = new ArrayList<>(KafkaSettings.keys());
    keys.addAll(ownKeys());
    return List.copyOf(keys);
  }

  static List<ConfigKey<?>> ownKeys() {
    List<ConfigKey<?>> keys =
        new ArrayList<>(
            List.of(APPLICATION_ID, THREADS, STATE_DIR, COMMIT_INTERVAL, DEDUPLICATION_WINDOW));
    keys.addAll(EventKeys.all());
    keys.addAll(BY_USER.all());
    keys.addAll(BY_DOMAIN.all());
    keys.addAll(AbuseKeys.all());
    keys.add(JOIN_WINDOW);
    keys.addAll(OperationConfig.keys());
    return keys;
  }

  private static Path temporaryDir() {
    return Path.of(System.getProperty("java.io.tmpdir"), "attune-ingest");
  }

  /** The same settings for each of the two routes. */
  private record BucketKeys(
      ConfigKey<Integer> maxComparisons, ConfigKey<Long> maxBytes, ConfigKey<Duration> maxAge) {

    BucketKeys(String route, Duration maxAge) {
      this(
          ConfigKey.integer(
              "ingest." + route + ".max-comparisons",
              16,
              1,
              10_000,
              "A bucket closes when it has this many comparisons and judgements."),
          ConfigKey.bytes(
              "ingest." + route + ".max-bytes",
              256L << 10,
              1,
              1 << 20,
              "A bucket closes when its events have this size."),
          ConfigKey.duration(
              "ingest." + route + ".max-age",
              maxAge,
              Duration.ofMillis(1),
              Duration.ofMinutes(10),
              "A bucket closes when its first event has waited this long."));
    }

    BucketLimits read(Configuration configuration) {
      return new BucketLimits(
          configuration.get(maxComparisons),
          configuration.get(maxBytes),
          configuration.get(maxAge));
    }

    List<ConfigKey<?>> all() {
      return List.of(maxComparisons, maxBytes, maxAge);
    }
  }
}
