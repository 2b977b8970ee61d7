package dev.attune.ingest.admission;

import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Duplicate;
import dev.attune.ingest.topology.StateStores;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * Lets each event of a user pass once within the window, which begins with the broker's time of the
 * first record and is not prolonged by repeats. Of a repeat only the offset goes on.
 *
 * <p>The store holds the revision of each event that passed, by user and event id, so that a later
 * revision can be told from a retry.
 */
public final class AdmitProcessor implements Processor<String, UserEvent, String, UserChange> {
  private final long windowMillis;
  private final IngestMeters meters;
  private ProcessorContext<String, UserChange> context;
  private WindowStore<String, Integer> seen;

  public AdmitProcessor(long windowMillis, IngestMeters meters) {
    this.windowMillis = windowMillis;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, UserChange> processorContext) {
    this.context = processorContext;
    this.seen = processorContext.getStateStore(StateStores.SEEN);
  }

  @Override
  public void process(Record<String, UserEvent> record) {
    UserEvent event = record.value();
    String id = event.userId() + '\0' + event.eventId();
    long appendedAt = event.source().appendedAt();
    Integer before = revisionSeen(id, appendedAt);
    if (before == null) {
      seen.put(id, event.revision(), appendedAt);
    }
    UserChange covered = new UserChange.Covered(event.userId(), event.domain(), event.source());
    if (before != null) {
      meters.duplicate(kind(event.revision(), before));
      context.forward(record.withValue(covered));
    } else if (event.feedback() == null) {
      meters.duplicate(Duplicate.WITHDRAWN);
      context.forward(record.withValue(covered));
    } else {
      meters.accepted(
          event.feedback().getComparisons().size(), event.feedback().getJudgements().size());
      context.forward(record.withValue(new UserChange.Learned(event)));
    }
  }

  private @Nullable Integer revisionSeen(String id, long appendedAt) {
    // Also a little later: the clocks of two brokers differ, and so do their times in a partition.
    try (WindowStoreIterator<Integer> found =
        seen.fetch(id, Math.max(0, appendedAt - windowMillis), appendedAt + windowMillis)) {
      return found.hasNext() ? found.next().value : null;
    }
  }

  private static Duplicate kind(int revision, int before) {
    if (revision == before) {
      return Duplicate.RETRY;
    }
    return revision < before ? Duplicate.SUPERSEDED : Duplicate.REVISION;
  }
}
