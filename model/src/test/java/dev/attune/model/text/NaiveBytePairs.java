package dev.attune.model.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;

/** Byte-pair merging that counts all pairs anew for each merge: slow, and plain to see right. */
final class NaiveBytePairs {
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<List<String>> words = new ArrayList<>();

  NaiveBytePairs(List<String> texts) {
    for (int b = 0; b < 256; b++) {
      ids.put(String.valueOf(ByteLevel.character(b)), b);
    }
    for (String text : texts) {
      Matcher matcher = ByteLevel.WORDS.matcher(text);
      while (matcher.find()) {
        List<String> word = new ArrayList<>();
        for (byte b : ByteLevel.bytes(matcher.group())) {
          word.add(String.valueOf(ByteLevel.character(Byte.toUnsignedInt(b))));
        }
        words.add(word);
      }
    }
  }

  List<String> merges(int wanted) {
    List<String> merges = new ArrayList<>();
    while (merges.size() < wanted) {
      Map<List<String>, Integer> counts = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 1; i < word.size(); i++) {
          counts.merge(List.of(word.get(i - 1), word.get(i)), 1, Integer::sum);
        }
      }
      List<String> best = null;
      for (List<String> pair : counts.keySet()) {
        if (best == null || compare(pair, best, counts) < 0) {
          best = pair;
        }
      }
      if (best == null || counts.get(best) < 2) {
        break;
      }
      merges.add(best.get(0) + " " + best.get(1));
      ids.put(best.get(0) + best.get(1), ids.size());
      for (List<String> word : words) {
        for (int i = 1; i < word.size(); i++) {
          if (word.subList(i - 1, i + 1).equals(best)) {
            word.set(i - 1, best.get(0) + best.get(1));
            word.remove(i);
          }
        }
      }
    }
    return merges;
  }

  private int compare(List<String> a, List<String> b, Map<List<String>, Integer> counts) {
    int byCount = Integer.compare(counts.get(b), counts.get(a));
    int byLeft = Integer.compare(ids.get(a.get(0)), ids.get(b.get(0)));
    int byRight = Integer.compare(ids.get(a.get(1)), ids.get(b.get(1)));
    return byCount != 0 ? byCount : byLeft != 0 ? byLeft : byRight;
  }
}
