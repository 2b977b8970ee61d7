package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.core.ArtifactAssembler;
import dev.attune.scorer.core.ArtifactIndex.Place;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads an artifact's chunks from their places. One thread. */
final class ArtifactFetcher implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Consumer<String, byte[]> consumer;
  private final Deserializer<ArtifactChunk> deserializer;
  private final ArtifactAssembler assembler;

  /**
   * @param consumer owned from now on
   */
  ArtifactFetcher(
      Consumer<String, byte[]> consumer,
      Deserializer<ArtifactChunk> deserializer,
      ArtifactAssembler assembler) {
    this.consumer = consumer;
    this.deserializer = deserializer;
    this.assembler = assembler;
  }

  /**
   * The artifact's bytes, verified.
   *
   * @param places of all its chunks, in their order
   * @throws KafkaException where the cluster or the registry does not answer
   */
  byte[] fetch(Artifact artifact, List<Place> places) throws ModelRejectedException {
    assembler.checkSize(artifact);
    List<ByteBuffer> chunks = new ArrayList<>();
    for (Place place : places) {
      chunks.add(chunk(place));
    }
    return assembler.assemble(artifact, chunks);
  }

  @Override
  public void close() {
    consumer.close();
  }

  private ByteBuffer chunk(Place place) throws ModelRejectedException {
    try {
      ArtifactChunk chunk = deserializer.deserialize(Topics.ARTIFACTS.name(), read(place));
      return chunk.getData();
    } catch (WireFormatException e) {
      if (RegistryFaults.isOne(e)) {
        throw e;
      }
      throw new ModelRejectedException(
          Reason.CHUNKS, "a chunk cannot be decoded: " + e.reason(), e);
    }
  }

  private byte[] read(Place place) throws ModelRejectedException {
    TopicPartition partition = new TopicPartition(Topics.ARTIFACTS.name(), place.partition());
    if (!consumer.assignment().contains(partition)) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, place.offset());
    } else if (consumer.position(partition) != place.offset()) {
      consumer.seek(partition, place.offset());
    }
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (System.nanoTime() < deadline) {
      // One record at most (max.poll.records), so that the next chunk is there to be polled.
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        if (record.offset() == place.offset() && record.value() != null) {
          return record.value();
        }
        throw new ModelRejectedException(
            Reason.INCOMPLETE, "a chunk was compacted away while it was read");
      }
    }
    throw new TimeoutException("a chunk could not be read within " + TIMEOUT);
  }
}
