package dev.attune.trainer.kafka.users;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.trainer.kafka.ArtifactReader;
import dev.attune.trainer.kafka.Brokers;
import dev.attune.trainer.kafka.TrainerClients;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Follows the policy in attune.models, committed manifests only. Epochs only grow: what an operator
 * holds or goes back to is the scorer's matter, as states cannot go back. Confined to one thread at
 * a time.
 */
final class PolicyFollower implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Consumer<String, ModelVersion> consumer;
  private final ArtifactReader artifacts;
  private @Nullable ModelVersion newest;

  PolicyFollower(TrainerClients clients) {
    this.consumer = clients.committed(Topics.MODELS);
    List<TopicPartition> partitions = Brokers.partitions(consumer, Topics.MODELS.name());
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    this.artifacts = new ArtifactReader(clients.uncommitted(Topics.ARTIFACTS));
  }

  /** Reads what came since, without waiting. */
  void follow() {
    take(Duration.ZERO);
  }

  /**
   * Reads everything that is in the log now, behind open transactions too: states that are taken up
   * may be of the newest epoch.
   *
   * @throws TimeoutException after the given time
   */
  void followFully(Brokers brokers, Duration timeout) {
    Map<TopicPartition, Long> ends = brokers.ends(consumer.assignment());
    long deadline = System.nanoTime() + timeout.toNanos();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("the end of " + Topics.MODELS.name() + " was not reached");
      }
      take(POLL);
    }
  }

  /** Whether a policy later than the epoch has been published. */
  boolean hasNewer(long epoch) {
    return newest != null && newest.getVersion() > epoch;
  }

  /** The newest policy. */
  Optional<Policy> policy() {
    return Optional.ofNullable(newest)
        .map(
            manifest ->
                Policy.read(
                    artifacts
                        .get(List.of(manifest.getWeights()))
                        .get(manifest.getWeights().getSha256())));
  }

  private void take(Duration wait) {
    for (ConsumerRecord<String, ModelVersion> record : consumer.poll(wait)) {
      if (ModelKeys.POLICY.equals(record.key())
          && record.value() != null
          && !(newest != null && record.value().getVersion() < newest.getVersion())) {
        newest = record.value();
      }
    }
  }

  @Override
  public void close() {
    consumer.close();
    artifacts.close();
  }
}
