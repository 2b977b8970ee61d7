package dev.attune.ingest;

import dev.attune.ingest.IngestMeters.Duplicate;
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
final class DeduplicateProcessor implements Processor<String, UserEvent, String, UserEvent> {
  private final long windowMillis;
  private final IngestMeters meters;
  private ProcessorContext<String, UserEvent> context;
  private WindowStore<String, Integer> seen;

  DeduplicateProcessor(long windowMillis, IngestMeters meters) {
    this.windowMillis = windowMillis;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, UserEvent> processorContext) {
    this.context = processorContext;
    this.seen = processorContext.getStateStore(IngestTopology.SEEN_STORE);
  }

  @Override
  public void process(Record<String, UserEvent> record) {
    UserEvent event = record.value();
    String id = event.userId() + '\0' + event.eventId();
    Integer before = revisionSeen(id, event.appendedAt());
    if (before == null) {
      seen.put(id, event.revision(), event.appendedAt());
    }
    if (before != null) {
      meters.duplicate(kind(event.revision(), before));
      context.forward(record.withValue(event.withoutFeedback()));
    } else if (event.feedback() == null) {
      meters.duplicate(Duplicate.WITHDRAWN);
      context.forward(record);
    } else {
      meters.accepted(
          event.feedback().getComparisons().size(), event.feedback().getJudgements().size());
      context.forward(record);
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
