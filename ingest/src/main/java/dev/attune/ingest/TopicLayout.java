package dev.attune.ingest;

import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * What ingest needs of the cluster's topics, looked at once before it starts.
 *
 * @param errors what it cannot work with, one line each: the topic or setting, its value, what is
 *     allowed
 * @param warnings what it works with, but not as well as meant
 * @param waiting what it should wait for, or empty; of meaning where there are no errors
 */
public record TopicLayout(List<String> errors, List<String> warnings, String waiting) {

  /** A user's records are in the same partition of each, so that one task has all of the user. */
  public static final List<Topic<?>> CO_PARTITIONED =
      List.of(Topics.PREFERENCES, Topics.PREFERENCES_RELEASED, Topics.REWARDS, Topics.ERASURES);

  private static final List<Topic<?>> OUTPUTS =
      List.of(
          Topics.PREFERENCES_REJECTED,
          Topics.PREFERENCES_QUARANTINED,
          Topics.BUCKETS_BY_USER,
          Topics.BUCKETS_BY_DOMAIN,
          Topics.USERS);

  private static final String APPEND_TIME = "LogAppendTime";

  /** True where ingest can start. */
  public boolean usable() {
    return errors.isEmpty() && waiting.isEmpty();
  }

  /**
   * Looks at the cluster.
   *
   * @param applicationId the consumer group
   * @param internalTopics those that ingest makes where they are missing
   * @throws ExecutionException where the cluster did not answer, or refused
   */
  static TopicLayout of(
      Admin admin, String applicationId, Collection<String> internalTopics, int replicationFactor)
      throws ExecutionException, InterruptedException {
    Set<String> names = admin.listTopics().names().get();
    List<String> errors = new ArrayList<>();
    Stream.concat(CO_PARTITIONED.stream(), OUTPUTS.stream())
        .map(Topic::name)
        .filter(name -> !names.contains(name))
        .forEach(
            name ->
                errors.add("topic " + name + " does not exist; 'attune topics create' makes it"));
    List<String> inputs = CO_PARTITIONED.stream().map(Topic::name).filter(names::contains).toList();
    errors.addAll(differences(partitions(admin, inputs)).values());
    List<String> warnings = timestamps(admin, inputs);
    if (names.containsAll(internalTopics)
        && hasRecords(admin, internalTopics)
        && !hasPositions(admin, applicationId)) {
      errors.add(
          ("group %s has state but no committed positions: they have expired, or were deleted."
                  + " Reading from the beginning could count events twice. Set its positions, or"
                  + " delete its internal topics to count everything that is still there anew")
              .formatted(applicationId));
    }
    String waiting = "";
    if (!names.containsAll(internalTopics)) {
      int registered = brokers(admin, true);
      int present = brokers(admin, false);
      if (registered < replicationFactor) {
        errors.add(tooFewBrokers(replicationFactor, registered));
      } else if (present < replicationFactor) {
        waiting = present + " of " + registered + " brokers are there";
      }
    }
    return new TopicLayout(List.copyOf(errors), List.copyOf(warnings), waiting);
  }

  /**
   * What is wrong with the partition counts of {@link #CO_PARTITIONED}: a line for each topic that
   * differs, by its name.
   *
   * @param partitions of those topics that exist, by name
   */
  public static Map<String, String> differences(Map<String, Integer> partitions) {
    Integer wanted = partitions.get(Topics.PREFERENCES.name());
    Map<String, String> differences = new TreeMap<>();
    for (Topic<?> topic : CO_PARTITIONED) {
      Integer count = partitions.get(topic.name());
      if (wanted != null && count != null && !count.equals(wanted)) {
        differences.put(
            topic.name(),
            "topic %s has %d partitions; allowed is as many as %s has, %d"
                .formatted(topic.name(), count, Topics.PREFERENCES.name(), wanted));
      }
    }
    return differences;
  }

  private static Map<String, Integer> partitions(Admin admin, List<String> topics)
      throws ExecutionException, InterruptedException {
    Map<String, TopicDescription> found = admin.describeTopics(topics).allTopicNames().get();
    return found.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().partitions().size()));
  }

  private static List<String> timestamps(Admin admin, List<String> topics)
      throws ExecutionException, InterruptedException {
    List<ConfigResource> resources =
        topics.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, Config> configs = admin.describeConfigs(resources).all().get();
    List<String> warnings = new ArrayList<>();
    for (ConfigResource topic : resources) {
      ConfigEntry type = configs.get(topic).get(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG);
      if (type != null && !APPEND_TIME.equals(type.value())) {
        warnings.add(
            "topic %s has %s=%s; it should be %s, so that producers' clocks do not decide what comes first and how long repeats are found"
                .formatted(
                    topic.name(),
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    type.value(),
                    APPEND_TIME));
      }
    }
    return warnings;
  }

  private static boolean hasRecords(Admin admin, Collection<String> topics)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (TopicDescription topic : admin.describeTopics(topics).allTopicNames().get().values()) {
      topic
          .partitions()
          .forEach(
              part ->
                  ends.put(
                      new TopicPartition(topic.name(), part.partition()), OffsetSpec.latest()));
    }
    return admin.listOffsets(ends).all().get().values().stream().anyMatch(end -> end.offset() > 0);
  }

  private static boolean hasPositions(Admin admin, String group)
      throws ExecutionException, InterruptedException {
    return admin
        .listConsumerGroupOffsets(group)
        .partitionsToOffsetAndMetadata()
        .get()
        .keySet()
        .stream()
        .anyMatch(partition -> partition.topic().equals(Topics.PREFERENCES.name()));
  }

  private static String tooFewBrokers(int replicationFactor, int brokers) {
    return "%s = %d is not allowed: the cluster has %s, so must be 1%s"
        .formatted(
            OperationConfig.REPLICATION_FACTOR.name(),
            replicationFactor,
            brokers == 1 ? "1 broker" : brokers + " brokers",
            brokers == 1 ? "" : " to " + brokers);
  }

  /** Brokers that are down for a while count too where the cluster tells them (Kafka 4.0). */
  private static int brokers(Admin admin, boolean withAbsent)
      throws ExecutionException, InterruptedException {
    try {
      KafkaFuture<? extends Collection<?>> nodes =
          admin
              .describeCluster(new DescribeClusterOptions().includeFencedBrokers(withAbsent))
              .nodes();
      return nodes.get().size();
    } catch (ExecutionException e) {
      boolean cannotTell =
          e.getCause() instanceof UnsupportedVersionException
              || e.getCause() instanceof ClusterAuthorizationException;
      if (withAbsent && cannotTell) {
        return brokers(admin, false);
      }
      throw e;
    }
  }
}
