package dev.attune.model.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayMemoryTest {
  @Test
  void shouldKeepEveryEventWithTheSameProbability() {
    // Given
    int seeds = 4000;
    double[] kept = new double[20];

    // When
    for (int seed = 0; seed < seeds; seed++) {
      filled(seed).kept().forEach(e -> kept[e.dialogue().prompt()[0]] += 1.0 / seeds);
    }

    // Then
    assertThat(kept).containsExactly(uniform(), within(0.035));
  }

  @Test
  void shouldGoOnTheSameWayFromACopy() {
    // Given
    ReplayMemory memory = filled(7);
    ReplayMemory copy = new ReplayMemory(5, 7, memory.seen(), memory.kept());

    // When
    copy.add(event(99));
    memory.add(event(99));

    // Then
    assertThat(copy.sample(3, 1))
        .hasSize(3)
        .map(e -> e.dialogue().prompt()[0])
        .isEqualTo(memory.sample(3, 1).stream().map(e -> e.dialogue().prompt()[0]).toList());
  }

  @Test
  void shouldDrawDifferentEventsAndNoMoreThanThereAre() {
    // Given
    ReplayMemory memory = filled(1);

    // When
    List<EncodedExample> all = memory.sample(100, 3);

    // Then
    assertThat(all).containsExactlyInAnyOrderElementsOf(memory.kept());
  }

  @Test
  void shouldDrawFromShortListsAsOftenAsFromLongOnes() {
    // Given
    List<List<String>> lists =
        List.of(Collections.nCopies(1000, "long"), List.of("a", "b", "c"), List.of("single"));
    List<String> drawn = new ArrayList<>();

    // When: two a round, so that a round cannot begin with the same list each time
    for (long round = 0; round < 300; round++) {
      drawn.addAll(ReplayMemory.sampleInTurn(lists, 2, 1, round));
    }

    // Then
    assertThat(Collections.frequency(drawn, "long")).isEqualTo(200);
    assertThat(Collections.frequency(drawn, "single")).isEqualTo(200);
    assertThat(Collections.frequency(drawn, "a")).isBetween(40, 95);
    assertThat(ReplayMemory.sampleInTurn(List.of(), 2, 1, 0)).isEmpty();
  }

  private static ReplayMemory filled(long seed) {
    ReplayMemory memory = new ReplayMemory(5, seed);
    for (int i = 0; i < 20; i++) {
      memory.add(event(i));
    }
    return memory;
  }

  private static EncodedExample event(int id) {
    return new EncodedExample(
        "pooled",
        UserKey.NONE,
        false,
        new EncodedDialogue(new int[] {id}, new ArrayList<>()),
        List.of(),
        List.of());
  }

  private static double[] uniform() {
    double[] uniform = new double[20];
    Arrays.fill(uniform, 0.25);
    return uniform;
  }
}
