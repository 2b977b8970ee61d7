package dev.attune.scorer;

import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.platform.store.DiskStore;
import dev.attune.scorer.core.BatchBudget;
import dev.attune.scorer.core.GenerationConfig;
import dev.attune.scorer.core.RequestLimits;
import dev.attune.scorer.core.RowDomains;
import dev.attune.scorer.http.DoorConfig;
import dev.attune.scorer.kafka.Delivery;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a scorer is told. Immutable.
 *
 * @param kafka the cluster and its registry
 * @param base folder of the base model
 * @param precision of the forward passes
 * @param delivery how prompts are taken, and how often each is answered
 * @param group the consumer group or share group; it is also the prefix of the transactional id
 * @param instance unique among the scorers of a group that run at one time
 * @param start where a group without committed offsets begins
 * @param limits what a request may hold
 * @param budget what a batch takes
 * @param maxPollRecords prompts taken over by one poll
 * @param transactionTimeout after which the broker aborts what a scorer that died left open
 * @param maxArtifactBytes larger models are refused
 * @param users where users' states are kept
 * @param rowDomains the domains whose rewards have the part of the personal policy
 * @param caches how much is kept of texts that were scored
 * @param generation how replies are written for requests that ask for them
 * @param longestWait that a request is held back for the feedback that it names
 * @param shadow whether answers go where no product reads them
 * @param door the synchronous door; null: there is none
 */
public record ScorerConfig(
    KafkaSettings kafka,
    Path base,
    PrecisionChoice precision,
    Delivery delivery,
    String group,
    String instance,
    Start start,
    RequestLimits limits,
    BatchBudget budget,
    int maxPollRecords,
    Duration transactionTimeout,
    long maxArtifactBytes,
    Users users,
    RowDomains rowDomains,
    Caches caches,
    GenerationConfig generation,
    Duration longestWait,
    boolean shadow,
    @Nullable DoorConfig door) {

  public static final ConfigKey<Path> BASE =
      ConfigKey.path(
          "scorer.base", null, "Folder of the base model: config, tokenizer and safetensors.");

  public static final ConfigKey<PrecisionChoice> PRECISION =
      ConfigKey.oneOf(
          "scorer.precision",
          PrecisionChoice.class,
          PrecisionChoice.AUTO,
          "Precision of the forward passes; `auto` measures which is faster here.");

  public static final ConfigKey<String> GROUP =
      ConfigKey.string(
          "scorer.group",
          "attune-scorer",
          "The consumer group or share group, and prefix of transactional ids.");

  public static final ConfigKey<Delivery> DELIVERY =
      ConfigKey.oneOf(
          "scorer.delivery",
          Delivery.class,
          Delivery.TRANSACTIONS,
          "How requests are taken: with `transactions` by a consumer group, each answered exactly"
              + " once; with `share` by a share group, each answered at least once, and there may be"
              + " more scorers than partitions.");

  public static final ConfigKey<String> INSTANCE =
      ConfigKey.string(
              "scorer.instance",
              null,
              "Names this instance within the group, in its transactional id. The same after a"
                  + " restart, different from the others that run; the host's name where absent.")
          .optional();

  public static final ConfigKey<Start> START =
      ConfigKey.oneOf(
          "scorer.start",
          Start.class,
          Start.EARLIEST,
          "Where a group without committed offsets begins.");

  public static final ConfigKey<Integer> MAX_CANDIDATES =
      ConfigKey.integer(
          "scorer.request.max-candidates", 64, 1, 512, "Candidates in a request at most.");

  public static final ConfigKey<Integer> MAX_CHARACTERS =
      ConfigKey.integer(
          "scorer.request.max-characters",
          200_000,
          1,
          10_000_000,
          "Characters of prompt, candidates and user text together in a request at most.");

  public static final ConfigKey<Integer> BATCH_REQUESTS =
      ConfigKey.integer("scorer.batch.max-requests", 64, 1, 10_000, "Requests in a batch at most.");

  public static final ConfigKey<Integer> BATCH_CANDIDATES =
      ConfigKey.integer(
          "scorer.batch.max-candidates", 256, 1, 100_000, "Candidates in a batch at most.");

  public static final ConfigKey<Integer> BATCH_TOKENS =
      ConfigKey.integer(
          "scorer.batch.max-tokens",
          32_768,
          1,
          100_000_000,
          "Tokens in a batch at most, each prompt counted once. A batch is one transaction, or one"
              + " acknowledgement.");

  public static final ConfigKey<Integer> POLL_RECORDS =
      ConfigKey.integer(
          "scorer.poll.max-records",
          256,
          1,
          100_000,
          "Prompts taken over by one poll; with `share` delivery no more than a batch's.");

  public static final ConfigKey<Duration> TRANSACTION_TIMEOUT =
      ConfigKey.duration(
          "scorer.transaction.timeout",
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofMinutes(15),
          "After this long the broker aborts the transaction of a scorer that died; readers of the"
              + " rewards wait for that.");

  public static final ConfigKey<Long> MAX_ARTIFACT_BYTES =
      ConfigKey.bytes(
          "scorer.model.max-bytes",
          512L << 20,
          1,
          Integer.MAX_VALUE - 8L,
          "Larger published models are refused.");

  public static final ConfigKey<Path> USERS_DIR =
      ConfigKey.path(
              "scorer.users.dir",
              null,
              "Folder for users' states, of this process alone; its content is made anew at each"
                  + " start. A temporary one where absent, which a killed process leaves behind.")
          .optional();

  public static final ConfigKey<Long> USERS_MEMORY =
      ConfigKey.bytes(
          "scorer.users.memory",
          64L << 20,
          DiskStore.LEAST_MEMORY,
          1L << 40,
          "Native memory for the users' states on disk.");

  public static final ConfigKey<Integer> USERS_CACHED =
      ConfigKey.integer(
          "scorer.users.cached", 10_000, 0, 10_000_000, "Users whose state is kept decoded.");

  public static final ConfigKey<Integer> EXPLAIN_EVENTS =
      ConfigKey.integer(
          "scorer.explain.events",
          16,
          0,
          256,
          "Latest events of a user that an explanation looks at; 0 leaves their influence out.");

  public static final ConfigKey<String> ROW_DOMAINS =
      ConfigKey.string(
              "scorer.rows.domains",
              null,
              "Domains whose rewards have the part of the personal policy (r_p), which costs passes,"
                  + " separated by commas; `*` for all, absent for none.")
          .optional();

  public static final ConfigKey<Long> CACHE_FEATURES =
      ConfigKey.bytes(
          "scorer.cache.features.max-bytes",
          64L << 20,
          0,
          1L << 40,
          "Features of replies that are kept, so that a text that comes again costs no pass.");

  public static final ConfigKey<Integer> CACHE_REWARDS =
      ConfigKey.integer(
          "scorer.cache.rewards.max-entries",
          100_000,
          0,
          100_000_000,
          "Rewards of replies by the models in service that are kept for the same end, about 200"
              + " bytes each.");

  public static final ConfigKey<Integer> GENERATE_REPLIES =
      ConfigKey.integer(
          "scorer.generate.max-replies",
          0,
          0,
          16,
          "Replies that a request may ask for at most (`generate`); 0: none are generated.");

  public static final ConfigKey<Integer> GENERATE_TOKENS =
      ConfigKey.integer(
          "scorer.generate.max-tokens", 96, 1, 2048, "Tokens of a generated reply at most.");

  public static final ConfigKey<Double> GENERATE_TEMPERATURE =
      ConfigKey.decimal(
          "scorer.generate.temperature",
          1.0,
          0.0,
          10.0,
          "Temperature that replies are sampled at; 0 takes the likeliest token, so that a"
              + " request's replies are all alike.");

  public static final ConfigKey<Double> GENERATE_TOP_P =
      ConfigKey.decimal(
          "scorer.generate.top-p",
          1.0,
          0.01,
          1.0,
          "The next token is drawn from the fewest that together have this probability.");

  public static final ConfigKey<Boolean> SHADOW =
      ConfigKey.bool(
          "scorer.shadow",
          false,
          "Shadow mode: answers go to attune.rewards.shadow, where no product reads them. Beside a"
              + " scorer that answers, use another scorer.group.");

  public static final ConfigKey<Duration> LONGEST_WAIT =
      ConfigKey.duration(
          "scorer.after.max-wait",
          Duration.ofSeconds(2),
          Duration.ZERO,
          Duration.ofMinutes(1),
          "How long a request waits at most for the feedback that it names in `after`.");

  /**
   * Where users' states are kept.
   *
   * @param dir null: a temporary folder
   * @param memoryBytes native memory for the store
   * @param cached users in memory
   * @param references to a user's latest events that are kept, for explanations
   */
  public record Users(@Nullable Path dir, long memoryBytes, int cached, int references) {}

  /**
   * How much is kept of texts that were scored.
   *
   * @param featureBytes of base features
   * @param rewards of reward models, so many numbers
   */
  public record Caches(long featureBytes, int rewards) {}

  /** Precision of the forward passes. */
  public enum PrecisionChoice {
    AUTO,
    FP32,
    BF16
  }

  /** Where a group without committed offsets begins. */
  public enum Start {
    EARLIEST,
    LATEST
  }

  /** Reads {@link #keys}. */
  public static ScorerConfig from(Configuration configuration) {
    return new ScorerConfig(
        KafkaSettings.from(configuration),
        configuration.get(BASE),
        configuration.get(PRECISION),
        configuration.get(DELIVERY),
        configuration.get(GROUP),
        instance(configuration.find(INSTANCE)),
        configuration.get(START),
        new RequestLimits(
            configuration.get(MAX_CANDIDATES),
            configuration.get(MAX_CHARACTERS),
            configuration.get(GENERATE_REPLIES)),
        new BatchBudget(
            configuration.get(BATCH_REQUESTS),
            configuration.get(BATCH_CANDIDATES),
            configuration.get(BATCH_TOKENS)),
        configuration.get(POLL_RECORDS),
        configuration.get(TRANSACTION_TIMEOUT),
        configuration.get(MAX_ARTIFACT_BYTES),
        new Users(
            configuration.find(USERS_DIR).orElse(null),
            configuration.get(USERS_MEMORY),
            configuration.get(USERS_CACHED),
            configuration.get(EXPLAIN_EVENTS)),
        configuration.find(ROW_DOMAINS).map(RowDomains::parse).orElse(RowDomains.NONE),
        new Caches(configuration.get(CACHE_FEATURES), configuration.get(CACHE_REWARDS)),
        new GenerationConfig(
            configuration.get(GENERATE_TOKENS),
            configuration.get(GENERATE_TEMPERATURE),
            configuration.get(GENERATE_TOP_P)),
        configuration.get(LONGEST_WAIT),
        configuration.get(SHADOW),
        HttpKeys.read(configuration));
  }

  /** The scorer's own settings and those of its Kafka clients. */
  public static List<ConfigKey<?>> keys() {
    return Stream.of(KafkaSettings.keys(), ownKeys(), HttpKeys.all())
        .<ConfigKey<?>>flatMap(List::stream)
        .toList();
  }

  static List<ConfigKey<?>> ownKeys() {
    return List.of(
        BASE,
        PRECISION,
        DELIVERY,
        GROUP,
        INSTANCE,
        START,
        MAX_CANDIDATES,
        MAX_CHARACTERS,
        BATCH_REQUESTS,
        BATCH_CANDIDATES,
        BATCH_TOKENS,
        POLL_RECORDS,
        TRANSACTION_TIMEOUT,
        MAX_ARTIFACT_BYTES,
        USERS_DIR,
        USERS_MEMORY,
        USERS_CACHED,
        EXPLAIN_EVENTS,
        ROW_DOMAINS,
        CACHE_FEATURES,
        CACHE_REWARDS,
        GENERATE_REPLIES,
        GENERATE_TOKENS,
        GENERATE_TEMPERATURE,
        GENERATE_TOP_P,
        LONGEST_WAIT,
        SHADOW);
  }

  private static String instance(Optional<String> configured) {
    return configured.orElseGet(
        () -> {
          try {
            return InetAddress.getLocalHost().getHostName();
          } catch (UnknownHostException e) {
            throw new ConfigException(
                INSTANCE.name() + " is missing, and this host's name is not known", e);
          }
        });
  }
}
