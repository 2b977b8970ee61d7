package dev.attune.trainer.kafka.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OneMemberAssignorTest {
  private static final String TOPIC = "buckets";
  private static final List<TopicPartition> ALL =
      IntStream.range(0, 4).mapToObj(p -> new TopicPartition(TOPIC, p)).toList();

  @Test
  void shouldGiveAllToTheFirstWhereNobodyIsAtWork() {
    assertThat(assign(Map.of("b", member(List.of(), 1), "a", member(List.of(), 1))))
        .isEqualTo(Map.of("a", ALL, "b", List.of()));
  }

  @Test
  void shouldLeaveThemWithTheOneAtWork() {
    assertThat(assign(Map.of("a", member(List.of(), 3), "b", member(ALL, 3))))
        .isEqualTo(Map.of("a", List.of(), "b", ALL));
  }

  @Test
  void shouldWaitForWhatAnOldClaimHolds() {
    assertThat(assign(Map.of("a", member(ALL.subList(0, 1), 2), "b", member(ALL.subList(1, 3), 5))))
        .isEqualTo(Map.of("a", List.of(), "b", ALL.subList(1, 4)));
  }

  private static Subscription member(List<TopicPartition> owned, int generation) {
    return new Subscription(List.of(TOPIC), null, owned, generation, Optional.empty());
  }

  private static Map<String, List<TopicPartition>> assign(Map<String, Subscription> members) {
    Node node = new Node(1, "localhost", 1);
    Cluster cluster =
        new Cluster(
            "c",
            List.of(node),
            ALL.stream()
                .map(p -> new PartitionInfo(TOPIC, p.partition(), node, new Node[0], new Node[0]))
                .toList(),
            Set.of(),
            Set.of());
    Map<String, List<TopicPartition>> assigned = new HashMap<>();
    new OneMemberAssignor()
        .assign(cluster, new GroupSubscription(members))
        .groupAssignment()
        .forEach((member, assignment) -> assigned.put(member, assignment.partitions()));
    return assigned;
  }
}
