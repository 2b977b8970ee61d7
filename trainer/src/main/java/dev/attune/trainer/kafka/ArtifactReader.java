package dev.attune.trainer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.trainer.core.Chunks;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Reads artifacts from attune.artifacts by their sha-256. What is read is checked against it, so it
 * does not matter who wrote a chunk or whether its transaction was committed. Confined to one
 * thread at a time.
 */
public final class ArtifactReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long FIRST_WINDOW = 128;
  private static final int WINDOW_GROWTH = 8;

  private final Consumer<String, ArtifactChunk> consumer;
  private final List<TopicPartition> partitions;

  public ArtifactReader(Consumer<String, ArtifactChunk> consumer) {
    this.consumer = consumer;
    this.partitions = Brokers.partitions(consumer, Topics.ARTIFACTS.name());
  }

  /**
   * Reads artifacts. The newest chunks are looked at first, in windows that grow towards the
   * beginning, as what is wanted is mostly what was stored last.
   *
   * @return the bytes by sha-256
   * @throws TrainerException where one is not there or has other bytes
   */
  public Map<String, byte[]> get(Collection<Artifact> wanted) {
    Map<String, Chunks.Assembly> assemblies = new LinkedHashMap<>();
    wanted.forEach(artifact -> assemblies.put(artifact.getSha256(), new Chunks.Assembly(artifact)));
    Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
    Map<TopicPartition, Long> to = new HashMap<>(consumer.endOffsets(partitions));
    long window = FIRST_WINDOW;
    while (!complete(assemblies) && !to.equals(beginnings)) {
      Map<TopicPartition, Long> from = new HashMap<>();
      for (TopicPartition partition : partitions) {
        from.put(partition, Math.max(beginnings.get(partition), to.get(partition) - window));
      }
      scan(from, to, assemblies);
      to = from;
      window *= WINDOW_GROWTH;
    }
    Map<String, byte[]> found = new HashMap<>();
    assemblies.forEach((sha256, assembly) -> found.put(sha256, assembly.bytes()));
    return found;
  }

  private void scan(
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> to,
      Map<String, Chunks.Assembly> assemblies) {
    consumer.assign(partitions);
    from.forEach(consumer::seek);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (to.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(Topics.ARTIFACTS.name() + " gives no more records");
      }
      for (ConsumerRecord<String, ArtifactChunk> record : consumer.poll(POLL)) {
        ArtifactChunk chunk = record.value();
        if (chunk != null && assemblies.containsKey(chunk.getSha256())) {
          assemblies.get(chunk.getSha256()).offer(chunk);
        }
        deadline = System.nanoTime() + PATIENCE.toNanos();
      }
    }
  }

  private static boolean complete(Map<String, Chunks.Assembly> assemblies) {
    return assemblies.values().stream().allMatch(Chunks.Assembly::complete);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
