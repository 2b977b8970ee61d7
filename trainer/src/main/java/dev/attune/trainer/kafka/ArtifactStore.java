package dev.attune.trainer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.ArtifactChunk;
import dev.attune.trainer.core.Chunks;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Keeps artifacts in attune.artifacts by their sha-256. What is read is checked against it, so it
 * does not matter who wrote a chunk or whether its transaction was committed. Confined to one
 * thread at a time.
 */
public final class ArtifactStore implements AutoCloseable {

  private final Producer<String, SpecificRecord> producer;
  private final ArtifactReader reader;
  private final List<Future<RecordMetadata>> unconfirmed = new ArrayList<>();

  public ArtifactStore(
      Producer<String, SpecificRecord> producer, Consumer<String, ArtifactChunk> consumer) {
    this.producer = producer;
    this.reader = new ArtifactReader(consumer);
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
   * Reads artifacts.
   *
   * @return the bytes by sha-256
   * @throws TrainerException where one is not there or has other bytes
   */
  public Map<String, byte[]> get(Collection<Artifact> wanted) {
    return reader.get(wanted);
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    reader.close();
  }
}
