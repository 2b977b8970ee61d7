package dev.attune.ingest.event;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.RejectedPreference;
import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Reads attune.preferences.released: takes the original record out of its wrapping and validates it
 * like any other, at the broker's time of the release. Its position stays that of the original. A
 * record that is no quarantined event, or lies in another partition than the original (where
 * nothing is known of its user), goes to the rejected topic.
 */
public final class ReleaseProcessor implements Processor<byte[], byte[], String, Object> {
  private final RecordDecoder<RejectedPreference> decoder;
  private final ValidateProcessor validate;
  private ProcessorContext<String, Object> context;

  /**
   * One task's.
   *
   * @param validate of this processor alone
   */
  public ReleaseProcessor(
      Deserializer<RejectedPreference> deserializer, ValidateProcessor validate) {
    this.decoder = new RecordDecoder<>(Topics.PREFERENCES_RELEASED.name(), deserializer);
    this.validate = validate;
  }

  @Override
  public void init(ProcessorContext<String, Object> processorContext) {
    this.context = processorContext;
    validate.init(processorContext);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    SourceRecord wrapping = wrapping(record, context.recordMetadata().orElseThrow());
    SourceRecord original;
    try {
      original = original(record, wrapping);
    } catch (RejectedEventException e) {
      validate.reject(record.key(), wrapping, e);
      return;
    }
    validate.process(record.key(), original, SchemaHeaders.asHeaders(original.headers()));
  }

  private SourceRecord original(Record<byte[], byte[]> record, SourceRecord wrapping) {
    @Nullable RejectedPreference released = decoder.decode(record.headers(), record.value());
    if (released == null) {
      throw new RejectedEventException(RejectionReason.NOT_AVRO, "the record has no value");
    }
    if (released.getSource().getPartition() != wrapping.partition()) {
      throw new RejectedEventException(
          RejectionReason.KEY_MISMATCH,
          "released to partition %d, but the original is in %d"
              .formatted(wrapping.partition(), released.getSource().getPartition()));
    }
    return new SourceRecord(
        released.getSource(),
        record.timestamp(),
        released.getOriginal(),
        released.getHeaders(),
        true);
  }

  /** The record itself; its offset is no event's and is not to be covered. */
  private static SourceRecord wrapping(Record<byte[], byte[]> record, RecordMetadata metadata) {
    return new SourceRecord(
        new Position(metadata.topic(), metadata.partition(), metadata.offset()),
        record.timestamp(),
        ByteBuffer.wrap(record.value() == null ? new byte[0] : record.value()),
        SchemaHeaders.of(record.headers()),
        true);
  }
}
