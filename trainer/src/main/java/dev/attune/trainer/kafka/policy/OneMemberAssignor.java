package dev.attune.trainer.kafka.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;

/**
 * Gives all partitions to one member of the group; the others stand by. Who has them keeps them, so
 * that a member that joins does not disturb the one at work. Cooperative (KIP-429): what another
 * member still claims is given with the next rebalance. Made by the consumer, by name.
 */
public final class OneMemberAssignor implements ConsumerPartitionAssignor {
  /** The one at work, by the newest claim; where nobody is, the first by id. */
  private static final Comparator<Map.Entry<String, Subscription>> ORDER =
      Comparator.<Map.Entry<String, Subscription>>comparingInt(
              member -> member.getValue().ownedPartitions().isEmpty() ? 1 : 0)
          .thenComparing(
              member -> member.getValue().generationId().orElse(-1), Comparator.reverseOrder())
          .thenComparing(
              member -> member.getValue().ownedPartitions().size(), Comparator.reverseOrder())
          .thenComparing(Map.Entry::getKey);

  /** One that the consumer configures. */
  public OneMemberAssignor() {}

  @Override
  public String name() {
    return "attune-one-member";
  }

  @Override
  public List<RebalanceProtocol> supportedProtocols() {
    return List.of(RebalanceProtocol.COOPERATIVE);
  }

  @Override
  public GroupAssignment assign(Cluster metadata, GroupSubscription group) {
    Map<String, Subscription> members = group.groupSubscription();
    String chosen = members.entrySet().stream().min(ORDER).map(Map.Entry::getKey).orElseThrow();
    Set<TopicPartition> claimed = new HashSet<>();
    Map<String, Assignment> assignments = new HashMap<>();
    members.forEach(
        (member, subscription) -> {
          if (!member.equals(chosen)) {
            claimed.addAll(subscription.ownedPartitions());
            assignments.put(member, new Assignment(List.of()));
          }
        });
    List<TopicPartition> all = new ArrayList<>();
    for (String topic : members.get(chosen).topics()) {
      for (int partition = 0; partition < metadata.partitionCountForTopic(topic); partition++) {
        all.add(new TopicPartition(topic, partition));
      }
    }
    all.removeAll(claimed);
    assignments.put(chosen, new Assignment(all));
    return new GroupAssignment(assignments);
  }
}
