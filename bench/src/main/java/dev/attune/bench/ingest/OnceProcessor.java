package dev.attune.bench.ingest;

import dev.attune.schemas.events.PreferenceEvent;
import java.time.Duration;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** Lets each event of a user pass once in a window, as a Streams program of a page would do it. */
final class OnceProcessor implements Processor<byte[], PreferenceEvent, byte[], PreferenceEvent> {
  static final String STORE = "seen";

  private final long windowMillis;
  private ProcessorContext<byte[], PreferenceEvent> context;
  private WindowStore<String, Integer> seen;

  OnceProcessor(Duration window) {
    this.windowMillis = window.toMillis();
  }

  @Override
  public void init(ProcessorContext<byte[], PreferenceEvent> processorContext) {
    this.context = processorContext;
    this.seen = processorContext.getStateStore(STORE);
  }

  @Override
  public void process(Record<byte[], PreferenceEvent> record) {
    PreferenceEvent event = record.value();
    String id = event.getUserId() + '\0' + event.getEventId();
    long at = record.timestamp();
    boolean before;
    try (WindowStoreIterator<Integer> found =
        seen.fetch(id, Math.max(0, at - windowMillis), at + windowMillis)) {
      before = found.hasNext();
    }
    if (!before) {
      seen.put(id, event.getRevision(), at);
      context.forward(record);
    }
  }
}
