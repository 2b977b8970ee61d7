package dev.attune.cli.evaluate;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TF-IDF of a text's words and word pairs (logarithmic term frequency, smoothed inverse document
 * frequency, unit length; Salton and Buckley 1988), and the logarithm of its length. The terms are
 * those of the texts that it was made from. Immutable.
 */
final class TextFeatures {
  /** Ascending indices and their values. */
  static final class Sparse {
    private final int[] indices;
    private final double[] values;

    Sparse(int[] indices, double[] values) {
      this.indices = indices;
      this.values = values;
    }

    double squaredNorm() {
      double sum = 0;
      for (double value : values) {
        sum += value * value;
      }
      return sum;
    }

    /** Adds a multiple of this to a dense vector. */
    void addTo(double[] vector, double factor) {
      for (int i = 0; i < indices.length; i++) {
        vector[indices[i]] += factor * values[i];
      }
    }

    double dot(double[] weights) {
      double sum = 0;
      for (int i = 0; i < indices.length; i++) {
        sum += values[i] * weights[indices[i]];
      }
      return sum;
    }
  }

  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final int MIN_DOCUMENTS = 2;

  private final Map<String, Integer> index;
  private final double[] inverseFrequency;

  private TextFeatures(Map<String, Integer> index, double[] inverseFrequency) {
    this.index = index;
    this.inverseFrequency = inverseFrequency;
  }

  /** Learns the terms, those of at least two texts, and their weights. */
  static TextFeatures of(Collection<String> texts) {
    // Sorted, so that the same texts in any order give the same indices.
    Map<String, Integer> documents = new TreeMap<>();
    for (String text : texts) {
      for (String term : new HashSet<>(terms(text).keySet())) {
        documents.merge(term, 1, Integer::sum);
      }
    }
    documents.values().removeIf(count -> count < MIN_DOCUMENTS);
    Map<String, Integer> index = new HashMap<>();
    double[] inverse = new double[documents.size()];
    documents.forEach(
        (term, count) -> {
          inverse[index.size()] = Math.log((1.0 + texts.size()) / (1.0 + count)) + 1;
          index.put(term, index.size());
        });
    return new TextFeatures(index, inverse);
  }

  /** How many features there are; the last is the length. */
  int size() {
    return inverseFrequency.length + 1;
  }

  Sparse of(String text) {
    Map<Integer, Double> weights = new TreeMap<>();
    double squares = 0;
    for (Map.Entry<String, Integer> term : terms(text).entrySet()) {
      Integer at = index.get(term.getKey());
      if (at != null) {
        double weight = (1 + Math.log(term.getValue())) * inverseFrequency[at];
        weights.put(at, weight);
        squares += weight * weight;
      }
    }
    int[] indices = new int[weights.size() + 1];
    double[] values = new double[indices.length];
    int next = 0;
    for (Map.Entry<Integer, Double> weight : weights.entrySet()) {
      indices[next] = weight.getKey();
      values[next++] = weight.getValue() / Math.sqrt(squares);
    }
    indices[next] = size() - 1;
    values[next] = Math.log(1.0 + text.length());
    return new Sparse(indices, values);
  }

  /** The difference of two feature vectors. */
  static Sparse difference(Sparse a, Sparse b) {
    int[] indices = new int[a.indices.length + b.indices.length];
    double[] values = new double[indices.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < a.indices.length || j < b.indices.length) {
      int left = i < a.indices.length ? a.indices[i] : Integer.MAX_VALUE;
      int right = j < b.indices.length ? b.indices[j] : Integer.MAX_VALUE;
      indices[n] = Math.min(left, right);
      values[n++] = (left <= right ? a.values[i++] : 0) - (right <= left ? b.values[j++] : 0);
    }
    return new Sparse(Arrays.copyOf(indices, n), Arrays.copyOf(values, n));
  }

  private static Map<String, Integer> terms(String text) {
    Map<String, Integer> counts = new HashMap<>();
    Matcher words = WORD.matcher(text.toLowerCase(Locale.ROOT));
    String previous = "";
    while (words.find()) {
      String word = words.group();
      counts.merge(word, 1, Integer::sum);
      if (!previous.isEmpty()) {
        counts.merge(previous + " " + word, 1, Integer::sum);
      }
      previous = word;
    }
    return counts;
  }

  /** The texts of all pairs, each once. */
  static Collection<String> texts(List<PreferredText> pairs) {
    Collection<String> texts = new HashSet<>();
    for (PreferredText pair : pairs) {
      texts.add(pair.preferred());
      texts.add(pair.other());
    }
    return texts;
  }
}
