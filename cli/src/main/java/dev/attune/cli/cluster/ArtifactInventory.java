package dev.attune.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Which artifacts attune.artifacts holds. What manifests name is needed; the rest was replaced, and
 * is deleted by the trainer soon, or was left by one that died. One thread.
 */
public final class ArtifactInventory implements AutoCloseable {
  /** As {@link dev.attune.trainer.core.Chunks#key} makes it. */
  private static final Pattern KEY = Pattern.compile("([0-9a-f]{64})/(\\d{1,9})");

  private final TopicReader reader;
  private final AvroDeserializer<ArtifactChunk> chunks =
      new AvroDeserializer<>(ArtifactChunk.class);
  private final Map<String, TreeMap<Integer, Chunk>> bySha256 = new TreeMap<>();

  private record Chunk(String key, int count, long bytes, Instant at) {}

  /** Opens the topic; {@link #refresh} reads it. */
  public ArtifactInventory(KafkaSettings kafka) {
    KafkaCalls.requireTopics(kafka, Topics.ARTIFACTS);
    chunks.configure(kafka.serde(), false);
    reader = new TopicReader(kafka, Topics.ARTIFACTS.name());
  }

  /**
   * What is held of an artifact.
   *
   * @param keys of the records, in the order of the chunks
   * @param newest when the last of them was written
   * @param whole as a manifest would name it; empty where chunks are missing
   */
  public record Held(
      String sha256, List<String> keys, long bytes, Instant newest, Optional<Artifact> whole) {}

  /** Reads all that is committed by now. */
  public void refresh() {
    reader.readToEnd(this::enter);
  }

  private void enter(ConsumerRecord<byte[], byte[]> record) {
    String key = new String(record.key(), UTF_8);
    Matcher parts = KEY.matcher(key);
    if (!parts.matches()) {
      return;
    }
    String sha256 = parts.group(1);
    int index = Integer.parseInt(parts.group(2));
    if (record.value() == null) {
      TreeMap<Integer, Chunk> known = bySha256.getOrDefault(sha256, new TreeMap<>());
      known.remove(index);
      if (known.isEmpty()) {
        bySha256.remove(sha256);
      }
      return;
    }
    ArtifactChunk chunk = chunks.deserialize(record.topic(), record.headers(), record.value());
    bySha256
        .computeIfAbsent(sha256, any -> new TreeMap<>())
        .put(
            index,
            new Chunk(
                key,
                chunk.getCount(),
                chunk.getData().remaining(),
                Instant.ofEpochMilli(record.timestamp())));
  }

  /**
   * What none of these manifests names.
   *
   * @param manifests as they were after the last {@link #refresh}
   */
  public List<Held> unnamed(Collection<ModelVersion> manifests) {
    Set<String> named = new HashSet<>();
    for (ModelVersion manifest : manifests) {
      named.add(manifest.getWeights().getSha256());
      named.add(manifest.getState().getSha256());
    }
    return bySha256.entrySet().stream()
        .filter(entry -> !named.contains(entry.getKey()))
        .map(entry -> held(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static Held held(String sha256, TreeMap<Integer, Chunk> chunks) {
    long bytes = chunks.values().stream().mapToLong(Chunk::bytes).sum();
    boolean whole = chunks.firstEntry().getValue().count() == chunks.size();
    return new Held(
        sha256,
        chunks.values().stream().map(Chunk::key).toList(),
        bytes,
        chunks.values().stream().map(Chunk::at).max(Instant::compareTo).orElseThrow(),
        whole
            ? Optional.of(
                Artifact.newBuilder()
                    .setSha256(sha256)
                    .setSize(bytes)
                    .setChunks(chunks.size())
                    .build())
            : Optional.empty());
  }

  @Override
  public void close() {
    reader.close();
  }
}
