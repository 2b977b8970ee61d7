package dev.attune.ingest.bucket;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.Arrays;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;

/**
 * An {@link Item} in its store: a version byte, a byte of flags, and the content in the wire format
 * of the by-user topic.
 */
final class ItemSerde {
  private static final String TOPIC = Topics.BUCKETS_BY_USER.name();
  private static final byte VERSION = 1;
  private static final int HEAD = 2;

  private final Serde<PreferenceBucket> contents;

  ItemSerde(Serde<PreferenceBucket> contents) {
    this.contents = contents;
  }

  byte[] write(int flags, PreferenceBucket content) {
    byte[] wire = contents.serializer().serialize(TOPIC, content);
    byte[] bytes = new byte[HEAD + wire.length];
    bytes[0] = VERSION;
    bytes[1] = (byte) flags;
    System.arraycopy(wire, 0, bytes, HEAD, wire.length);
    return bytes;
  }

  Item read(Bytes key, byte[] bytes) {
    if (bytes[0] != VERSION) {
      throw new SerializationException(
          "an item of a bucket has version " + bytes[0] + ", not " + VERSION);
    }
    PreferenceBucket content =
        contents.deserializer().deserialize(TOPIC, Arrays.copyOfRange(bytes, HEAD, bytes.length));
    return new Item(BucketKey.indexOf(key), bytes[1], content, bytes.length);
  }
}
