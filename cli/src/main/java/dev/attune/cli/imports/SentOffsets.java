package dev.attune.cli.imports;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The places of sent records in their topic. Thread-safe. */
final class SentOffsets {
  private record Partition(long first, BitSet offsets) {}

  private final Map<Integer, Partition> partitions = new HashMap<>();
  private long count;

  /** Notes an acknowledged record. */
  synchronized void add(int partition, long offset) {
    Partition known = partitions.get(partition);
    if (known == null) {
      // An idempotent producer's acknowledgements of a partition come in order of offset.
      known = new Partition(offset, new BitSet());
      partitions.put(partition, known);
    }
    known.offsets().set(Math.toIntExact(offset - known.first()));
    count++;
  }

  /** Takes a record off; false where it is not there (any more). */
  synchronized boolean remove(int partition, long offset) {
    Partition known = partitions.get(partition);
    if (known == null || offset < known.first()) {
      return false;
    }
    int index = Math.toIntExact(offset - known.first());
    if (!known.offsets().get(index)) {
      return false;
    }
    known.offsets().clear(index);
    count--;
    return true;
  }

  /** How many there are. */
  synchronized long count() {
    return count;
  }
}
