package dev.attune.ingest.join;

import dev.attune.ingest.event.RecordDecoder;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Join;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ScoreResult;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Puts what was served into the feedback of an event that names its request: the features and the
 * reward of each reply, what computed them, and the probability that was given to what the user
 * did. An event whose result is not there goes on without. Forgets the results of a user who
 * leaves.
 */
public final class JoinProcessor implements Processor<String, UserChange, String, UserChange> {
  private final RecordDecoder<ScoreResult> decoder;
  private final long windowMillis;
  private final IngestMeters meters;
  private ProcessorContext<String, UserChange> context;
  private @Nullable ServedResults served;

  /**
   * A task's join.
   *
   * @param windowMillis greatest age of a result when its event comes; 0: all goes on as it is, and
   *     there is no store of results
   */
  public JoinProcessor(
      Deserializer<ScoreResult> deserializer, long windowMillis, IngestMeters meters) {
    this.decoder = new RecordDecoder<>(Topics.REWARDS.name(), deserializer);
    this.windowMillis = windowMillis;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, UserChange> processorContext) {
    this.context = processorContext;
    if (windowMillis > 0) {
      this.served =
          new ServedResults(
              processorContext.getStateStore(StateStores.SERVED), decoder, windowMillis);
    }
  }

  @Override
  public void process(Record<String, UserChange> record) {
    UserChange change = record.value();
    if (served == null) {
      context.forward(record);
    } else if (change instanceof UserChange.Learned learned
        && learned.event().requestId() != null) {
      UserEvent joined = joined(learned.event(), served);
      context.forward(record.withValue(new UserChange.Learned(joined)));
    } else {
      if (change instanceof UserChange.Erased erased) {
        served.erase(erased.userId());
      }
      context.forward(record);
    }
  }

  private UserEvent joined(UserEvent event, ServedResults results) {
    Optional<ScoreResult> result =
        results.find(event.userId(), event.requestId(), event.source().appendedAt());
    if (result.isEmpty()) {
      meters.join(Join.MISSING);
      return event;
    }
    Feedback feedback = Objects.requireNonNull(event.feedback(), "an accepted event has feedback");
    Optional<Feedback> enriched = ServedFeedback.of(feedback, result.get());
    meters.join(enriched.isPresent() ? Join.JOINED : Join.MISMATCH);
    return enriched.map(event::withFeedback).orElse(event);
  }
}
