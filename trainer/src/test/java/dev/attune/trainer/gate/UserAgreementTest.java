package dev.attune.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UserAgreementTest {
  private final UserAgreement agreement = new UserAgreement();

  @Test
  void shouldAgreeWhenManyEstablishedUsersLoseMore() {
    // Given
    observe(1, 10, 8, 0.4);

    // When
    observe(1, 10, 3, 1.2);

    // Then
    assertThat(agreement.agreed()).isTrue();
  }

  @Test
  void shouldNotAgreeBeforeAnythingChanged() {
    // Given
    observe(1, 10, 8, 0.4);

    // When
    observe(1, 10, 3, 0.5);

    // Then
    assertThat(agreement.agreed()).isFalse();
  }

  @Test
  void shouldNotAgreeForAFewWhoAreLoud() {
    // Given
    observe(1, 10, 8, 0.4);

    // When
    observe(1, 4, 50, 2);

    // Then
    assertThat(agreement.agreed()).isFalse();
  }

  @Test
  void shouldNotAgreeForNewcomers() {
    // Given
    observe(1, 10, 8, 0.4);

    // When
    observe(11, 40, 5, 2);

    // Then
    assertThat(agreement.agreed()).isFalse();
  }

  @Test
  void shouldNotCountUsersWhoAreGone() {
    // Given: ten who lose more, and then many others
    observe(1, 10, 8, 0.4);
    observe(1, 10, 3, 1.2);

    // When
    observe(100, 163, 1, 0.4);

    // Then
    assertThat(agreement.agreed()).isFalse();
  }

  @Test
  void shouldForgetAUser() {
    // Given: just enough
    observe(1, 5, 8, 0.4);
    observe(1, 5, 3, 1.2);

    // When
    agreement.forget(5);

    // Then
    assertThat(agreement.agreed()).isFalse();
  }

  @Test
  void shouldGoOnFromItsStateBitForBit() {
    // Given
    observe(1, 70, 3, 0.4);
    UserAgreement restored = UserAgreement.restore(agreement.toBytes());
    agreement.observe(3, 0.7);

    // When
    restored.observe(3, 0.7);

    // Then
    assertThat(restored.toBytes()).isEqualTo(agreement.toBytes());
  }

  private void observe(long from, long to, int events, double loss) {
    for (int i = 0; i < events; i++) {
      for (long user = from; user <= to; user++) {
        agreement.observe(user, loss);
      }
    }
  }
}
