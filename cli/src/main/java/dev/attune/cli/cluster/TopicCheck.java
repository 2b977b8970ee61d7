package dev.attune.cli.cluster;

import dev.attune.ingest.TopicLayout;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Compares a cluster's topics with the catalogue.
 *
 * @param topic of the catalogue
 * @param exists whether the cluster has it
 * @param differences what is set otherwise, in words; empty where it is as it should be
 */
record TopicCheck(Topic<?> topic, boolean exists, List<String> differences) {
  boolean good() {
    return exists && differences.isEmpty();
  }

  /** Looks at every topic of the catalogue, in its order. */
  static List<TopicCheck> all(Admin admin, KafkaSettings kafka) {
    KafkaCalls.requireTopics(kafka);
    Set<String> names = KafkaCalls.await(kafka, admin.listTopics().names());
    List<String> present = Topics.all().stream().map(Topic::name).filter(names::contains).toList();
    Map<String, TopicDescription> descriptions =
        KafkaCalls.await(kafka, admin.describeTopics(present).allTopicNames());
    Map<ConfigResource, Config> configs =
        KafkaCalls.await(
            kafka,
            admin.describeConfigs(present.stream().map(TopicCheck::resource).toList()).all());
    Map<String, Integer> partitions = new HashMap<>();
    descriptions.forEach((name, found) -> partitions.put(name, found.partitions().size()));
    Map<String, String> apart = TopicLayout.differences(partitions);
    List<TopicCheck> checks = new ArrayList<>();
    for (Topic<?> topic : Topics.all()) {
      TopicDescription description = descriptions.get(topic.name());
      checks.add(
          description == null
              ? new TopicCheck(topic, false, List.of())
              : new TopicCheck(
                  topic,
                  true,
                  differences(
                      topic,
                      description,
                      configs.get(resource(topic.name())),
                      apart.get(topic.name()))));
    }
    return checks;
  }

  private static List<String> differences(
      Topic<?> topic,
      TopicDescription description,
      Config config,
      @Nullable String apartFromOthers) {
    Map<String, String> found = new LinkedHashMap<>();
    int partitions = description.partitions().size();
    if (partitions < topic.partitions()) {
      found.put("partitions", partitions + ", the catalogue has " + topic.partitions());
    }
    new TreeMap<>(topic.configs())
        .forEach(
            (name, wanted) -> {
              ConfigEntry entry = config.get(name);
              if (entry != null && !wanted.equals(entry.value())) {
                found.put(name, entry.value() + ", the catalogue has " + wanted);
              }
            });
    int replicas = description.partitions().get(0).replicas().size();
    ConfigEntry inSync = config.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    if (replicas >= Topic.SAFE_REPLICATION
        && inSync != null
        && Integer.parseInt(inSync.value()) < Topic.SAFE_IN_SYNC) {
      found.put(
          inSync.name(),
          "%s, with %d replicas %d are safe"
              .formatted(inSync.value(), replicas, Topic.SAFE_IN_SYNC));
    }
    List<String> lines = new ArrayList<>();
    found.forEach((name, problem) -> lines.add(name + " is " + problem));
    if (apartFromOthers != null) {
      lines.add(apartFromOthers);
    }
    return lines;
  }

  private static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }
}
