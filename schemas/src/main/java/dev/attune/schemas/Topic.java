package dev.attune.schemas;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * A topic of the catalogue. Keys are always UTF-8 strings; values are Avro records in the Schema
 * Registry's wire format.
 *
 * @param name the topic's name
 * @param valueType the generated class of its values
 * @param keyMeaning what the key is, for a person
 * @param partitions how many partitions it is created with
 * @param cleanup how it forgets
 * @param retention how long records are kept; null keeps them for ever (a compacted topic: the last
 *     value of each key)
 * @param extraConfigs further topic configurations by Kafka's names
 */
public record Topic<V extends SpecificRecord>(
    String name,
    Class<V> valueType,
    String keyMeaning,
    int partitions,
    Cleanup cleanup,
    @Nullable Duration retention,
    Map<String, String> extraConfigs) {

  /** From so many replicas on, one more than one must have what is acknowledged. */
  public static final int SAFE_REPLICATION = 3;

  /** How many replicas must have what is acknowledged, where there are as many as that. */
  public static final int SAFE_IN_SYNC = 2;

  public Topic {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(valueType, "valueType");
    Objects.requireNonNull(keyMeaning, "keyMeaning");
    Objects.requireNonNull(cleanup, "cleanup");
    if (partitions < 1) {
      throw new IllegalArgumentException(name + ": partitions is " + partitions + ", at least 1");
    }
    if (retention != null && (retention.isNegative() || retention.isZero())) {
      throw new IllegalArgumentException(name + ": retention is " + retention + ", more than 0");
    }
    extraConfigs = Map.copyOf(extraConfigs);
  }

  /** The registry's subject of the values (TopicNameStrategy). */
  public String subject() {
    return name + "-value";
  }

  /** The schema of the values that this version of the code writes. */
  public Schema schema() {
    return SpecificData.get().getSchema(valueType);
  }

  /** All topic configurations by Kafka's names, in alphabetical order. */
  public Map<String, String> configs() {
    Map<String, String> configs = new TreeMap<>(extraConfigs);
    configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, cleanup.policy());
    configs.put(
        TopicConfig.RETENTION_MS_CONFIG,
        String.valueOf(retention == null ? -1 : retention.toMillis()));
    return configs;
  }

  /**
   * What {@code Admin.createTopics} needs. With three replicas or more a write is acknowledged when
   * two have it ({@code min.insync.replicas}): one may be lost, and one may be away meanwhile.
   *
   * @param replication -1: as the brokers have it, and their {@code min.insync.replicas} too
   */
  public NewTopic toNewTopic(short replication) {
    Map<String, String> configs = new TreeMap<>(configs());
    if (replication >= SAFE_REPLICATION) {
      configs.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, String.valueOf(SAFE_IN_SYNC));
    }
    return new NewTopic(name, partitions, replication).configs(configs);
  }

  /** The same topic with another number of partitions. */
  public Topic<V> withPartitions(int partitions) {
    return new Topic<>(name, valueType, keyMeaning, partitions, cleanup, retention, extraConfigs);
  }
}
