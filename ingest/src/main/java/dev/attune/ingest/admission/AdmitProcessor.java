package dev.attune.ingest.admission;

import dev.attune.ingest.admission.AbuseGuard.Quarantine;
import dev.attune.ingest.admission.SeenEvents.Found;
import dev.attune.ingest.event.RejectionReason;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Duplicate;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.Feedback;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a valid event counts: of each event of a user its latest revision does, once. An
 * event is remembered for the window, which begins with the broker's time of its first record and
 * is not prolonged by later ones. A later revision takes the earlier one back; a withdrawal leaves
 * nothing in its place. What the guard holds back is not remembered, so that it can still count
 * when it is released.
 */
public final class AdmitProcessor implements Processor<String, UserEvent, String, Object> {
  /** Where changes of the user go on to. */
  private static final String NEXT = Nodes.JOIN;

  private final long windowMillis;
  private final long clockSkewMillis;
  private final Function<ProcessorContext<?, ?>, AbuseGuard> guards;
  private final IngestMeters meters;
  private ProcessorContext<String, Object> context;
  private AbuseGuard guard;
  private SeenEvents seen;

  /**
   * One task's.
   *
   * @param windowMillis how long an event is remembered
   * @param clockSkewMillis how far an event's time may lie after its record's
   * @param guards makes the task's guard, which may have stores of its own
   */
  public AdmitProcessor(
      long windowMillis,
      long clockSkewMillis,
      Function<ProcessorContext<?, ?>, AbuseGuard> guards,
      IngestMeters meters) {
    this.windowMillis = windowMillis;
    this.clockSkewMillis = clockSkewMillis;
    this.guards = guards;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, Object> processorContext) {
    this.context = processorContext;
    this.guard = guards.apply(processorContext);
    this.seen = new SeenEvents(processorContext.getStateStore(StateStores.SEEN), windowMillis);
  }

  @Override
  public void process(Record<String, UserEvent> record) {
    UserEvent event = record.value();
    Found before = seen.find(event);
    if (before != null && before.event().revision() >= event.revision()) {
      meters.duplicate(
          before.event().revision() == event.revision() ? Duplicate.RETRY : Duplicate.SUPERSEDED);
      cover(record);
    } else if (event.feedback() == null) {
      withdraw(record, before);
    } else if (before == null && comesTooLate(event)) {
      reject(record);
    } else {
      Optional<Quarantine> held = examine(event);
      if (held.isPresent()) {
        quarantine(record, held.get());
      } else {
        learn(record, event.feedback(), before);
      }
    }
  }

  /**
   * The original may have been forgotten: taking the correction as new could count it twice. Its
   * record may be older than it says by what clocks may differ.
   */
  private boolean comesTooLate(UserEvent event) {
    return event.revision() > 0
        && event.feedback().getOccurredAt().toEpochMilli()
            < event.source().appendedAt() - windowMillis + clockSkewMillis;
  }

  /** An operator has let a released event pass. */
  private Optional<Quarantine> examine(UserEvent event) {
    return event.source().released() ? Optional.empty() : guard.examine(event);
  }

  private void learn(Record<String, UserEvent> record, Feedback feedback, @Nullable Found before) {
    int comparisons = feedback.getComparisons().size();
    int judgements = feedback.getJudgements().size();
    retract(record, before);
    remember(record.value(), before, comparisons, judgements);
    if (before == null) {
      meters.accepted(comparisons, judgements);
    } else {
      meters.corrected(comparisons, judgements);
    }
    forward(record, new UserChange.Learned(record.value()));
  }

  private void withdraw(Record<String, UserEvent> record, @Nullable Found before) {
    retract(record, before);
    remember(record.value(), before, 0, 0);
    meters.withdrawn();
    cover(record);
  }

  private void remember(UserEvent event, @Nullable Found before, int comparisons, int judgements) {
    SeenEvent now =
        new SeenEvent(
            event.revision(),
            event.domain(),
            event.source().partition(),
            event.source().offset(),
            comparisons,
            judgements,
            event.feedback() == null);
    seen.put(event, now, before == null ? event.source().appendedAt() : before.firstAt());
  }

  private void retract(Record<String, UserEvent> record, @Nullable Found before) {
    if (before == null || before.event().withdrawn()) {
      return;
    }
    UserEvent event = record.value();
    SeenEvent earlier = before.event();
    forward(
        record,
        new UserChange.Retracted(
            event.userId(),
            earlier.domain(),
            event.eventId(),
            earlier.revision(),
            event.revision(),
            earlier.partition(),
            earlier.offset(),
            earlier.comparisons(),
            earlier.judgements()));
  }

  private void quarantine(Record<String, UserEvent> record, Quarantine held) {
    meters.quarantined(held.reason());
    context.forward(
        record.withValue(record.value().source().rejected(held.reason().name(), held.message())),
        Nodes.QUARANTINED_SINK);
    cover(record);
  }

  private void reject(Record<String, UserEvent> record) {
    RejectionReason reason = RejectionReason.CORRECTION_TOO_LATE;
    meters.rejected(reason);
    context.forward(
        record.withValue(
            record
                .value()
                .source()
                .rejected(
                    reason.name(),
                    "a correction of an event that is older than the "
                        + windowMillis
                        + " ms for which events are remembered")),
        Nodes.REJECTED_SINK);
    cover(record);
  }

  /** A released record's offset was covered when it was held back. */
  private void cover(Record<String, UserEvent> record) {
    UserEvent event = record.value();
    if (!event.source().released()) {
      forward(record, new UserChange.Covered(event.userId(), event.domain(), event.source()));
    }
  }

  private void forward(Record<String, UserEvent> record, UserChange change) {
    context.forward(record.withValue(change), NEXT);
  }
}
