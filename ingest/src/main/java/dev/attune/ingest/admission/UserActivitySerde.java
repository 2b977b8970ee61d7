package dev.attune.ingest.admission;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * A user's activity in 25 to 537 bytes, big-endian: version (1), tokens (double), their time
 * (long), the run's position and length (int each), then a long for each remembered text. A version
 * that this one does not know is no activity: after a step back to an older release users start
 * anew rather than the task failing.
 */
public final class UserActivitySerde implements Serde<UserActivity> {
  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 1 + Double.BYTES + Long.BYTES + 2 * Integer.BYTES;

  @Override
  public Serializer<UserActivity> serializer() {
    return (topic, activity) -> activity == null ? null : write(activity);
  }

  @Override
  public Deserializer<UserActivity> deserializer() {
    return (topic, bytes) -> bytes == null ? null : read(bytes);
  }

  private static byte[] write(UserActivity activity) {
    long[] hashes = activity.texts().hashes();
    ByteBuffer buffer =
        ByteBuffer.allocate(FIXED_BYTES + hashes.length * Long.BYTES)
            .put(VERSION)
            .putDouble(activity.rate().tokens())
            .putLong(activity.rate().at())
            .putInt(activity.run().position())
            .putInt(activity.run().length());
    for (long hash : hashes) {
      buffer.putLong(hash);
    }
    return buffer.array();
  }

  private static @Nullable UserActivity read(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    if (bytes.length == 0 || buffer.get() != VERSION) {
      return null;
    }
    if (bytes.length < FIXED_BYTES || (bytes.length - FIXED_BYTES) % Long.BYTES != 0) {
      throw new SerializationException("a user's activity of " + bytes.length + " bytes");
    }
    TokenBucket rate = new TokenBucket(buffer.getDouble(), buffer.getLong());
    PositionRun run = new PositionRun(buffer.getInt(), buffer.getInt());
    long[] hashes = new long[buffer.remaining() / Long.BYTES];
    buffer.asLongBuffer().get(hashes);
    return new UserActivity(rate, RepeatedTexts.of(hashes), run);
  }
}
