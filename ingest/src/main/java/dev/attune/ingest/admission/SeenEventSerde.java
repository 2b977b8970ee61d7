package dev.attune.ingest.admission;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * A {@link SeenEvent} in about 10 bytes and its domain: a version byte, a byte that is 1 for a
 * withdrawal, revision, partition, offset, comparisons and judgements as variable-length numbers,
 * and the domain in UTF-8. Ingest keeps one for each event of the window, so size counts.
 * Thread-safe. Bytes of another version are refused: a newer Attune wrote them.
 */
public final class SeenEventSerde implements Serde<SeenEvent> {
  private static final byte VERSION = 1;

  /** The version, the flag, four numbers of at most 5 bytes and one of at most 10. */
  private static final int MAX_NUMBER_BYTES = 2 + 4 * 5 + 10;

  @Override
  public Serializer<SeenEvent> serializer() {
    return SeenEventSerde::write;
  }

  @Override
  public Deserializer<SeenEvent> deserializer() {
    return SeenEventSerde::read;
  }

  private static byte @Nullable [] write(String topic, @Nullable SeenEvent event) {
    if (event == null) {
      return null;
    }
    byte[] domain = event.domain().getBytes(UTF_8);
    ByteBuffer out = ByteBuffer.allocate(MAX_NUMBER_BYTES + domain.length);
    out.put(VERSION).put((byte) (event.withdrawn() ? 1 : 0));
    ByteUtils.writeVarint(event.revision(), out);
    ByteUtils.writeVarint(event.partition(), out);
    ByteUtils.writeVarlong(event.offset(), out);
    ByteUtils.writeVarint(event.comparisons(), out);
    ByteUtils.writeVarint(event.judgements(), out);
    out.put(domain).flip();
    byte[] bytes = new byte[out.remaining()];
    out.get(bytes);
    return bytes;
  }

  private static @Nullable SeenEvent read(String topic, byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte version = in.get();
    if (version != VERSION) {
      throw new SerializationException(
          "a remembered event has version " + version + ", not " + VERSION);
    }
    boolean withdrawn = in.get() == 1;
    int revision = ByteUtils.readVarint(in);
    int partition = ByteUtils.readVarint(in);
    long offset = ByteUtils.readVarlong(in);
    int comparisons = ByteUtils.readVarint(in);
    int judgements = ByteUtils.readVarint(in);
    String domain = new String(bytes, in.position(), in.remaining(), UTF_8);
    return new SeenEvent(revision, domain, partition, offset, comparisons, judgements, withdrawn);
  }
}
