package dev.attune.schemas.serde;

import dev.attune.schemas.registry.RegistryException;
import dev.attune.schemas.serde.WireFormat.Frame;
import dev.attune.schemas.serde.WireFormatException.Reason;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads records in the Schema Registry's wire format into generated Avro classes, whichever
 * compatible version of the schema wrote them. Schema ids are taken from the record's prefix or,
 * where a newer writer put it there, from its header.
 *
 * <p>The class is the one given, or the one that {@code specific.avro.value.type} (for keys {@code
 * specific.avro.key.type}) names, or the generated class with the name of the writer's schema. A
 * record of another name is refused rather than taken for it, unless the class has it as an alias:
 * such a class is a view of a part of the record. Further keys: {@link
 * dev.attune.schemas.registry.RegistryConfig#from(Map)}. Null bytes give a null record.
 *
 * <p>Thread-safe once configured. {@link #deserialize} throws {@link WireFormatException}.
 */
public final class AvroDeserializer<T extends SpecificRecord> implements Deserializer<T> {
  static {
    TrustedRecords.trust();
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(AvroDeserializer.class);

  private final ConcurrentMap<Object, SpecificDatumReader<T>> readers = new ConcurrentHashMap<>();
  private @Nullable Class<T> type;
  private @Nullable SerdeConfig config;

  /** Kafka makes one by class name and configures it. */
  public AvroDeserializer() {}

  /** Reads records of one class only. */
  public AvroDeserializer(Class<T> type) {
    this.type = type;
  }

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    this.config = SerdeConfig.from(configs, isKey);
    if (type == null && config.readerType() != null) {
      type = generatedClass(config.readerType(), isKey);
    }
  }

  @Override
  public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
    return deserialize(topic, null, bytes);
  }

  @Override
  public @Nullable T deserialize(String topic, @Nullable Headers headers, byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    if (config == null) {
      throw new IllegalStateException("AvroDeserializer has not been configured");
    }
    Frame frame = WireFormat.read(topic, headers, config.key(), bytes);
    SpecificDatumReader<T> reader = readers.get(frame.schemaKey());
    if (reader == null) {
      reader = reader(config, topic, frame);
      readers.put(frame.schemaKey(), reader);
    }
    return decode(reader, topic, frame);
  }

  private T decode(SpecificDatumReader<T> reader, String topic, Frame frame) {
    try {
      BinaryDecoder decoder =
          DecoderFactory.get().binaryDecoder(frame.bytes(), frame.offset(), frame.length(), null);
      T record = reader.read(null, decoder);
      if (decoder.isEnd()) {
        return record;
      }
      throw malformed(reader, topic, frame, "bytes are left over");
    } catch (WireFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Any of them can come of bytes that are not what they claim to be.
      throw malformed(reader, topic, frame, e.getClass().getSimpleName());
    }
  }

  private static WireFormatException malformed(
      SpecificDatumReader<?> reader, String topic, Frame frame, String problem) {
    return new WireFormatException(
        Reason.MALFORMED_AVRO,
        String.format(
            "A record in %s is not a %s of schema %s: %s",
            topic, reader.getExpected().getName(), frame.schemaKey(), problem));
  }

  private SpecificDatumReader<T> reader(SerdeConfig config, String topic, Frame frame) {
    Schema written;
    try {
      written =
          frame.id() != null
              ? config.registry().byId(frame.id())
              : config.registry().byGuid(frame.guid());
    } catch (RegistryException e) {
      throw WireFormatException.reading(topic, frame.schemaKey(), e);
    }
    Class<T> target = type == null ? classOf(written, topic) : type;
    SpecificData data = SpecificData.getForClass(target);
    Schema expected = data.getSchema(target);
    if (!written.getFullName().equals(expected.getFullName())
        && !expected.getAliases().contains(written.getFullName())) {
      throw new WireFormatException(
          Reason.WRONG_TYPE,
          String.format(
              "A record in %s is a %s, not a %s",
              topic, written.getFullName(), expected.getFullName()));
    }
    if (SchemaCompatibility.checkReaderWriterCompatibility(expected, written).getType()
        != SchemaCompatibilityType.COMPATIBLE) {
      throw new WireFormatException(
          Reason.WRONG_TYPE,
          String.format(
              "A record in %s has schema %s, which %s cannot be read from",
              topic, frame.schemaKey(), expected.getFullName()));
    }
    return new SpecificDatumReader<>(written, expected, data);
  }

  @SuppressWarnings("unchecked") // a generated class with the schema's name
  private Class<T> classOf(Schema written, String topic) {
    if (written.getType() == Schema.Type.RECORD) {
      try {
        Class<?> found = SpecificData.get().getClass(written);
        if (found != null && SpecificRecord.class.isAssignableFrom(found)) {
          return (Class<T>) found;
        }
      } catch (SecurityException e) {
        LOGGER
            .atDebug()
            .addKeyValue("schema", written.getFullName())
            .log("A class is not trusted by Avro");
      }
    }
    throw new WireFormatException(
        Reason.WRONG_TYPE,
        "A record in "
            + topic
            + " is a "
            + written.getFullName()
            + ", which has no generated class here");
  }

  @SuppressWarnings("unchecked") // checked to be a SpecificRecord
  private Class<T> generatedClass(String name, boolean key) {
    try {
      ClassLoader loader = AvroDeserializer.class.getClassLoader();
      return (Class<T>) Class.forName(name, true, loader).asSubclass(SpecificRecord.class);
    } catch (ClassNotFoundException | ClassCastException e) {
      throw new ConfigException(
          "specific.avro." + (key ? "key" : "value") + ".type",
          name,
          "allowed: a class generated from an Avro record");
    }
  }
}
