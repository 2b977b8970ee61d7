package dev.attune.trainer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.trainer.core.Chunks;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Keeps artifacts in attune.artifacts by their sha-256. What is read is checked against it, so it
 * does not matter who wrote a chunk or whether its transaction was committed. Confined to one
 * thread at a time.
 */
public final class ArtifactStore implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long FIRST_WINDOW = 128;
  private static final int WINDOW_GROWTH = 8;

  private final Producer<String, SpecificRecord> producer;
  private final Consumer<String, ArtifactChunk> consumer;
  private final List<TopicPartition> partitions;
  private final List<Future<RecordMetadata>> unconfirmed = new ArrayList<>();

  public ArtifactStore(
      Producer<String, SpecificRecord> producer, Consumer<String, ArtifactChunk> consumer) {
    this.producer = producer;
    this.consumer = consumer;
    this.partitions = Brokers.partitions(consumer, Topics.ARTIFACTS.name());
  }

  /**
   * Sends an artifact, unless the model's newest committed manifest names it: then it is stored and
   * cannot be deleted. It is safe only after {@link #confirm}.
   */
  public Artifact put(byte[] bytes, Optional<Artifact> committed) {
    Artifact artifact = Chunks.describe(bytes);
    if (!committed.equals(Optional.of(artifact))) {
      for (ArtifactChunk chunk : Chunks.split(artifact, bytes)) {
        unconfirmed.add(
            producer.send(
                new ProducerRecord<>(
                    Topics.ARTIFACTS.name(),
                    Chunks.key(artifact.getSha256(), chunk.getIndex()),
                    chunk)));
      }
    }
    return artifact;
  }

  /** Waits until the brokers have everything that was put. */
  public void confirm() {
    try {
      producer.flush();
      for (Future<RecordMetadata> future : unconfirmed) {
        future.get();
      }
    } catch (ExecutionException e) {
      throw Failures.unwrap(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } finally {
      unconfirmed.clear();
    }
  }

  /** The records that delete an artifact. */
  public static List<ProducerRecord<String, SpecificRecord>> tombstones(Artifact artifact) {
    List<ProducerRecord<String, SpecificRecord>> tombstones = new ArrayList<>();
    for (int index = 0; index < artifact.getChunks(); index++) {
      tombstones.add(
          new ProducerRecord<>(
              Topics.ARTIFACTS.name(), Chunks.key(artifact.getSha256(), index), null));
    }
    return tombstones;
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
    producer.close(Duration.ZERO);
    consumer.close();
  }
}
