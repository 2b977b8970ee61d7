package dev.attune.ingest.admission;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.ingest.event.RecordDecoder;
import dev.attune.ingest.event.RejectedEventException;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Erasure;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import java.util.Arrays;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads attune.erasures: forgets what admission remembers of the user, then tells the join and the
 * buckets. A request that cannot be read, or whose key is not its user id, is logged and counted,
 * and the next one is read: it says nobody who could be erased. A registry that cannot be asked is
 * the task's failure, so that no request is skipped. A record without a value is a request that was
 * taken off the compacted topic; it says nothing.
 */
public final class EraseProcessor implements Processor<byte[], byte[], String, UserChange> {
  private static final Logger LOG = LoggerFactory.getLogger(EraseProcessor.class);

  private final RecordDecoder<ErasureRequest> decoder;
  private final IngestMeters meters;
  private ProcessorContext<String, UserChange> context;
  private SeenEvents seen;
  private KeyValueStore<String, UserActivity> activity;

  public EraseProcessor(Deserializer<ErasureRequest> deserializer, IngestMeters meters) {
    this.decoder = new RecordDecoder<>(Topics.ERASURES.name(), deserializer);
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, UserChange> processorContext) {
    this.context = processorContext;
    this.seen = new SeenEvents(processorContext.getStateStore(StateStores.SEEN), 0);
    this.activity = processorContext.getStateStore(StateStores.ACTIVITY);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    ErasureRequest request = read(record);
    if (request == null) {
      refuse(Erasure.UNREADABLE);
    } else if (!Arrays.equals(request.getUserId().getBytes(UTF_8), record.key())) {
      refuse(Erasure.KEY_MISMATCH);
    } else {
      erase(request.getUserId(), record.timestamp());
    }
  }

  /** Each further store that holds something of a user has its line here. */
  private void erase(String userId, long timestamp) {
    seen.erase(userId);
    activity.delete(userId);
    context.forward(new Record<>(userId, new UserChange.Erased(userId), timestamp), Nodes.JOIN);
    meters.erasure(Erasure.DONE);
  }

  private @Nullable ErasureRequest read(Record<byte[], byte[]> record) {
    try {
      return decoder.decode(record.headers(), record.value());
    } catch (RejectedEventException e) {
      return null;
    }
  }

  private void refuse(Erasure why) {
    meters.erasure(why);
    RecordMetadata metadata = context.recordMetadata().orElseThrow();
    LOG.atError()
        .addKeyValue("topic", metadata.topic())
        .addKeyValue("partition", metadata.partition())
        .addKeyValue("offset", metadata.offset())
        .addKeyValue("reason", why)
        .log("a request for erasure cannot be followed; nobody is erased by it");
  }
}
