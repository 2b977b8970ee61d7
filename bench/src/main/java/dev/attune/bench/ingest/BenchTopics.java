package dev.attune.bench.ingest;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes topics anew, and asks how far a group has come. Thread-safe. */
final class BenchTopics implements AutoCloseable {
  /** Where the yardsticks write to; as many partitions as the source has. */
  static final String OUT = "bench.out";

  /** Of a yardstick that writes each event twice. */
  static final String OUT_TOO = "bench.out-too";

  private static final short REPLICATION_OF_THE_BROKERS = -1;

  private static final List<String> WRITTEN =
      List.of(
          Topics.PREFERENCES.name(),
          Topics.BUCKETS_BY_USER.name(),
          Topics.BUCKETS_BY_DOMAIN.name(),
          OUT,
          OUT_TOO);

  private final Admin admin;

  BenchTopics(KafkaSettings kafka) {
    this.admin = Admin.create(kafka.admin("bench-topics"));
  }

  /** Empties what benchmarks read and write. */
  void renew() {
    delete(WRITTEN);
    List<NewTopic> topics =
        List.of(
            Topics.PREFERENCES.toNewTopic(REPLICATION_OF_THE_BROKERS),
            Topics.BUCKETS_BY_USER.toNewTopic(REPLICATION_OF_THE_BROKERS),
            Topics.BUCKETS_BY_DOMAIN.toNewTopic(REPLICATION_OF_THE_BROKERS),
            out(OUT),
            out(OUT_TOO));
    get(admin.createTopics(topics).all());
  }

  private static NewTopic out(String name) {
    return new NewTopic(name, Topics.PREFERENCES.partitions(), REPLICATION_OF_THE_BROKERS)
        .configs(
            Map.of(
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                Topics.BUCKETS_BY_USER.configs().get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG)));
  }

  /** Deletes the topics that begin with a group's name; its positions expire by themselves. */
  void forget(String group) {
    Set<String> internal = new HashSet<>(get(admin.listTopics().names()));
    internal.removeIf(name -> !name.startsWith(group + "-"));
    delete(internal);
  }

  /** Whether a group has so many members with partitions and moves none at present. */
  boolean settled(String group, int members) {
    ConsumerGroupDescription description;
    try {
      description = get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
    } catch (KafkaException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return false;
      }
      throw e;
    }
    return description.groupState() == GroupState.STABLE
        && description.members().stream()
                .filter(member -> !member.assignment().topicPartitions().isEmpty())
                .count()
            == members;
  }

  /** The committed offsets of a group. */
  Map<TopicPartition, OffsetAndMetadata> committed(String group) {
    return get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
  }

  @Override
  public void close() {
    admin.close();
  }

  private void delete(Collection<String> names) {
    Set<String> present = new HashSet<>(get(admin.listTopics().names()));
    present.retainAll(names);
    try {
      get(admin.deleteTopics(present).all());
    } catch (KafkaException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
        throw e;
      }
    }
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new KafkaException("The cluster refused: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
