package dev.attune.ingest.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.topology.Nodes;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.serde.WireFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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

  private final Deserializer<PreferenceEvent> deserializer;
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
    this.deserializer = deserializer;
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
    String key = utf8(record.key());
    meters.read(record.value() == null ? 0 : record.value().length);
    try {
      poison.requireUntainted(source.position().getTopic(), source.partition(), source.offset());
      UserEvent event = read(record, key, source);
      context.forward(new Record<>(event.userId(), event, record.timestamp()), Nodes.ADMIT);
    } catch (RejectedEventException e) {
      reject(record, key, source, e);
    }
  }

  private UserEvent read(Record<byte[], byte[]> record, @Nullable String key, SourceRecord source) {
    PreferenceEvent event = decode(record);
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

  private PreferenceEvent decode(Record<byte[], byte[]> record) {
    byte[] value = record.value();
    if (value == null) {
      throw new RejectedEventException(RejectionReason.NOT_AVRO, "the record has no value");
    }
    if (value.length > limits.maxEventBytes()) {
      throw new RejectedEventException(
          RejectionReason.EVENT_TOO_LARGE,
          "the record has " + value.length + " bytes, at most " + limits.maxEventBytes());
    }
    try {
      return deserializer.deserialize(Topics.PREFERENCES.name(), record.headers(), value);
    } catch (WireFormatException e) {
      RejectionReason reason =
          switch (e.reason()) {
            case NOT_AVRO_FRAME -> RejectionReason.NOT_AVRO;
            case MALFORMED_AVRO -> RejectionReason.MALFORMED_AVRO;
            case UNKNOWN_SCHEMA_ID -> RejectionReason.UNKNOWN_SCHEMA_ID;
            case WRONG_TYPE, UNUSABLE_SCHEMA -> RejectionReason.WRONG_SCHEMA;
            case REGISTRY_REFUSED -> refused(e);
            case INVALID_RECORD, REGISTRY_UNAVAILABLE -> throw e;
          };
      throw new RejectedEventException(reason, e.getMessage());
    }
  }

  /**
   * What a registry that does not have the kind of id answers (a GUID, a negative number) is the
   * record's fault. That the whole registry is wrong shows when the rejection is to be written,
   * which needs it too.
   */
  private static RejectionReason refused(WireFormatException e) {
    if (e.getCause() instanceof RegistryException cause
        && cause.kind() == RegistryException.Kind.REFUSED) {
      return RejectionReason.UNKNOWN_SCHEMA_ID;
    }
    throw e;
  }

  private void reject(
      Record<byte[], byte[]> record,
      @Nullable String key,
      SourceRecord source,
      RejectedEventException problem) {
    meters.rejected(problem.reason());
    boolean usableKey =
        key != null && !TextRules.blank(key) && key.length() <= EventLimits.MAX_ID_LENGTH;
    context.forward(
        new Record<>(
            usableKey ? key : "",
            source.rejected(problem.reason().name(), problem.getMessage()),
            record.timestamp()),
        Nodes.REJECTED_SINK);
    if (usableKey) {
      UserChange covered = new UserChange.Covered(key, Domains.GENERAL, source);
      context.forward(new Record<>(key, covered, record.timestamp()), Nodes.BUCKET);
    }
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
