package dev.attune.cli.demo;

import dev.attune.cli.traffic.ModelBoard;
import dev.attune.cli.traffic.TopicFollower;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Fills the ledger and the board from what the services committed. Thread-safe. */
final class Bookkeeper implements AutoCloseable {
  private final EventLedger ledger;
  private final ModelBoard models;
  private final AtomicLong comparisons = new AtomicLong();
  private final TopicFollower outputs;
  private final TopicFollower manifests;

  Bookkeeper(KafkaSettings kafka, EventLedger ledger, ModelBoard models) {
    this.ledger = ledger;
    this.models = models;
    outputs =
        new TopicFollower(
            kafka,
            "attune-demo-outputs",
            List.of(Topics.BUCKETS_BY_DOMAIN, Topics.PREFERENCES_REJECTED),
            TopicFollower.Start.END,
            this::enter);
    manifests =
        new TopicFollower(
            kafka,
            "attune-demo-models",
            List.of(Topics.MODELS),
            TopicFollower.Start.BEGINNING,
            this::enter);
  }

  /** Comparisons that ingest handed to the trainer, those of other senders included. */
  long comparisonsBucketed() {
    return comparisons.get();
  }

  /** Throws where the outputs are no longer followed. */
  void check() {
    outputs.check();
    manifests.check();
  }

  private void enter(ConsumerRecord<String, SpecificRecord> record) {
    SpecificRecord value = record.value();
    if (value instanceof PreferenceBucket bucket) {
      int partition = bucket.getSourcePartition();
      bucket.getSourceOffsets().forEach(offset -> ledger.covered(new Place(partition, offset)));
      for (Feedback feedback : bucket.getFeedback()) {
        ledger.accepted(new Place(partition, feedback.getOffset()));
        comparisons.addAndGet(feedback.getComparisons().size());
      }
    } else if (value instanceof RejectedPreference rejected) {
      Position source = rejected.getSource();
      ledger.rejected(new Place(source.getPartition(), source.getOffset()));
    } else if (value instanceof ModelVersion manifest) {
      models.published(manifest);
    }
  }

  @Override
  public void close() {
    outputs.close();
    manifests.close();
  }
}
