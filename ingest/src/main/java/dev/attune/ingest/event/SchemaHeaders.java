package dev.attune.ingest.event;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;

/**
 * The headers in which Confluent's serializers, from 8.0 on, may put the schema's id: without them
 * such a record's bytes cannot be read. No other header is kept: they may hold anything.
 */
public final class SchemaHeaders {
  /** Where the id of the value's schema may stand. */
  public static final String VALUE = "__value_schema_id";

  private static final List<String> NAMES = List.of("__key_schema_id", VALUE);

  /** A magic byte and a GUID. What is longer is no schema's id. */
  private static final int MAX_LENGTH = 1 + 2 * Long.BYTES;

  private SchemaHeaders() {}

  /**
   * Those of a record, by name; of several with one name the last, which is the one that counts.
   */
  static Map<String, ByteBuffer> of(Headers headers) {
    Map<String, ByteBuffer> kept = new TreeMap<>();
    for (String name : NAMES) {
      Header header = headers.lastHeader(name);
      if (header != null && header.value() != null && header.value().length <= MAX_LENGTH) {
        kept.put(name, ByteBuffer.wrap(header.value()));
      }
    }
    return kept;
  }

  /**
   * Whether the record names its schema by a number that is not negative, as every registry gives
   * them.
   *
   * @param value framed, as is the header where there is one
   */
  static boolean ordinaryId(Headers headers, byte[] value) {
    Header header = headers.lastHeader(VALUE);
    ByteBuffer frame =
        ByteBuffer.wrap(header == null || header.value() == null ? value : header.value());
    return frame.get() == 0 && frame.getInt() >= 0;
  }

  /** The same as a record has them, to read its bytes with. */
  static Headers asHeaders(Map<String, ByteBuffer> kept) {
    RecordHeaders headers = new RecordHeaders();
    kept.forEach((name, value) -> headers.add(name, Utils.toArray(value)));
    return headers;
  }
}
