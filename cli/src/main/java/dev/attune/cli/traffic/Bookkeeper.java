package dev.attune.cli.traffic;

import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.RejectedPreference;
import dev.attune.schemas.events.Route;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Fills the ledger and the board from what the services committed, and tells when the trainer has
 * read what ingest gave it. Thread-safe.
 */
public final class Bookkeeper implements AutoCloseable {
  private record LastBucket(int partition, long offset) {}

  private final EventLedger ledger;
  private final ModelBoard models;
  private final Map<String, LastBucket> lastBuckets = new HashMap<>();
  private final Map<String, Long> comparisons = new HashMap<>();
  private final TopicFollower outputs;
  private final TopicFollower manifests;

  /** Starts to follow; what is sent after this constructor returns is seen. */
  public Bookkeeper(KafkaSettings kafka, EventLedger ledger, ModelBoard models) {
    this.ledger = ledger;
    this.models = models;
    outputs =
        new TopicFollower(
            kafka,
            "attune-bookkeeper-outputs",
            List.of(
                Topics.BUCKETS_BY_DOMAIN,
                Topics.BUCKETS_BY_USER,
                Topics.PREFERENCES_REJECTED,
                Topics.PREFERENCES_QUARANTINED),
            TopicFollower.Start.END,
            this::enter);
    manifests =
        new TopicFollower(
            kafka,
            "attune-bookkeeper-models",
            List.of(Topics.MODELS),
            TopicFollower.Start.BEGINNING,
            this::enter);
  }

  /** The names of the models that feedback was seen for. */
  public synchronized Set<String> fed() {
    return new TreeSet<>(lastBuckets.keySet());
  }

  /** Comparisons that ingest handed to the trainer for a model. */
  public synchronized long comparisons(String model) {
    return comparisons.getOrDefault(model, 0L);
  }

  /**
   * Whether the newest manifest of a model includes all feedback seen for it so far: as learned, or
   * as part of a batch that is not full yet.
   */
  public synchronized boolean caughtUp(String model) {
    LastBucket last = lastBuckets.get(model);
    ModelVersion manifest = models.newest(model);
    if (last == null) {
      return true;
    }
    if (manifest == null) {
      return false;
    }
    for (BucketPosition position : manifest.getPositions()) {
      if (position.getPartition() == last.partition()) {
        return position.getNextOffset() > last.offset();
      }
    }
    return false;
  }

  /** Throws where the outputs are no longer followed. */
  public void check() {
    outputs.check();
    manifests.check();
  }

  /** A record without a value says that a user is erased, which changes no account. */
  private void enter(ConsumerRecord<String, SpecificRecord> record) {
    SpecificRecord value = record.value();
    if (value instanceof PreferenceBucket bucket) {
      enter(bucket, record.partition(), record.offset());
    } else if (value instanceof RejectedPreference rejected) {
      Position source = rejected.getSource();
      Place place = new Place(source.getPartition(), source.getOffset());
      if (record.topic().equals(Topics.PREFERENCES_QUARANTINED.name())) {
        ledger.quarantined(place);
      } else {
        ledger.rejected(place);
      }
    } else if (value instanceof ModelVersion manifest && manifest.getName().equals(record.key())) {
      // Under other keys lie the history and what operators ask for.
      models.published(manifest);
    }
  }

  /**
   * By-user buckets cover every event; by-domain buckets hold what the trainer learns from, or only
   * take back what earlier ones held.
   */
  private void enter(PreferenceBucket bucket, int partition, long offset) {
    int source = bucket.getSourcePartition();
    if (bucket.getRoute() == Route.BY_USER) {
      Set<Long> useless = new HashSet<>(bucket.getSourceOffsets());
      bucket.getFeedback().forEach(feedback -> useless.remove(feedback.getOffset()));
      useless.forEach(each -> ledger.covered(new Place(source, each)));
      return;
    }
    long given = 0;
    for (Feedback feedback : bucket.getFeedback()) {
      ledger.accepted(new Place(source, feedback.getOffset()));
      given += feedback.getComparisons().size();
    }
    String model = Domains.modelName(bucket.getDomain());
    synchronized (this) {
      lastBuckets.put(model, new LastBucket(partition, offset));
      comparisons.merge(model, given, Long::sum);
    }
  }

  @Override
  public void close() {
    outputs.close();
    manifests.close();
  }
}
