package dev.attune.scorer.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BatchLookupTest {
  private final LruCache<String, Integer> cache = new LruCache<>(2);

  @Test
  void shouldComputeEachKeyOnce() {
    // Given
    cache.put("cached", 7);
    BatchLookup<String, Integer> lookup = new BatchLookup<>(cache);
    List<Integer> first = lookup.missing(List.of("a", "cached", "b"));
    List<Integer> second = lookup.missing(List.of("b", "c"));

    // When
    lookup.fill(List.of(1, 2, 3));

    // Then
    assertThat(first).containsExactly(0, 2);
    assertThat(second).containsExactly(1);
    assertThat(lookup.values(List.of("c", "cached", "b", "a"))).containsExactly(3, 7, 2, 1);
    assertThat(lookup.hits()).isEqualTo(2);
    assertThat(lookup.misses()).isEqualTo(3);
    assertThat(cache.size()).isEqualTo(2);
  }

  @Test
  void shouldForgetWhatWasUsedLongestAgo() {
    // Given
    cache.put("a", 1);
    cache.put("b", 2);
    Integer used = cache.get("a");

    // When
    cache.put("c", 3);

    // Then
    assertThat(used).isEqualTo(1);
    assertThat(cache.get("b")).isNull();
    assertThat(cache.get("a")).isEqualTo(1);
  }
}
