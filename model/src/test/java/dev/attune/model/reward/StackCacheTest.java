package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StackCacheTest extends RewardTestBase {
  private ResidentModel a;
  private ResidentModel b;
  private ResidentModel c;

  @BeforeEach
  void load() {
    a = new ResidentModel(random(1, List.of("pooled")));
    b = new ResidentModel(random(2, List.of("pooled", "helpful")));
    c = new ResidentModel(random(3, List.of("pooled")));
  }

  @AfterEach
  void close() {
    List.of(a, b, c).forEach(ResidentModel::close);
  }

  @Test
  void shouldReuseAStackThatHoldsTheModelsInAnyOrder() {
    // Given
    try (StackCache cache = new StackCache(Long.MAX_VALUE)) {
      cache.lease(List.of(a, b, c)).close();

      // When
      try (StackCache.Lease lease = cache.lease(List.of(c, a))) {

        // Then
        assertThat(cache.size()).isEqualTo(1);
        assertThat(lease.index(a)).isZero();
        assertThat(lease.index(c)).isEqualTo(2);
        assertThat(lease.mostHeads()).isEqualTo(2);
      }
    }
  }

  @Test
  void shouldKeepWhatIsInUseAndNoMoreThanFits() {
    // Given: room for nothing
    try (StackCache cache = new StackCache(0)) {
      StackCache.Lease first = cache.lease(List.of(a, b));
      StackCache.Lease second = cache.lease(List.of(a, c));
      int inUse = cache.size();

      // When
      first.close();

      // Then
      assertThat(inUse).isEqualTo(2);
      assertThat(cache.size()).isEqualTo(1);
      second.close();
      assertThat(cache.size()).isZero();
    }
  }

  @Test
  void shouldDropAStackOfAClosedModel() {
    // Given
    try (StackCache cache = new StackCache(Long.MAX_VALUE)) {
      cache.lease(List.of(a, b)).close();
      a.close();

      // When
      cache.lease(List.of(b, c)).close();

      // Then
      assertThat(cache.size()).isEqualTo(1);
    }
  }
}
