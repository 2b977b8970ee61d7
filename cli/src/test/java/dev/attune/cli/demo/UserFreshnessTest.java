package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.TrustedRecords;
import org.junit.jupiter.api.Test;

class UserFreshnessTest {
  static {
    TrustedRecords.trust();
  }

  private final UserFreshness freshness = new UserFreshness();

  @Test
  void shouldTimeEachEventToTheFirstStateThatIncludesIt() {
    // Given
    freshness.appended("ann", 3, 1_000);
    freshness.appended("ann", 5, 1_100);
    freshness.appended("ann", 9, 1_200);

    // When
    freshness.published(state("ann", 5), 1_300);

    // Then
    assertThat(freshness.millis().getTotalCount()).isEqualTo(2);
    assertThat(freshness.millis().getMinValue()).isEqualTo(200);
    assertThat(freshness.millis().getMaxValue()).isEqualTo(300);
    assertThat(freshness.users()).isEqualTo(1);
  }

  @Test
  void shouldTimeAnEventWhoseStateCameBeforeItsAcknowledgement() {
    // Given
    freshness.published(state("ann", 5), 1_300);

    // When
    freshness.appended("ann", 5, 1_250);

    // Then
    assertThat(freshness.millis().getTotalCount()).isEqualTo(1);
    assertThat(freshness.millis().getMaxValue()).isEqualTo(50);
  }

  @Test
  void shouldKeepUsersApart() {
    // Given
    freshness.appended("ann", 3, 1_000);

    // When
    freshness.published(state("bob", 7), 1_300);

    // Then
    assertThat(freshness.millis().getTotalCount()).isZero();
    assertThat(freshness.users()).isEqualTo(1);
  }

  private static UserEmbedding state(String user, long included) {
    return UserEmbedding.newBuilder()
        .setUserId(user)
        .setEpoch(1)
        .setIncluded(new Position("attune.preferences", 0, included))
        .build();
  }
}
