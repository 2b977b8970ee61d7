package dev.attune.trainer.kafka.policy;

import dev.attune.model.policy.Policy;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.policy.PolicyTraining;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/** What this process holds while it is the one that writes the policy. One thread's. */
final class PolicyWriter implements AutoCloseable {
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final String topicId;
  private final Producer<String, SpecificRecord> producer;
  private final PolicyTraining training;
  private final Deque<ConsumerRecord<String, PreferenceBucket>> queue = new ArrayDeque<>();
  private @Nullable Policy policy;
  private @Nullable ModelVersion manifest;

  /**
   * @param topicId of attune.buckets.by-user
   * @param manifest the current one; null with {@code policy} where nothing is published yet
   */
  PolicyWriter(
      String topicId,
      Producer<String, SpecificRecord> producer,
      PolicyTraining training,
      @Nullable Policy policy,
      @Nullable ModelVersion manifest) {
    this.topicId = topicId;
    this.producer = producer;
    this.training = training;
    this.policy = policy;
    this.manifest = manifest;
  }

  String topicId() {
    return topicId;
  }

  Producer<String, SpecificRecord> producer() {
    return producer;
  }

  PolicyTraining training() {
    return training;
  }

  /** Buckets that were fetched and not yet taken in. */
  Deque<ConsumerRecord<String, PreferenceBucket>> queue() {
    return queue;
  }

  @Nullable Policy policy() {
    return policy;
  }

  @Nullable ModelVersion manifest() {
    return manifest;
  }

  void committed(Policy current, ModelVersion currentManifest) {
    policy = current;
    manifest = currentManifest;
    training.committed();
  }

  /** An open transaction is aborted. */
  @Override
  public void close() {
    queue.clear();
    producer.close(CLOSE_PATIENCE);
  }
}
