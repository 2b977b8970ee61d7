package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.platform.ServiceState.Phase;
import org.junit.jupiter.api.Test;

class ServiceStateTest {
  private final ServiceState state = new ServiceState("fake");

  @Test
  void shouldGoThroughALife() {
    // When
    state.to(Phase.STARTING);
    state.to(Phase.RUNNING);
    state.to(Phase.STOPPING);
    state.to(Phase.STOPPED);

    // Then
    assertThat(state.phase()).isEqualTo(Phase.STOPPED);
    assertThat(state.live()).isTrue();
  }

  @Test
  void shouldNotStartTwice() {
    // Given
    state.to(Phase.STARTING);

    // When
    Throwable failure = catchThrowable(() -> state.to(Phase.STARTING));

    // Then
    assertThat(failure)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("fake cannot go from STARTING to STARTING");
  }

  @Test
  void shouldNotBeLiveAfterAFailure() {
    // Given
    state.to(Phase.STARTING);

    // When
    boolean moved = state.tryTo(Phase.FAILED);

    // Then
    assertThat(moved).isTrue();
    assertThat(state.live()).isFalse();
    assertThat(state.tryTo(Phase.RUNNING)).isFalse();
  }
}
