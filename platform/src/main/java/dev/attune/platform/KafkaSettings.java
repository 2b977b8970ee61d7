package dev.attune.platform;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * How to reach the cluster and its registry. Immutable. The maps that it makes are new each time
 * and hold no serializers: these are handed to the clients as instances.
 *
 * @param bootstrapServers {@code host:port}, parted by commas
 * @param registryUrl one or more URLs, parted by commas
 * @param client further settings for every Kafka client (TLS, SASL, timeouts)
 * @param registry further settings for the registry client, under their Confluent names
 */
public record KafkaSettings(
    String bootstrapServers,
    String registryUrl,
    Map<String, String> client,
    Map<String, String> registry) {

  public static final ConfigKey<String> BOOTSTRAP_SERVERS =
      ConfigKey.string(
          "kafka.bootstrap.servers",
          null,
          "The brokers, as `host:port` parted by commas. Every other `kafka.*` setting is handed to"
              + " the Kafka clients without its prefix, such as `kafka.security.protocol`.");

  public static final ConfigKey<String> REGISTRY_URL =
      ConfigKey.string(
          "schema.registry.url",
          null,
          "The schema registry's URLs, parted by commas. Every other `schema.registry.*` setting is"
              + " handed to the registry client.");

  public static final ConfigKey<String> BASIC_AUTH_SOURCE =
      ConfigKey.string(
              "basic.auth.credentials.source", null, "Where the registry's user comes from.")
          .optional();

  public static final ConfigKey<String> BASIC_AUTH_USER_INFO =
      ConfigKey.string("basic.auth.user.info", null, "The registry's `user:password`.")
          .optional()
          .masked();

  public static final ConfigKey<String> BEARER_AUTH_SOURCE =
      ConfigKey.string(
              "bearer.auth.credentials.source", null, "Where the registry's token comes from.")
          .optional();

  public static final ConfigKey<String> BEARER_AUTH_TOKEN =
      ConfigKey.string("bearer.auth.token", null, "The registry's bearer token.")
          .optional()
          .masked();

  public static final ConfigKey<Boolean> AUTO_REGISTER =
      ConfigKey.bool(
          "schema.registry.auto.register",
          false,
          "Whether services register their schemas themselves; otherwise `attune schemas register`"
              + " does it.");

  /** What Attune promises depends on these, so they are not for the user to set. */
  private static final Set<String> RESERVED =
      Set.of(
          ConsumerConfig.ISOLATION_LEVEL_CONFIG,
          ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
          ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
          ConsumerConfig.GROUP_ID_CONFIG,
          ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG,
          ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG,
          ProducerConfig.TRANSACTIONAL_ID_CONFIG,
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          ProducerConfig.ACKS_CONFIG,
          CommonClientConfigs.CLIENT_ID_CONFIG,
          "processing.guarantee",
          "application.id");

  /** Other clients pass over settings that they do not have; a share consumer refuses these. */
  private static final Set<String> NOT_OF_SHARE_GROUPS =
      Set.of(
          ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
          ConsumerConfig.GROUP_PROTOCOL_CONFIG,
          ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
          ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
          ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG);

  public KafkaSettings {
    requireText(BOOTSTRAP_SERVERS, bootstrapServers);
    requireText(REGISTRY_URL, registryUrl);
    client = Map.copyOf(client);
    registry = Map.copyOf(registry);
    for (String name : new TreeMap<>(client).keySet()) {
      if (RESERVED.contains(name)) {
        throw new ConfigException("kafka." + name + " cannot be set: Attune decides it");
      }
    }
  }

  /** A cluster without further settings. */
  public static KafkaSettings of(String bootstrapServers, String registryUrl) {
    return new KafkaSettings(bootstrapServers, registryUrl, Map.of(), Map.of());
  }

  /** Reads {@link #keys} and everything under the prefixes that are handed on. */
  public static KafkaSettings from(Configuration configuration) {
    Map<String, String> client = configuration.withPrefix("kafka.");
    client.remove("bootstrap.servers");
    Map<String, String> registry = new HashMap<>();
    for (String prefix : List.of("schema.registry.", "basic.auth.", "bearer.auth.")) {
      configuration.withPrefix(prefix).forEach((name, value) -> registry.put(prefix + name, value));
    }
    registry.remove(REGISTRY_URL.name());
    registry.remove(AUTO_REGISTER.name());
    registry.put("auto.register.schemas", configuration.get(AUTO_REGISTER).toString());
    return new KafkaSettings(
        configuration.get(BOOTSTRAP_SERVERS), configuration.get(REGISTRY_URL), client, registry);
  }

  /**
   * Reads the properties of a Kafka client, as users of Confluent's serializers keep them: {@code
   * bootstrap.servers}, {@code schema.registry.url}, {@code security.protocol} and so on.
   */
  public static KafkaSettings fromClientProperties(Map<String, String> properties) {
    Map<String, String> client = new HashMap<>();
    Map<String, String> registry = new HashMap<>();
    properties.forEach((name, value) -> (ofRegistry(name) ? registry : client).put(name, value));
    String bootstrap = client.remove("bootstrap.servers");
    String url = registry.remove(REGISTRY_URL.name());
    if (bootstrap == null || url == null) {
      throw new ConfigException(
          (bootstrap == null ? "bootstrap.servers" : "schema.registry.url") + " is missing");
    }
    return new KafkaSettings(bootstrap, url, client, registry);
  }

  public static List<ConfigKey<?>> keys() {
    return List.of(
        BOOTSTRAP_SERVERS,
        REGISTRY_URL,
        AUTO_REGISTER,
        BASIC_AUTH_SOURCE,
        BASIC_AUTH_USER_INFO,
        BEARER_AUTH_SOURCE,
        BEARER_AUTH_TOKEN);
  }

  /** An idempotent producer that waits for all replicas. */
  public Map<String, Object> producer(String clientId) {
    Map<String, Object> settings = admin(clientId);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    return settings;
  }

  /** A producer whose earlier holder of the same id is fenced. */
  public Map<String, Object> transactionalProducer(String transactionalId) {
    Map<String, Object> settings = producer(transactionalId);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    return settings;
  }

  /**
   * A consumer that sees committed records only, commits nothing by itself, and fails rather than
   * jump where its position is unknown ({@code auto.offset.reset=none}; the caller may put another
   * value).
   */
  public Map<String, Object> consumer(String groupId, String clientId) {
    Map<String, Object> settings = consumerWithoutGroup(clientId);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
    return settings;
  }

  /** The same for a consumer that assigns its partitions itself. */
  public Map<String, Object> consumerWithoutGroup(String clientId) {
    Map<String, Object> settings = admin(clientId);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return settings;
  }

  /**
   * A member of a share group (KIP-932) that acknowledges each record itself and is lent no more
   * than a poll returns: what lay in a buffer would use up the time that it is lent for. Which
   * records it sees and where it begins are settings of the group, not of its members.
   */
  public Map<String, Object> shareConsumer(String groupId, String clientId) {
    Map<String, Object> settings = admin(clientId);
    settings.keySet().removeAll(NOT_OF_SHARE_GROUPS);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
    settings.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    settings.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return settings;
  }

  /** What every client needs. */
  public Map<String, Object> admin(String clientId) {
    Map<String, Object> settings = new HashMap<>(client);
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
    return settings;
  }

  /** For the serializers and deserializers: the registry's settings under Confluent's names. */
  public Map<String, Object> serde() {
    Map<String, Object> settings = new HashMap<>(registry);
    settings.put(REGISTRY_URL.name(), registryUrl);
    return settings;
  }

  /** Without secrets. */
  @Override
  public String toString() {
    return "KafkaSettings[bootstrapServers=%s, registryUrl=%s, client=%s, registry=%s]"
        .formatted(
            bootstrapServers,
            Secrets.masked(REGISTRY_URL.name(), registryUrl),
            masked(client),
            masked(registry));
  }

  private static Map<String, String> masked(Map<String, String> settings) {
    Map<String, String> masked = new TreeMap<>();
    settings.forEach((name, value) -> masked.put(name, Secrets.masked(name, value)));
    return masked;
  }

  private static boolean ofRegistry(String name) {
    return name.startsWith("schema.registry.")
        || name.startsWith("basic.auth.")
        || name.startsWith("bearer.auth.")
        || name.equals("auto.register.schemas")
        || name.equals("use.latest.version");
  }

  private static void requireText(ConfigKey<String> key, String value) {
    if (value.isBlank()) {
      throw new ConfigException(key.name() + " is empty");
    }
  }
}
