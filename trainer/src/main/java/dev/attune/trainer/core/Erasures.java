package dev.attune.trainer.core;

import dev.attune.model.reward.UserKey;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The users who left, as far as attune.erasures has been read. Each is to be forgotten once by each
 * model: what a user who came back teaches later is theirs again. Immutable.
 *
 * @param all in the order of their partitions' offsets
 */
public record Erasures(List<Erasure> all) {
  /** Nobody left. */
  public static final Erasures NONE = new Erasures(List.of());

  /**
   * A user who left.
   *
   * @param partition of attune.erasures
   * @param offset of the request
   * @param user the user's {@link UserKey}
   */
  public record Erasure(int partition, long offset, long user) {}

  public Erasures {
    all = List.copyOf(all);
  }

  /**
   * Those beyond a position.
   *
   * @param position by partition, the first offset that has not been seen to
   */
  List<Erasure> after(Map<Integer, Long> position) {
    return all.stream()
        .filter(erasure -> erasure.offset() >= position.getOrDefault(erasure.partition(), 0L))
        .toList();
  }

  /** The position behind all of them: by partition, the first offset that follows. */
  Map<Integer, Long> position() {
    Map<Integer, Long> position = new TreeMap<>();
    all.forEach(erasure -> position.merge(erasure.partition(), erasure.offset() + 1, Math::max));
    return position;
  }
}
