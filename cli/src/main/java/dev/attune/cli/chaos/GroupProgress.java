package dev.attune.cli.chaos;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * How far the trainers' groups have committed, and how much has been written of what they publish.
 * A broker that does not answer leaves the last figures. Asked by one thread, read by any.
 */
final class GroupProgress implements AutoCloseable {
  private static final int ANSWER_SECONDS = 5;

  private final Admin admin;
  private final Map<String, String> groups;
  private final List<TopicPartition> published;
  private volatile Map<TopicPartition, Long> positions = Map.of();
  private volatile long written;

  /**
   * @param groups by the topic that each reads
   */
  GroupProgress(KafkaSettings kafka, Map<String, String> groups) {
    this.groups = Map.copyOf(groups);
    Map<String, Object> settings = new HashMap<>(kafka.admin("attune-chaos-progress"));
    settings.put("reconnect.backoff.max.ms", 1_000);
    admin = Admin.create(settings);
    published =
        List.of(Topics.MODELS, Topics.USERS).stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.partitions())
                        .mapToObj(each -> new TopicPartition(topic.name(), each)))
            .toList();
  }

  /** Asks the brokers. */
  void refresh() throws InterruptedException {
    try {
      Map<TopicPartition, Long> found = new HashMap<>();
      for (Map.Entry<String, String> each : groups.entrySet()) {
        Map<TopicPartition, OffsetAndMetadata> offsets =
            answer(admin.listConsumerGroupOffsets(each.getValue()).partitionsToOffsetAndMetadata());
        offsets.forEach(
            (partition, offset) -> {
              if (offset != null && partition.topic().equals(each.getKey())) {
                found.put(partition, offset.offset());
              }
            });
      }
      positions = found;
      written =
          answer(
                  admin
                      .listOffsets(
                          published.stream()
                              .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())))
                      .all())
              .values()
              .stream()
              .mapToLong(each -> each.offset())
              .sum();
    } catch (ExecutionException | TimeoutException e) {
      // Brokers that are being killed; the next look says more.
    }
  }

  /** Offsets that have been committed, of all groups together. */
  long committed() {
    return positions.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether every partition has been committed so far. */
  boolean reached(Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> now = positions;
    return ends.entrySet().stream()
        .filter(end -> groups.containsKey(end.getKey().topic()))
        .allMatch(end -> now.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  /** Records of manifests and of users' states; markers of transactions count as well. */
  long written() {
    return written;
  }

  private static <T> T answer(KafkaFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}
