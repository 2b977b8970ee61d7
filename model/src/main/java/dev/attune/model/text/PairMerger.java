package dev.attune.model.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair merging (Sennrich et al. 2016) over a multiset of words. Keeps, for each pair of
 * neighbours, its count and the words that hold it, so that a merge touches those words only.
 *
 * <p>The most frequent pair is merged first; among equally frequent ones the pair of smaller ids.
 * The merges so depend on the words and their counts alone, not on any order.
 */
final class PairMerger {
  private final int[][] words;
  private final int[] lengths;
  private final long[] counts;
  private final Map<Long, Occurrences> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  /**
   * @param words each word's symbols; changed in place
   * @param counts how often each word occurs
   */
  PairMerger(List<int[]> words, long[] counts) {
    this.words = words.toArray(int[][]::new);
    this.counts = counts;
    this.lengths = new int[this.words.length];
    for (int w = 0; w < this.words.length; w++) {
      int[] word = this.words[w];
      lengths[w] = word.length;
      for (int i = 1; i < word.length; i++) {
        add(word[i - 1], word[i], w, counts[w]);
      }
    }
    pairs.forEach((pair, occurrences) -> queue.add(new Candidate(pair, occurrences.count)));
  }

  /**
   * Merges the best pair into a new symbol.
   *
   * @param minCount a pair that occurs less often is not merged
   * @return the pair (left, right), or null when none occurs often enough
   */
  int @Nullable [] merge(int symbol, long minCount) {
    Occurrences best = null;
    Candidate candidate = null;
    while (best == null) {
      candidate = queue.poll();
      if (candidate == null || candidate.count < minCount) {
        return null;
      }
      Occurrences occurrences = pairs.get(candidate.pair);
      if (occurrences != null && occurrences.count == candidate.count) {
        best = occurrences;
      } else if (occurrences != null && occurrences.count < candidate.count) {
        // Counts that fell are put right only here, when they matter; those that rose were queued.
        queue.add(new Candidate(candidate.pair, occurrences.count));
      }
    }
    int left = candidate.left();
    int right = candidate.right();
    pairs.remove(candidate.pair);
    for (int i = 0; i < best.size; i++) {
      mergeIn(best.words[i], left, right, symbol);
    }
    return new int[] {left, right};
  }

  private void mergeIn(int w, int left, int right, int symbol) {
    int[] word = words[w];
    int length = lengths[w];
    long count = counts[w];
    int to = 0;
    int from = 0;
    while (from < length) {
      boolean match = from + 1 < length && word[from] == left && word[from + 1] == right;
      if (!match) {
        word[to++] = word[from++];
        continue;
      }
      if (to > 0) {
        remove(word[to - 1], left, count);
        addAndQueue(word[to - 1], symbol, w, count);
      }
      if (from + 2 < length) {
        remove(right, word[from + 2], count);
        addAndQueue(symbol, word[from + 2], w, count);
      }
      word[to++] = symbol;
      from += 2;
    }
    lengths[w] = to;
  }

  private void add(int left, int right, int word, long count) {
    pairs.computeIfAbsent(key(left, right), pair -> new Occurrences()).add(word, count);
  }

  private void addAndQueue(int left, int right, int word, long count) {
    long pair = key(left, right);
    Occurrences occurrences = pairs.computeIfAbsent(pair, p -> new Occurrences());
    occurrences.add(word, count);
    queue.add(new Candidate(pair, occurrences.count));
  }

  private void remove(int left, int right, long count) {
    Occurrences occurrences = pairs.get(key(left, right));
    if (occurrences != null) {
      occurrences.count -= count;
    }
  }

  private static long key(int left, int right) {
    return (long) left << Integer.SIZE | right;
  }

  private record Candidate(long pair, long count) implements Comparable<Candidate> {
    int left() {
      return (int) (pair >>> Integer.SIZE);
    }

    int right() {
      return (int) pair;
    }

    @Override
    public int compareTo(Candidate other) {
      int byCount = Long.compare(other.count, count);
      return byCount != 0 ? byCount : Long.compare(pair, other.pair);
    }
  }

  /** How often a pair occurs, and in which words; a word may be listed though it lost the pair. */
  private static final class Occurrences {
    private long count;
    private int[] words = new int[4];
    private int size;

    void add(int word, long occurrences) {
      count += occurrences;
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = word;
    }
  }
}
