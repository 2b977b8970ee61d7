package dev.attune.model.reward;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A uniform sample of all events seen so far, of bounded size (Vitter 1985, algorithm R). Which
 * event is kept depends on the seed and on how many came before it, and on nothing else.
 */
final class ReplayMemory {
  private final int capacity;
  private final long seed;
  private final List<EncodedExample> kept = new ArrayList<>();
  private long seen;

  ReplayMemory(int capacity, long seed) {
    this.capacity = capacity;
    this.seed = seed;
  }

  ReplayMemory(int capacity, long seed, long seen, List<EncodedExample> kept) {
    this(capacity, seed);
    this.seen = seen;
    this.kept.addAll(kept);
  }

  void add(EncodedExample example) {
    if (kept.size() < capacity) {
      kept.add(example);
    } else {
      long place = new SplittableRandom(mix(seed, seen)).nextLong(seen + 1);
      if (place < capacity) {
        kept.set((int) place, example);
      }
    }
    seen++;
  }

  /**
   * Drops a user's events. The sample stays one of those that are left, and fills up again.
   *
   * @return how many there were
   */
  int forget(long user) {
    int before = kept.size();
    kept.removeIf(example -> example.user() == user);
    return before - kept.size();
  }

  /** Returns {@code count} different events, or all there are; {@code draw} decides which. */
  List<EncodedExample> sample(int count, long draw) {
    return sample(kept, count, mix(~seed, draw));
  }

  /** Returns {@code count} different elements of {@code from}, or all there are. */
  static <T> List<T> sample(List<T> from, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<T> pool = new ArrayList<>(from);
    int size = Math.min(count, pool.size());
    for (int i = 0; i < size; i++) {
      Collections.swap(pool, i, random.nextInt(i, pool.size()));
    }
    return List.copyOf(pool.subList(0, size));
  }

  /**
   * Draws {@code count} elements from several lists in turn, so that a short one is not forgotten
   * beside long ones.
   *
   * @param lists none of them empty
   * @param round which draw this is; the turn goes on from one to the next
   */
  static <T> List<T> sampleInTurn(List<List<T>> lists, int count, long seed, long round) {
    List<T> drawn = new ArrayList<>();
    for (long draw = round * count; draw < (round + 1) * count && !lists.isEmpty(); draw++) {
      List<T> list = lists.get((int) (draw % lists.size()));
      drawn.add(list.get(new SplittableRandom(mix(seed, draw)).nextInt(list.size())));
    }
    return drawn;
  }

  long seen() {
    return seen;
  }

  List<EncodedExample> kept() {
    return Collections.unmodifiableList(kept);
  }

  /** Spreads neighbouring counters over all 64 bits (Stafford's variant 13 of SplitMix64). */
  static long mix(long seed, long counter) {
    long z = seed + 0x9e3779b97f4a7c15L * (counter + 1);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
