package dev.attune.schemas.serde;

import dev.attune.schemas.serde.WireFormatException.Reason;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The Schema Registry's framing: a magic byte and the schema's id, then Avro's binary encoding. The
 * magic byte is 0 before a 4-byte id and 1 before a 16-byte GUID. Newer writers may put these into
 * the header {@code __value_schema_id} or {@code __key_schema_id} instead; the payload then is the
 * encoding alone.
 */
final class WireFormat {
  static final byte ID_MAGIC = 0;
  static final byte GUID_MAGIC = 1;
  static final int ID_PREFIX = 1 + Integer.BYTES;
  private static final int GUID_PREFIX = 1 + 2 * Long.BYTES;

  private WireFormat() {}

  /** Which schema wrote a payload: exactly one of id and guid is there. */
  record Frame(@Nullable Integer id, @Nullable UUID guid, byte[] bytes, int offset) {
    int length() {
      return bytes.length - offset;
    }

    Object schemaKey() {
      return id != null ? id : guid;
    }
  }

  static Frame read(String topic, @Nullable Headers headers, boolean key, byte[] payload) {
    Header header =
        headers == null ? null : headers.lastHeader(key ? "__key_schema_id" : "__value_schema_id");
    if (header != null && header.value() != null) {
      Frame frame = parse(topic, header.value(), "schema id header");
      if (frame.length() != 0) {
        throw notFramed(topic, "the schema id header is too long");
      }
      return new Frame(frame.id(), frame.guid(), payload, 0);
    }
    return parse(topic, payload, "record");
  }

  private static Frame parse(String topic, byte[] bytes, String what) {
    if (bytes.length == 0) {
      throw notFramed(topic, "the " + what + " is empty");
    }
    int prefix =
        switch (bytes[0]) {
          case ID_MAGIC -> ID_PREFIX;
          case GUID_MAGIC -> GUID_PREFIX;
          default -> throw notFramed(topic, "the " + what + " begins with another magic byte");
        };
    if (bytes.length < prefix) {
      throw notFramed(topic, "the " + what + " has " + bytes.length + " bytes, at least " + prefix);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 1, prefix - 1);
    return bytes[0] == ID_MAGIC
        ? new Frame(buffer.getInt(), null, bytes, prefix)
        : new Frame(null, new UUID(buffer.getLong(), buffer.getLong()), bytes, prefix);
  }

  private static WireFormatException notFramed(String topic, String problem) {
    return new WireFormatException(
        Reason.NOT_AVRO_FRAME,
        "Not in the schema registry's wire format in " + topic + ": " + problem);
  }
}
