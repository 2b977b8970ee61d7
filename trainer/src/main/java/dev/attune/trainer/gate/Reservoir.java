package dev.attune.trainer.gate;

import dev.attune.model.reward.UserKey;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A uniform sample of the events that were offered, of bounded size and with few events a user
 * (Vitter 1985, algorithm R). Which event is kept depends on the seed and on how many came before
 * it, and on nothing else.
 */
final class Reservoir {
  private final int capacity;
  private final int perUser;
  private final long seed;
  private final List<HeldEvent> kept;
  private long seen;

  Reservoir(int capacity, int perUser, long seed) {
    this(capacity, perUser, seed, 0, List.of());
  }

  private Reservoir(int capacity, int perUser, long seed, long seen, List<HeldEvent> kept) {
    this.capacity = capacity;
    this.perUser = perUser;
    this.seed = seed;
    this.seen = seen;
    this.kept = new ArrayList<>(kept);
  }

  /** The same events, whose losses are not known. */
  Reservoir copy() {
    return new Reservoir(
        capacity, perUser, seed, seen, kept.stream().map(HeldEvent::unscored).toList());
  }

  boolean full() {
    return kept.size() >= capacity;
  }

  List<HeldEvent> kept() {
    return kept;
  }

  /** Offers an event; one of a user who has enough is not counted. */
  void offer(HeldEvent event) {
    if (event.user() != UserKey.NONE
        && kept.stream().filter(e -> e.user() == event.user()).count() >= perUser) {
      return;
    }
    if (!full()) {
      kept.add(event);
    } else {
      long place = new SplittableRandom(seed ^ (seen * 0x9e3779b97f4a7c15L)).nextLong(seen + 1);
      if (place < capacity) {
        kept.set((int) place, event);
      }
    }
    seen++;
  }

  boolean forget(long user) {
    return kept.removeIf(event -> event.user() == user);
  }

  void write(DataOutputStream out) throws IOException {
    out.writeLong(seed);
    out.writeLong(seen);
    out.writeInt(kept.size());
    for (HeldEvent event : kept) {
      event.write(out);
    }
  }

  static Reservoir read(int capacity, int perUser, DataInputStream in) throws IOException {
    long seed = in.readLong();
    long seen = in.readLong();
    List<HeldEvent> kept = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      kept.add(HeldEvent.read(in));
    }
    return new Reservoir(capacity, perUser, seed, seen, kept);
  }
}
