package dev.attune.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.trainer.core.Chunks;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads artifacts from attune.artifacts. The newest records are looked at first, in windows that
 * grow towards the beginning, since what is wanted was mostly stored last; a chunk's newest record
 * decides, so a deleted one is gone before the topic has been compacted. One thread.
 */
public final class StoredArtifacts {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long FIRST_WINDOW = 128;
  private static final int WINDOW_GROWTH = 8;

  private final KafkaSettings kafka;
  private final AvroDeserializer<ArtifactChunk> chunks =
      new AvroDeserializer<>(ArtifactChunk.class);

  /** Checks that the topic is there. */
  public StoredArtifacts(KafkaSettings kafka) {
    this.kafka = kafka;
    KafkaCalls.requireTopics(kafka, Topics.ARTIFACTS);
    chunks.configure(kafka.serde(), false);
  }

  /**
   * What is there of an artifact.
   *
   * @param present its chunks that are stored
   * @param bytes all of it, checked against its sha-256; empty where chunks are missing
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
  public record Stored(Artifact artifact, int present, Optional<byte[]> bytes) {
    /** Whether nothing is missing. */
    public boolean complete() {
      return bytes.isPresent();
    }
  }

  /** Reads artifacts, by sha-256. */
  public Map<String, Stored> read(Collection<Artifact> wanted) {
    Map<String, Artifact> artifacts = new LinkedHashMap<>();
    wanted.forEach(artifact -> artifacts.put(artifact.getSha256(), artifact));
    Map<String, ConsumerRecord<byte[], byte[]>> newest = newest(keys(artifacts.values()));
    Map<String, Stored> stored = new HashMap<>();
    artifacts.forEach((sha256, artifact) -> stored.put(sha256, stored(artifact, newest)));
    return stored;
  }

  private Stored stored(Artifact artifact, Map<String, ConsumerRecord<byte[], byte[]>> newest) {
    Chunks.Assembly assembly = new Chunks.Assembly(artifact);
    int present = 0;
    for (int index = 0; index < artifact.getChunks(); index++) {
      ConsumerRecord<byte[], byte[]> record = newest.get(Chunks.key(artifact.getSha256(), index));
      if (record != null) {
        assembly.offer(chunks.deserialize(record.topic(), record.headers(), record.value()));
        present++;
      }
    }
    return new Stored(
        artifact, present, assembly.complete() ? Optional.of(assembly.bytes()) : Optional.empty());
  }

  private static Set<String> keys(Collection<Artifact> artifacts) {
    Set<String> keys = new HashSet<>();
    for (Artifact artifact : artifacts) {
      for (int index = 0; index < artifact.getChunks(); index++) {
        keys.add(Chunks.key(artifact.getSha256(), index));
      }
    }
    return keys;
  }

  /** The newest record of each key that has a value. */
  private Map<String, ConsumerRecord<byte[], byte[]>> newest(Set<String> open) {
    Map<String, ConsumerRecord<byte[], byte[]>> found = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            kafka.consumerWithoutGroup("attune-artifacts"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.ARTIFACTS.name()).stream()
              .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> to = new HashMap<>(consumer.endOffsets(partitions));
      long window = FIRST_WINDOW;
      while (!open.isEmpty() && !to.equals(beginnings)) {
        Map<TopicPartition, Long> from = new HashMap<>();
        for (TopicPartition partition : partitions) {
          from.put(partition, Math.max(beginnings.get(partition), to.get(partition) - window));
        }
        Map<String, ConsumerRecord<byte[], byte[]>> last = scan(consumer, from, to, open);
        open.removeAll(last.keySet());
        last.values().removeIf(record -> record.value() == null);
        found.putAll(last);
        to = from;
        window *= WINDOW_GROWTH;
      }
      return found;
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  /** The last record of each wanted key within a window; without a value where it was deleted. */
  private static Map<String, ConsumerRecord<byte[], byte[]>> scan(
      KafkaConsumer<byte[], byte[]> consumer,
      Map<TopicPartition, Long> from,
      Map<TopicPartition, Long> to,
      Set<String> wanted) {
    from.forEach(consumer::seek);
    Map<String, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
    while (to.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        String key = new String(record.key(), UTF_8);
        long end = to.get(new TopicPartition(record.topic(), record.partition()));
        if (record.offset() < end && wanted.contains(key)) {
          last.put(key, record);
        }
      }
    }
    return last;
  }
}
