package dev.attune.schemas.serde;

import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** Confluent's serde keys. Choices that would change the bytes or the types are refused. */
record SerdeConfig(
    RegistryClient registry,
    boolean key,
    boolean autoRegister,
    boolean useLatest,
    boolean latestStrict,
    @Nullable String readerType) {

  private static final String AUTO_REGISTER = "auto.register.schemas";
  private static final String USE_LATEST = "use.latest.version";
  private static final String LATEST_STRICT = "latest.compatibility.strict";
  private static final String SPECIFIC_READER = "specific.avro.reader";
  private static final String TOPIC_NAME_STRATEGY = "TopicNameStrategy";

  static SerdeConfig from(Map<String, ?> configs, boolean key) {
    requireTopicNames(configs, (key ? "key" : "value") + ".subject.name.strategy");
    if (!bool(configs, SPECIFIC_READER, true)) {
      throw new ConfigException(
          SPECIFIC_READER, false, "only true is supported: values are generated records");
    }
    Object readerType = configs.get("specific.avro." + (key ? "key" : "value") + ".type");
    return new SerdeConfig(
        new RegistryClient(RegistryConfig.from(configs)),
        key,
        bool(configs, AUTO_REGISTER, true),
        bool(configs, USE_LATEST, false),
        bool(configs, LATEST_STRICT, true),
        readerType == null
            ? null
            : readerType instanceof Class<?> type ? type.getName() : readerType.toString());
  }

  /** The subject of a topic (TopicNameStrategy). */
  String subject(String topic) {
    return topic + (key ? "-key" : "-value");
  }

  private static boolean bool(Map<String, ?> configs, String name, boolean defaultValue) {
    Object value = configs.get(name);
    if (value == null) {
      return defaultValue;
    }
    return switch (value.toString().strip().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new ConfigException(name, value, "allowed: true, false");
    };
  }

  private static void requireTopicNames(Map<String, ?> configs, String name) {
    Object value = configs.get(name);
    if (value == null) {
      return;
    }
    String type = value instanceof Class<?> strategy ? strategy.getName() : value.toString();
    if (!type.substring(type.lastIndexOf('.') + 1).equals(TOPIC_NAME_STRATEGY)) {
      throw new ConfigException(name, type, "allowed: " + TOPIC_NAME_STRATEGY);
    }
  }
}
