package dev.attune.cli.evaluate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * Items to learn from and items to test with.
 *
 * @param train in the data's order
 * @param test in the data's order
 */
public record Split<T>(List<T> train, List<T> test) {
  public Split {
    train = List.copyOf(train);
    test = List.copyOf(test);
  }

  /**
   * Splits by group: items of one key stay together, so that no text of the test part is trained on
   * under another item's name. The same items, keys and seed give the same split.
   *
   * @param testShare of the groups
   */
  public static <T, K> Split<T> byGroup(
      Collection<T> items, Function<T, K> key, double testShare, long seed) {
    Map<K, List<T>> groups = new LinkedHashMap<>();
    for (T item : items) {
      groups.computeIfAbsent(key.apply(item), k -> new ArrayList<>()).add(item);
    }
    List<K> keys = new ArrayList<>(groups.keySet());
    Collections.shuffle(keys, new Random(seed));
    keys.subList(0, keys.size() - (int) Math.round(keys.size() * testShare)).clear();
    List<T> train = new ArrayList<>();
    List<T> test = new ArrayList<>();
    groups.forEach((k, group) -> (keys.contains(k) ? test : train).addAll(group));
    return new Split<>(train, test);
  }
}
