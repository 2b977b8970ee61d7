package dev.attune.trainer.users;

import dev.attune.model.head.GaussianWeights;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.TrustedRecords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Between users' states as they are published and as they are computed with. */
public final class UserEmbeddings {
  static {
    TrustedRecords.trust();
  }

  private UserEmbeddings() {}

  /** A user of whom nothing has been learned. */
  static UserEmbedding begin(String userId, UserState generic, long firstBucket) {
    UserEmbedding embedding = new UserEmbedding();
    embedding.setUserId(userId);
    embedding.setFirstBucket(firstBucket);
    embedding.setLastEventAt(Instant.EPOCH);
    embedding.setReferences(List.of());
    embedding.setRowReferences(List.of());
    put(embedding, generic);
    return embedding;
  }

  /** A copy that can be changed without changing the original. */
  static UserEmbedding copy(UserEmbedding embedding) {
    // Lists are replaced, never changed.
    return UserEmbedding.newBuilder(embedding).build();
  }

  /**
   * The state that is computed with.
   *
   * @throws IllegalArgumentException if the values are no beliefs
   */
  public static UserState state(UserEmbedding embedding) {
    return UserState.restore(
        embedding.getEpoch(),
        embedding.getHeadMean(),
        embedding.getHeadCovariance(),
        embedding.getEvents(),
        embedding.getRow(),
        embedding.getOptimiserState(),
        embedding.getRowEvents());
  }

  /** Puts a state into what is published. */
  static void put(UserEmbedding embedding, UserState state) {
    GaussianWeights row = state.row();
    embedding.setEpoch(state.epoch());
    embedding.setHeadMean(list(state.head().mean()));
    embedding.setHeadCovariance(list(state.head().covariance()));
    embedding.setEvents(state.events());
    embedding.setRow(row == null ? List.of() : list(row.mean()));
    embedding.setOptimiserState(row == null ? List.of() : list(row.covariance()));
    embedding.setRowEvents(state.rowEvents());
  }

  /** The position that a part includes once it has learned a bucket. */
  static @Nullable Position included(@Nullable Position before, PreferenceBucket bucket) {
    List<Long> offsets = bucket.getSourceOffsets();
    if (offsets.isEmpty()) {
      return before;
    }
    long last = Collections.max(offsets);
    boolean same = before != null && before.getPartition() == bucket.getSourcePartition();
    return new Position(
        Topics.PREFERENCES.name(),
        bucket.getSourcePartition(),
        same ? Math.max(before.getOffset(), last) : last);
  }

  /** Whether it has comparisons and none of its events has reached the row. */
  static boolean withoutRow(UserEmbedding embedding) {
    return embedding.getComparisons() > 0 && embedding.getRowEvents() == 0;
  }

  /** As it is kept on disk. */
  public static byte[] toBytes(UserEmbedding embedding) {
    try {
      ByteBuffer buffer = embedding.toByteBuffer();
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what {@link #toBytes} gave. */
  public static UserEmbedding fromBytes(byte[] bytes) {
    try {
      return UserEmbedding.fromByteBuffer(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
