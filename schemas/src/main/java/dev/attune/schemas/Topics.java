package dev.attune.schemas;

import static org.apache.kafka.common.config.TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MAX_MESSAGE_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_MS_CONFIG;

import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.Evaluation;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.UserEmbedding;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The catalogue of all topics. */
public final class Topics {
  /** Partitions of the topics that carry traffic: the widest that a stage scales out. */
  public static final int DEFAULT_PARTITIONS = 8;

  /** The names of all topics begin with it, so that one prefixed ACL covers them. */
  public static final String PREFIX = "attune.";

  // Personal data leaves the logs within the month that the law gives for an erasure.
  private static final Duration EVENT_RETENTION = Duration.ofDays(30);
  private static final Duration REQUEST_RETENTION = Duration.ofDays(7);
  private static final Duration EVALUATION_RETENTION = Duration.ofDays(90);

  // Twice the default limit: a record that fits into attune.preferences still fits after it has
  // been wrapped (rejected, bucketed), and an artifact's chunk of 512 KiB always does.
  private static final Map.Entry<String, String> WIDE =
      Map.entry(MAX_MESSAGE_BYTES_CONFIG, String.valueOf(2 * 1024 * 1024));

  // The broker's clock: a producer's decides neither retention nor how long a request has waited.
  private static final Map.Entry<String, String> APPEND_TIME =
      Map.entry(MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");

  // A tombstone takes effect on the disk within about two days, however little is written.
  private static final String ONE_DAY = String.valueOf(Duration.ofDays(1).toMillis());
  private static final Map.Entry<String, String> COMPACT_DAILY =
      Map.entry(MAX_COMPACTION_LAG_MS_CONFIG, ONE_DAY);
  private static final Map.Entry<String, String> ROLL_DAILY = Map.entry(SEGMENT_MS_CONFIG, ONE_DAY);

  /** What users said of replies; ingest's input. */
  public static final Topic<PreferenceEvent> PREFERENCES =
      new Topic<>(
          "attune.preferences",
          PreferenceEvent.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          EVENT_RETENTION,
          Map.ofEntries(APPEND_TIME));

  /** Events that cannot be used, with the reason. */
  public static final Topic<RejectedPreference> PREFERENCES_REJECTED =
      rejections("attune.preferences.rejected");

  /** Events held back for a person to look at. */
  public static final Topic<RejectedPreference> PREFERENCES_QUARANTINED =
      rejections("attune.preferences.quarantined");

  /** Quarantined events that an operator lets pass; ingest reads them like its input. */
  public static final Topic<RejectedPreference> PREFERENCES_RELEASED =
      new Topic<>(
          "attune.preferences.released",
          RejectedPreference.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          EVENT_RETENTION,
          Map.ofEntries(WIDE, APPEND_TIME));

  /** Feedback for the users pipeline. As many partitions as {@link #USERS}. */
  public static final Topic<PreferenceBucket> BUCKETS_BY_USER =
      new Topic<>(
          "attune.buckets.by-user",
          PreferenceBucket.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          EVENT_RETENTION,
          Map.ofEntries(WIDE));

  /** Feedback for the rewards pipeline; partitioned by {@link Domains#partition}. */
  public static final Topic<PreferenceBucket> BUCKETS_BY_DOMAIN =
      new Topic<>(
          "attune.buckets.by-domain",
          PreferenceBucket.class,
          "domain",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          EVENT_RETENTION,
          Map.ofEntries(WIDE));

  /** Prompts with candidate replies; the scorer's input. */
  public static final Topic<ScoreRequest> PROMPTS =
      new Topic<>(
          "attune.prompts",
          ScoreRequest.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          REQUEST_RETENTION,
          Map.ofEntries(APPEND_TIME));

  /**
   * One result for each request. Partitioned as {@link #PREFERENCES}, with which ingest joins it.
   */
  public static final Topic<ScoreResult> REWARDS =
      new Topic<>(
          "attune.rewards",
          ScoreResult.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          REQUEST_RETENTION,
          Map.ofEntries(WIDE, APPEND_TIME));

  /** What scorers in shadow mode would have answered. */
  public static final Topic<ScoreResult> REWARDS_SHADOW =
      new Topic<>(
          "attune.rewards.shadow",
          ScoreResult.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          REQUEST_RETENTION,
          Map.ofEntries(WIDE, APPEND_TIME));

  /** Manifests of published models. */
  public static final Topic<ModelVersion> MODELS =
      new Topic<>(
          "attune.models",
          ModelVersion.class,
          "model name",
          1,
          Cleanup.COMPACT,
          null,
          Map.ofEntries(WIDE));

  /** The bytes of published models, in chunks. */
  public static final Topic<ArtifactChunk> ARTIFACTS =
      new Topic<>(
          "attune.artifacts",
          ArtifactChunk.class,
          "sha-256/chunk",
          1,
          Cleanup.COMPACT,
          null,
          Map.ofEntries(WIDE));

  /** What has been learned of each user. */
  public static final Topic<UserEmbedding> USERS =
      new Topic<>(
          "attune.users",
          UserEmbedding.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.COMPACT,
          null,
          Map.ofEntries(COMPACT_DAILY, ROLL_DAILY));

  /** Measurements of models on events that they had not learned from. */
  public static final Topic<Evaluation> EVALUATIONS =
      new Topic<>(
          "attune.evaluations",
          Evaluation.class,
          "model name",
          DEFAULT_PARTITIONS,
          Cleanup.DELETE,
          EVALUATION_RETENTION,
          Map.of());

  /**
   * Users who leave. Partitioned as {@link #PREFERENCES}, so that the owner of a user's state reads
   * it.
   */
  public static final Topic<ErasureRequest> ERASURES =
      new Topic<>(
          "attune.erasures",
          ErasureRequest.class,
          "user id",
          DEFAULT_PARTITIONS,
          Cleanup.COMPACT,
          null,
          Map.ofEntries(COMPACT_DAILY, ROLL_DAILY, APPEND_TIME));

  private static final List<Topic<?>> ALL =
      List.of(
          PREFERENCES,
          PREFERENCES_REJECTED,
          PREFERENCES_QUARANTINED,
          PREFERENCES_RELEASED,
          BUCKETS_BY_USER,
          BUCKETS_BY_DOMAIN,
          PROMPTS,
          REWARDS,
          REWARDS_SHADOW,
          MODELS,
          ARTIFACTS,
          USERS,
          EVALUATIONS,
          ERASURES);

  private Topics() {}

  /** Every topic, in the order of the flow. */
  public static List<Topic<?>> all() {
    return ALL;
  }

  /** The catalogue as a Markdown table, as in docs/topics.md; lines end with a line feed. */
  public static String markdown() {
    StringBuilder table =
        new StringBuilder(
            """
            | Topic | Key | Value | Partitions | Cleanup | Retention | Further configuration |
            |---|---|---|---|---|---|---|
            """);
    for (Topic<?> topic : ALL) {
      Duration retention = topic.retention();
      String extra =
          topic.configs().entrySet().stream()
              .filter(entry -> topic.extraConfigs().containsKey(entry.getKey()))
              .map(entry -> "`" + entry.getKey() + "=" + entry.getValue() + "`")
              .collect(Collectors.joining(", "));
      table.append(
          String.format(
              "| `%s` | %s | `%s` | %d | %s | %s | %s |%n",
              topic.name(),
              topic.keyMeaning(),
              topic.valueType().getSimpleName(),
              topic.partitions(),
              topic.cleanup().policy(),
              retention == null ? "none" : retention.toDays() + " days",
              extra));
    }
    return table.toString().replace(System.lineSeparator(), "\n");
  }

  private static Topic<RejectedPreference> rejections(String name) {
    return new Topic<>(
        name,
        RejectedPreference.class,
        "user id",
        DEFAULT_PARTITIONS,
        Cleanup.DELETE,
        EVENT_RETENTION,
        Map.ofEntries(WIDE));
  }
}
