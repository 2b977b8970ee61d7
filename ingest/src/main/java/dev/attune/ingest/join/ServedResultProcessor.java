package dev.attune.ingest.join;

import dev.attune.ingest.event.EventLimits;
import dev.attune.ingest.event.RecordDecoder;
import dev.attune.ingest.event.RejectedEventException;
import dev.attune.ingest.event.SchemaHeaders;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Result;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ServedResult;
import java.nio.ByteBuffer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Keeps each result of attune.rewards for the window in which its user may answer it.
 *
 * <p>There may be a hundred results for one event, so of a result only the request's id and the
 * error are decoded here; its bytes are kept as they came, and read when an event names the
 * request. A result that nobody can join, or that cannot be decoded, is counted and left out: it is
 * no event, and nothing is lost but features. A registry that cannot be asked fails the task.
 */
public final class ServedResultProcessor implements Processor<String, byte[], Void, Void> {
  private final RecordDecoder<ServedResult> view;
  private final IngestMeters meters;
  private WindowStore<String, byte[]> served;

  public ServedResultProcessor(Deserializer<ServedResult> view, IngestMeters meters) {
    this.view = new RecordDecoder<>(Topics.REWARDS.name(), view);
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    this.served = context.getStateStore(StateStores.SERVED);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    meters.result(keep(record));
  }

  private Result keep(Record<String, byte[]> record) {
    ServedResult result;
    try {
      result = view.decode(record.headers(), record.value());
    } catch (RejectedEventException e) {
      return Result.UNREADABLE;
    }
    if (result == null || record.key() == null) {
      return Result.UNREADABLE;
    }
    String requestId = result.getRequestId();
    if (requestId.isBlank()
        || requestId.length() > EventLimits.MAX_ID_LENGTH
        || result.getError() != ScoreErrorCode.NONE) {
      return Result.SKIPPED;
    }
    served.put(ServedResults.key(record.key(), requestId), framed(record), record.timestamp());
    return Result.KEPT;
  }

  /** The value with its schema's id before it: a newer writer puts that into a header. */
  private static byte[] framed(Record<String, byte[]> record) {
    Header id = record.headers().lastHeader(SchemaHeaders.VALUE);
    if (id == null || id.value() == null) {
      return record.value();
    }
    return ByteBuffer.allocate(id.value().length + record.value().length)
        .put(id.value())
        .put(record.value())
        .array();
  }
}
