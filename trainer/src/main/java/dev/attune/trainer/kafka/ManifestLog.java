package dev.attune.trainer.kafka;

import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.core.VersionHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Follows attune.models: committed manifests only, from the beginning. Of a key, the last one in
 * the log counts. Confined to one thread at a time.
 */
public final class ManifestLog implements AutoCloseable {
  private static final String DOMAIN_PREFIX = "domain/";
  private static final Duration POLL = Duration.ofMillis(100);

  private final Consumer<String, ModelVersion> consumer;
  private final Brokers brokers;
  private final VersionHistory history;

  public ManifestLog(
      Consumer<String, ModelVersion> consumer, Brokers brokers, VersionHistory history) {
    this.consumer = consumer;
    this.brokers = brokers;
    this.history = history;
    List<TopicPartition> partitions = Brokers.partitions(consumer, Topics.MODELS.name());
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads what is readable now; a manifest behind an open transaction of another owner is not. */
  public void refresh() {
    readTo(consumer.endOffsets(consumer.assignment()), Duration.ofMinutes(1));
  }

  /**
   * Reads everything that is in the log now. An open transaction of a dead owner hides what was
   * committed behind it until it is fenced or times out, so this waits for it: a restore must not
   * miss a committed manifest.
   *
   * @throws TimeoutException after the given time
   */
  public void refreshFully(Duration timeout) {
    readTo(brokers.ends(consumer.assignment()), timeout);
  }

  public VersionHistory history() {
    return history;
  }

  /** The current manifests of the reward models that a partition of the buckets owns. */
  List<ModelVersion> ownedBy(int partition, int partitions) {
    return rewards().stream().filter(manifest -> owner(manifest, partitions) == partition).toList();
  }

  /** The current manifests of all reward models. */
  List<ModelVersion> rewards() {
    return history.current().stream()
        .filter(manifest -> ModelKeys.isReward(manifest.getName()))
        .toList();
  }

  /** A model that was made elsewhere has no position yet; it goes where its domain does. */
  private static int owner(ModelVersion manifest, int partitions) {
    if (!manifest.getPositions().isEmpty()) {
      return manifest.getPositions().get(0).getPartition();
    }
    String name = manifest.getName();
    return Domains.partition(
        name.startsWith(DOMAIN_PREFIX) ? name.substring(DOMAIN_PREFIX.length()) : name, partitions);
  }

  private void readTo(Map<TopicPartition, Long> ends, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("the end of " + Topics.MODELS.name() + " was not reached");
      }
      for (ConsumerRecord<String, ModelVersion> record : consumer.poll(POLL)) {
        if (record.value() == null) {
          history.remove(record.key(), Instant.ofEpochMilli(record.timestamp()));
        } else {
          history.add(record.key(), record.value());
        }
      }
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
