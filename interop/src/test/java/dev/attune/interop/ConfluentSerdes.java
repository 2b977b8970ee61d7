package dev.attune.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Runs inside Confluent's class loader: the Kafka and the Avro that it names are, there, those that
 * Confluent's classes came with. {@link ConfluentLoader} makes one.
 */
public final class ConfluentSerdes implements Confluent {
  private static final String SERIALIZERS = "io.confluent.kafka.serializers.";
  private static final String ENTITIES = "io.confluent.kafka.schemaregistry.client.rest.entities.";

  private final Serializer<Object> serializer;
  private final Deserializer<Object> generic;
  private final Deserializer<Object> specific;

  public ConfluentSerdes(Map<String, ?> configs) throws ReflectiveOperationException {
    this.serializer = serializer();
    this.generic = deserializer();
    this.specific = deserializer();
    serializer.configure(configs, false);
    generic.configure(configs, false);
    Map<String, Object> reading = new HashMap<>(configs);
    reading.put("specific.avro.reader", true);
    specific.configure(reading, false);
  }

  @Override
  public byte[] writeGeneric(String topic, String schema, byte[] record) {
    Schema parsed = new Schema.Parser().parse(schema);
    return serializer.serialize(topic, decode(new GenericDatumReader<>(parsed), record));
  }

  @Override
  public byte[] writeSpecific(String topic, String type, byte[] record) {
    return serializer.serialize(topic, decode(reader(type), record));
  }

  @Override
  public byte[] readGeneric(String topic, byte[] message) {
    GenericRecord record = (GenericRecord) generic.deserialize(topic, message);
    return encode(new GenericDatumWriter<>(record.getSchema()), record);
  }

  @Override
  public byte[] readSpecific(String topic, byte[] message) {
    SpecificRecord record = (SpecificRecord) specific.deserialize(topic, message);
    Schema schema = record.getSchema();
    return encode(new SpecificDatumWriter<>(schema, SpecificData.getForSchema(schema)), record);
  }

  @Override
  public String guid(String schema, List<List<Object>> references) {
    try {
      Class<?> reference = Class.forName(ENTITIES + "SchemaReference");
      List<Object> theirs = new ArrayList<>();
      for (List<Object> ours : references) {
        theirs.add(
            reference
                .getConstructor(String.class, String.class, Integer.class)
                .newInstance(ours.toArray()));
      }
      Object entity =
          Class.forName(ENTITIES + "Schema")
              .getConstructor(
                  String.class,
                  Integer.class,
                  Integer.class,
                  String.class,
                  List.class,
                  String.class)
              .newInstance("any", 1, 1, "AVRO", theirs, schema);
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      entity.getClass().getMethod("updateHash", MessageDigest.class).invoke(entity, md5);
      ByteBuffer digest = ByteBuffer.wrap(md5.digest());
      return new UUID(digest.getLong(), digest.getLong()).toString();
    } catch (ReflectiveOperationException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <R> R decode(GenericDatumReader<R> reader, byte[] record) {
    try {
      return reader.read(null, DecoderFactory.get().binaryDecoder(record, null));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <R> byte[] encode(DatumWriter<R> writer, R record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    try {
      writer.write(record, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  private static SpecificDatumReader<SpecificRecord> reader(String type) {
    try {
      Class<? extends SpecificRecord> found = Class.forName(type).asSubclass(SpecificRecord.class);
      SpecificData data = SpecificData.getForClass(found);
      Schema schema = data.getSchema(found);
      return new SpecificDatumReader<>(schema, schema, data);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unchecked") // Confluent's implements Serializer<Object>
  private static Serializer<Object> serializer() throws ReflectiveOperationException {
    return (Serializer<Object>) make("KafkaAvroSerializer");
  }

  @SuppressWarnings("unchecked") // Confluent's implements Deserializer<Object>
  private static Deserializer<Object> deserializer() throws ReflectiveOperationException {
    return (Deserializer<Object>) make("KafkaAvroDeserializer");
  }

  private static Object make(String name) throws ReflectiveOperationException {
    return Class.forName(SERIALIZERS + name).getConstructor().newInstance();
  }
}
