package dev.attune.ingest;

import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.util.List;
import java.util.Optional;

/**
 * How ingest runs on a cluster. Immutable.
 *
 * @param replicationFactor of the internal topics that ingest makes
 * @param standbyReplicas processes beside the owner that keep a copy of each partition's state
 * @param instance this process's name for static membership (KIP-345), unique in the group; absent:
 *     a dynamic member
 * @param maxAttempts how often a record may fail before it is set aside
 */
public record OperationConfig(
    int replicationFactor,
    int standbyReplicas,
    Optional<String> instance,
    OnClose onClose,
    int maxAttempts) {

  /** What becomes of the group membership when the process is closed (KIP-1153). */
  public enum OnClose {
    /** A dynamic member leaves, a static one remains. */
    AUTO,
    /** The partitions move to others at once. */
    LEAVE,
    /** The partitions wait for this process until the session times out. */
    REMAIN
  }

  static final ConfigKey<Integer> REPLICATION_FACTOR =
      ConfigKey.integer(
          "ingest.replication-factor",
          3,
          1,
          10,
          "Replicas of the internal topics, when they are first made; with 3 or more, two must be"
              + " in sync for a write. A cluster of one broker needs 1.");
  static final ConfigKey<Integer> STANDBY_REPLICAS =
      ConfigKey.integer(
          "ingest.standby-replicas", 1, 0, 3, "Further processes that keep a copy of the state.");
  static final ConfigKey<String> INSTANCE =
      ConfigKey.string(
              "ingest.instance",
              null,
              "This process's own name, such as the pod's: it is then a static member that has its"
                  + " partitions back at once after a restart.")
          .optional();
  static final ConfigKey<OnClose> ON_CLOSE =
      ConfigKey.oneOf(
          "ingest.on-close",
          OnClose.class,
          OnClose.AUTO,
          "Whether a process that is closed leaves the group: `leave` for scaling down, `remain`"
              + " for a restart. `auto`: leave, but with `ingest.instance` remain.");
  static final ConfigKey<Integer> MAX_ATTEMPTS =
      ConfigKey.integer(
          "ingest.max-attempts",
          3,
          1,
          100,
          "How often a record may fail in processing before it goes to the rejected topic as"
              + " UNPROCESSABLE.");

  public OperationConfig {
    instance.ifPresent(
        name -> {
          if (!name.matches("[A-Za-z0-9._-]{1,200}")) {
            throw new ConfigException(
                "%s = '%s' is not allowed: must be 1 to 200 letters, digits, dots, hyphens, underscores"
                    .formatted(INSTANCE.name(), name));
          }
        });
  }

  static OperationConfig from(Configuration configuration) {
    return new OperationConfig(
        configuration.get(REPLICATION_FACTOR),
        configuration.get(STANDBY_REPLICAS),
        configuration.find(INSTANCE),
        configuration.get(ON_CLOSE),
        configuration.get(MAX_ATTEMPTS));
  }

  static List<ConfigKey<?>> keys() {
    return List.of(REPLICATION_FACTOR, STANDBY_REPLICAS, INSTANCE, ON_CLOSE, MAX_ATTEMPTS);
  }

  /** With three replicas one may be away and writing goes on; with fewer none can be asked for. */
  int minInSyncReplicas() {
    return replicationFactor >= 3 ? 2 : 1;
  }
}
