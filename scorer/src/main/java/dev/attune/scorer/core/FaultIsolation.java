package dev.attune.scorer.core;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes a batch. Where that fails, each of its items is tried alone, so that one of them cannot
 * take the others along.
 */
final class FaultIsolation {
  private static final Logger LOG = LoggerFactory.getLogger(FaultIsolation.class);

  private FaultIsolation() {}

  /**
   * For each item its result, or null where it cannot be computed.
   *
   * @param computation gives a result for each of the items that it is given, in order
   */
  static <T, R> List<@Nullable R> compute(List<T> items, Function<List<T>, List<R>> computation) {
    List<@Nullable R> computed = new ArrayList<>();
    if (items.size() > 1) {
      List<R> together = tryCompute(items, computation);
      if (together != null) {
        computed.addAll(together);
        return computed;
      }
    }
    for (T item : items) {
      List<R> alone = tryCompute(List.of(item), computation);
      computed.add(alone == null ? null : alone.get(0));
    }
    return computed;
  }

  private static <T, R> @Nullable List<R> tryCompute(
      List<T> items, Function<List<T>, List<R>> computation) {
    try {
      List<R> computed = computation.apply(items);
      if (computed.size() != items.size()) {
        throw new IllegalStateException(
            "results for " + computed.size() + " of " + items.size() + " requests");
      }
      return computed;
    } catch (RuntimeException e) {
      // The message may come from a library that quotes its input, so it is not logged.
      LOG.atError()
          .addKeyValue("requests", items.size())
          .addKeyValue("error", e.getClass().getName())
          .log("forward pass failed");
      return null;
    }
  }
}
