package dev.attune.scorer.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.scorer.metrics.DoorMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
  private static final Duration OWED = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofSeconds(60);

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final List<String> closed = new CopyOnWriteArrayList<>();
  private final Connections<String> connections =
      new Connections<>(
          3, OWED, IDLE, clock::get, closed::add, new DoorMetrics(new SimpleMeterRegistry()));

  @Test
  void shouldShedTheOneThatHasOwedARequestLongest() {
    // Given
    open("silent", "half", "drip");
    connections.begun("half");

    // When
    open("new", "newer");

    // Then
    assertThat(closed).containsExactly("silent", "half");
    assertThat(connections.count()).isEqualTo(3);
  }

  @Test
  void shouldShedAnIdleOneOnlyWhereNoneOwes() {
    // Given
    open("idle", "waits", "half");
    answer("idle");
    receive("waits");

    // When
    open("new", "newer", "newest");

    // Then: of those that waited, and of the new ones, the eldest
    assertThat(closed).containsExactly("half", "new", "newer");
  }

  @Test
  void shouldShedTheIdleOneWhereAllOthersWaitForUs() {
    // Given
    open("idle", "first", "second");
    answer("idle");
    receive("first");
    receive("second");

    // When
    open("new");

    // Then
    assertThat(closed).containsExactly("idle");
  }

  @Test
  void shouldTurnAwayWhoComesWhereAllWaitForUs() {
    // Given
    open("a", "b", "c");
    List.of("a", "b", "c").forEach(this::receive);

    // When
    open("new");

    // Then
    assertThat(closed).containsExactly("new");
    assertThat(connections.count()).isEqualTo(3);
  }

  @Test
  void shouldCloseWhoOwesForTooLong() {
    // Given
    open("silent", "reads", "waits");
    receive("reads");
    receive("waits");
    pass(Duration.ofSeconds(9));
    connections.answering("reads");
    pass(Duration.ofSeconds(1));

    // When
    connections.sweep();

    // Then
    assertThat(closed).containsExactly("silent");
    pass(Duration.ofSeconds(9));
    connections.sweep();
    assertThat(closed).containsExactly("silent", "reads");
  }

  @Test
  void shouldGiveAnIdleOneItsOwnTime() {
    // Given
    open("idle", "begins");
    answer("idle");
    answer("begins");
    pass(Duration.ofSeconds(59));
    connections.begun("begins");
    pass(Duration.ofSeconds(1));

    // When
    connections.sweep();

    // Then
    assertThat(closed).containsExactly("idle");
    pass(Duration.ofSeconds(9));
    connections.sweep();
    assertThat(closed).containsExactly("idle", "begins");
  }

  @Test
  void shouldForgetWhoHasLeft() {
    // Given
    open("a", "b", "c");
    connections.closed("a");
    connections.answered("a");

    // When
    open("d");

    // Then
    assertThat(closed).isEmpty();
    assertThat(connections.count()).isEqualTo(3);
  }

  @Test
  void shouldDrain() throws Exception {
    // Given
    open("sends", "idle", "waits");
    answer("idle");
    receive("waits");
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return connections.drain(Duration.ofSeconds(30));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    await().until(() -> closed.size() == 2);
    connections.closed("sends");
    connections.closed("idle");
    open("new");

    // When
    answer("waits");
    connections.closed("waits");

    // Then
    assertThat(drained).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);
    assertThat(closed).containsExactlyInAnyOrder("sends", "idle", "new", "waits");
  }

  @Test
  void shouldNotDrainForever() throws Exception {
    // Given
    open("waits");
    receive("waits");

    // When
    boolean drained = connections.drain(Duration.ofMillis(20));

    // Then
    assertThat(drained).isFalse();
  }

  private void open(String... names) {
    for (String name : names) {
      connections.opened(name);
    }
  }

  private void receive(String name) {
    connections.begun(name);
    connections.received(name);
  }

  private void answer(String name) {
    receive(name);
    connections.answering(name);
    connections.answered(name);
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }
}
