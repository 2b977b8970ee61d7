package dev.attune.ingest.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.topology.Nodes;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes and checks a record of attune.preferences. A good one goes on as a {@link UserEvent}; a
 * bad one goes to the rejected topic, and its offset goes on to its user's buckets. Has no state. A
 * registry that cannot be asked is the task's failure, not the record's: nothing is skipped.
 */
public final class ValidateProcessor implements Processor<byte[], byte[], String, Object> {
  private static final Logger LOG = LoggerFactory.getLogger(ValidateProcessor.class);

  private final RecordDecoder<PreferenceEvent> decoder;
  private final EventLimits limits;
  private final EventReader reader;
  private final IngestMeters meters;
  private final PoisonRecords poison;
  private ProcessorContext<String, Object> context;

  public ValidateProcessor(
      Deserializer<PreferenceEvent> deserializer,
      EventConfig config,
      IngestMeters meters,
      PoisonRecords poison) {
    this.decoder = new RecordDecoder<>(Topics.PREFERENCES.name(), deserializer);
    this.limits = config.limits();
    this.reader = new EventReader(config);
    this.meters = meters;
    this.poison = poison;
  }

  @Override
  public void init(ProcessorContext<String, Object> processorContext) {
    this.context = processorContext;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    SourceRecord source = source(record, context.recordMetadata().orElseThrow());
    process(record.key(), source, record.headers());
  }

  /**
   * Validates a record that came, or the original of one that was released.
   *
   * @param headers may name the schema
   */
  void process(byte @Nullable [] recordKey, SourceRecord source, Headers headers) {
    String key = utf8(recordKey);
    meters.read(source.value().remaining());
    try {
      requireUntainted(context.recordMetadata().orElseThrow());
      UserEvent event = read(key, source, headers);
      context.forward(new Record<>(event.userId(), event, source.appendedAt()), Nodes.ADMIT);
    } catch (RejectedEventException e) {
      reject(recordKey, source, e);
    }
  }

  /** Sends a record to the rejected topic; its offset is covered, unless it was before. */
  void reject(byte @Nullable [] recordKey, SourceRecord source, RejectedEventException problem) {
    meters.rejected(problem.reason());
    String key = utf8(recordKey);
    boolean usableKey =
        key != null && !TextRules.blank(key) && key.length() <= EventLimits.MAX_ID_LENGTH;
    context.forward(
        new Record<>(
            usableKey ? key : "",
            source.rejected(problem.reason().name(), problem.getMessage()),
            source.appendedAt()),
        Nodes.REJECTED_SINK);
    if (usableKey && !source.released()) {
      UserChange covered = new UserChange.Covered(key, Domains.GENERAL, source);
      context.forward(new Record<>(key, covered, source.appendedAt()), Nodes.BUCKET);
    }
  }

  /** Of a released record its own place counts, not the original's. */
  private void requireUntainted(RecordMetadata here) {
    poison.requireUntainted(here.topic(), here.partition(), here.offset());
  }

  private UserEvent read(@Nullable String key, SourceRecord source, Headers headers) {
    PreferenceEvent event = decode(source, headers);
    try {
      return reader.read(event, key, source);
    } catch (RejectedEventException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.atError()
          .addKeyValue("partition", source.partition())
          .addKeyValue("offset", source.offset())
          .addKeyValue("exception", e.getClass().getName())
          .log("an event could not be processed; it is rejected");
      throw new RejectedEventException(
          RejectionReason.UNPROCESSABLE, "a defect of Attune: " + e.getClass().getSimpleName());
    }
  }

  private PreferenceEvent decode(SourceRecord source, Headers headers) {
    byte[] value = source.bytes();
    if (value.length > limits.maxEventBytes()) {
      throw new RejectedEventException(
          RejectionReason.EVENT_TOO_LARGE,
          "the record has " + value.length + " bytes, at most " + limits.maxEventBytes());
    }
    return decoder.decode(headers, value);
  }

  private static SourceRecord source(Record<byte[], byte[]> record, RecordMetadata metadata) {
    return new SourceRecord(
        new Position(metadata.topic(), metadata.partition(), metadata.offset()),
        record.timestamp(),
        ByteBuffer.wrap(record.value() == null ? new byte[0] : record.value()),
        SchemaHeaders.of(record.headers()),
        false);
  }

  private static @Nullable String utf8(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    try {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.indexOf('\0') < 0 ? text : null;
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
