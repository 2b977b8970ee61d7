package dev.attune.ingest.bucket;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.utils.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * How far one user's buckets of a domain have come: for each route the next bucket's sequence
 * number and the index of the first item that no closed bucket holds. In the store as a version
 * byte and four variable-length numbers. Immutable.
 */
record Progress(
    long byUserSequence, long byUserClosed, long byDomainSequence, long byDomainClosed) {
  static final Progress NONE = new Progress(0, 0, 0, 0);

  private static final byte VERSION = 1;

  byte[] toBytes() {
    ByteBuffer out =
        ByteBuffer.allocate(
            1
                + ByteUtils.sizeOfVarlong(byUserSequence)
                + ByteUtils.sizeOfVarlong(byUserClosed)
                + ByteUtils.sizeOfVarlong(byDomainSequence)
                + ByteUtils.sizeOfVarlong(byDomainClosed));
    out.put(VERSION);
    ByteUtils.writeVarlong(byUserSequence, out);
    ByteUtils.writeVarlong(byUserClosed, out);
    ByteUtils.writeVarlong(byDomainSequence, out);
    ByteUtils.writeVarlong(byDomainClosed, out);
    return out.array();
  }

  static Progress of(byte @Nullable [] bytes) {
    if (bytes == null) {
      return NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    byte version = in.get();
    if (version != VERSION) {
      throw new SerializationException(
          "the progress of buckets has version " + version + ", not " + VERSION);
    }
    return new Progress(
        ByteUtils.readVarlong(in),
        ByteUtils.readVarlong(in),
        ByteUtils.readVarlong(in),
        ByteUtils.readVarlong(in));
  }
}
