package dev.attune.interop;

import dev.attune.schemas.serde.AvroSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/** Avro's binary encoding of generated records, without any framing. */
final class PlainAvro {
  static {
    // It tells Avro that Attune's records may be made.
    new AvroSerializer<SpecificRecord>().close();
  }

  private PlainAvro() {}

  static byte[] encode(SpecificRecord record) {
    Schema schema = record.getSchema();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    try {
      new SpecificDatumWriter<>(schema, SpecificData.getForSchema(schema)).write(record, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Reads what the writer's schema wrote as the generated class of the reader's. */
  static SpecificRecord decode(byte[] bytes, Schema writer, Schema reader) {
    SpecificData data = SpecificData.getForSchema(reader);
    try {
      return new SpecificDatumReader<SpecificRecord>(writer, reader, data)
          .read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same record as the other schema would have written it. */
  static byte[] translate(SpecificRecord record, Schema to) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    try {
      Object generic =
          new GenericDatumReader<>(record.getSchema(), to)
              .read(null, DecoderFactory.get().binaryDecoder(encode(record), null));
      new GenericDatumWriter<>(to).write(generic, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
