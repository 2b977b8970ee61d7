package dev.attune.scorer.kafka;

import dev.attune.platform.ConfigException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;

/**
 * What a share group (KIP-932) has to be before a scorer joins it. Isolation and the place to begin
 * at are settings of the group on the brokers, not of its members.
 */
final class ShareGroup {
  private static final String FEATURE = "share.version";
  private static final String DELIVERIES = "share.delivery.count.limit";

  /** A setting reaches all brokers a little after the controller has it. */
  private static final int ATTEMPTS = 50;

  private final Supplier<Admin> admins;
  private final String group;
  private final Map<String, String> wanted;

  /**
   * @param fromEarliest whether a group that is new begins at the earliest prompt, or at the next
   */
  ShareGroup(Supplier<Admin> admins, String group, boolean fromEarliest) {
    this.admins = admins;
    this.group = group;
    this.wanted =
        Map.of(
            "share.isolation.level",
            "read_committed",
            "share.auto.offset.reset",
            fromEarliest ? "earliest" : "latest",
            "share.renew.acknowledge.enable",
            "true");
  }

  /**
   * Checks the brokers and sets the group up where it is not yet.
   *
   * @return how often the group delivers a record at most
   * @throws ConfigException where the brokers have no share groups, or another kind of group has
   *     this name
   * @throws KafkaException where the cluster cannot be asked now
   */
  int prepare() {
    try (Admin admin = admins.get()) {
      requireFeature(get(admin.describeFeatures().featureMetadata()).finalizedFeatures());
      requireShareGroup(group, get(admin.listGroups().all()));
      ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Map<String, String> present = describe(admin, resource);
        int deliveries = deliveries(present);
        List<AlterConfigOp> changes = changes(present);
        if (changes.isEmpty()) {
          return deliveries;
        }
        get(admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
      }
      throw new KafkaException("the settings of group " + group + " did not reach the brokers");
    }
  }

  static void requireFeature(Map<String, FinalizedVersionRange> features) {
    FinalizedVersionRange level = features.get(FEATURE);
    if (level == null || level.maxVersionLevel() < 1) {
      throw refused("the brokers have no share groups (their feature share.version is not 1)");
    }
  }

  static void requireShareGroup(String group, Collection<GroupListing> groups) {
    for (GroupListing each : groups) {
      if (each.groupId().equals(group)
          && each.type().isPresent()
          && each.type().get() != GroupType.SHARE) {
        throw refused(
            "scorer.group '%s' is a group of type '%s', and needs another name here"
                .formatted(group, each.type().get()));
      }
    }
  }

  private static int deliveries(Map<String, String> present) {
    String limit = present.get(DELIVERIES);
    if (limit == null) {
      throw refused("the brokers do not tell a group's " + DELIVERIES + "; Kafka 4.3 does");
    }
    return Integer.parseInt(limit);
  }

  private static ConfigException refused(String reason) {
    return new ConfigException(
        "scorer.delivery 'share' cannot be used: %s. Without that, allowed is transactions"
            .formatted(reason));
  }

  private List<AlterConfigOp> changes(Map<String, String> present) {
    return wanted.entrySet().stream()
        .filter(each -> !each.getValue().equals(present.get(each.getKey())))
        .map(
            each ->
                new AlterConfigOp(
                    new ConfigEntry(each.getKey(), each.getValue()), AlterConfigOp.OpType.SET))
        .toList();
  }

  private static Map<String, String> describe(Admin admin, ConfigResource resource) {
    Config config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
    Map<String, String> present = new HashMap<>();
    config.entries().forEach(entry -> present.put(entry.name(), entry.value()));
    return present;
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException known
          ? known
          : new KafkaException("the cluster could not be asked", e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
