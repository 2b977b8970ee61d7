package dev.attune.schemas.serde;

import dev.attune.schemas.registry.RegisteredSchema;
import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes generated Avro records in the Schema Registry's wire format: byte for byte what
 * Confluent's {@code KafkaAvroSerializer} writes.
 *
 * <p>Configured by Confluent's keys (see {@link
 * dev.attune.schemas.registry.RegistryConfig#from(Map)}), and of the serializer's own {@code
 * auto.register.schemas} (default true), {@code use.latest.version} and {@code
 * latest.compatibility.strict}. Subjects follow TopicNameStrategy. A null record gives null bytes.
 *
 * <p>Thread-safe once configured, as a KafkaProducer needs. {@link #serialize} throws {@link
 * WireFormatException}.
 */
public final class AvroSerializer<T extends SpecificRecord> implements Serializer<T> {
  static {
    TrustedRecords.trust();
  }

  private final ConcurrentMap<Target, Writer> writers = new ConcurrentHashMap<>();

  /** Most serializers write one kind of record to one topic: it is found without hashing. */
  private volatile @Nullable Latest latest;

  private @Nullable SerdeConfig config;

  /** Kafka makes one by class name and configures it. */
  public AvroSerializer() {}

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    this.config = SerdeConfig.from(configs, isKey);
  }

  @Override
  public byte @Nullable [] serialize(String topic, @Nullable T record) {
    if (record == null) {
      return null;
    }
    if (config == null) {
      throw new IllegalStateException("AvroSerializer has not been configured");
    }
    Writer writer = writer(config, topic, record.getSchema());
    try {
      return writer.write(record);
    } catch (IOException | RuntimeException e) {
      throw new WireFormatException(
          Reason.INVALID_RECORD,
          String.format(
              "A %s for %s does not fit schema %d: %s",
              record.getSchema().getName(), topic, writer.id, e.getClass().getSimpleName()));
    }
  }

  /** Topics and schemas of one kind of record are the same objects each time. */
  @SuppressWarnings("ReferenceEquality")
  private Writer writer(SerdeConfig settings, String topic, Schema schema) {
    Latest before = latest;
    if (before != null && before.schema == schema && before.topic.equals(topic)) {
      return before.writer;
    }
    Target target = new Target(settings.subject(topic), schema);
    Writer writer = writers.get(target);
    if (writer == null) {
      writer = writer(settings, target);
      writers.put(target, writer);
    }
    latest = new Latest(topic, schema, writer);
    return writer;
  }

  private record Latest(String topic, Schema schema, Writer writer) {}

  private static Writer writer(SerdeConfig config, Target target) {
    String subject = target.subject();
    Schema schema = target.schema();
    try {
      if (config.autoRegister()) {
        return new Writer(config.registry().register(subject, schema), schema, schema);
      }
      if (config.useLatest()) {
        RegisteredSchema latest = config.registry().latest(subject);
        if (config.latestStrict() && !readable(schema, latest.schema())) {
          throw new WireFormatException(
              Reason.REGISTRY_REFUSED,
              "Version " + latest.version() + " of " + subject + " cannot hold the record");
        }
        return new Writer(latest.id(), schema, latest.schema());
      }
      return new Writer(config.registry().idOf(subject, schema), schema, schema);
    } catch (RegistryException e) {
      throw WireFormatException.writing(subject, e);
    }
  }

  private static boolean readable(Schema writer, Schema reader) {
    return org.apache.avro.SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
            .getType()
        == org.apache.avro.SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE;
  }

  private record Target(String subject, Schema schema) {}

  /** Writes records of one schema for one subject. */
  private static final class Writer {
    private final int id;
    private final DatumWriter<Object> records;
    private final @Nullable Translation translation;

    Writer(int id, Schema schema, Schema registered) {
      this.id = id;
      this.records = new SpecificDatumWriter<>(schema, SpecificData.getForSchema(schema));
      this.translation = schema.equals(registered) ? null : new Translation(schema, registered);
    }

    byte[] write(SpecificRecord record) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
      bytes.writeBytes(
          ByteBuffer.allocate(WireFormat.ID_PREFIX).put(WireFormat.ID_MAGIC).putInt(id).array());
      if (translation == null) {
        encode(records, record, bytes);
      } else {
        ByteArrayOutputStream own = new ByteArrayOutputStream(512);
        encode(records, record, own);
        translation.write(own.toByteArray(), bytes);
      }
      return bytes.toByteArray();
    }
  }

  /** Writes a record by the registered schema, whose fields may differ from the record's. */
  private static final class Translation {
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;

    Translation(Schema own, Schema registered) {
      this.reader = new GenericDatumReader<>(own, registered);
      this.writer = new GenericDatumWriter<>(registered);
    }

    void write(byte[] own, ByteArrayOutputStream bytes) throws IOException {
      GenericRecord record = reader.read(null, DecoderFactory.get().binaryDecoder(own, null));
      encode(writer, record, bytes);
    }
  }

  private static <R> void encode(DatumWriter<R> writer, R record, ByteArrayOutputStream bytes)
      throws IOException {
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    writer.write(record, encoder);
    encoder.flush();
  }
}
