package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ChatSimulatorTest {
  private final List<SampleConversation> conversations = SampleConversations.load();

  @Test
  void shouldHaveAReplyInEachStyleToManyPrompts() {
    // Given the resource
    // When
    List<SampleConversation> loaded = SampleConversations.load();
    // Then
    assertThat(loaded).hasSizeGreaterThanOrEqualTo(120);
    assertThat(loaded).extracting(SampleConversation::prompt).doesNotHaveDuplicates();
    assertThat(loaded)
        .allSatisfy(c -> assertThat(c.replies()).containsOnlyKeys(SampleConversations.STYLES));
  }

  @Test
  void shouldGiveTheSameEncountersAndChoicesForTheSameSeedInAnyOrder() {
    // Given
    ChatSimulator first = new ChatSimulator(conversations, 20, 7);
    ChatSimulator second = new ChatSimulator(conversations, 20, 7);
    List<String> forwards = LongStream.range(0, 50).mapToObj(n -> describe(first, n)).toList();
    // When
    List<String> backwards =
        LongStream.range(0, 50).mapToObj(n -> describe(second, 49 - n)).toList();
    // Then
    assertThat(LongStream.range(0, 50).mapToObj(n -> backwards.get(49 - (int) n)).toList())
        .isEqualTo(forwards);
  }

  @Test
  void shouldShowTwoToFourDistinctReplies() {
    // Given
    ChatSimulator simulator = new ChatSimulator(conversations, 20, 1);
    // When
    List<Encounter> encounters = LongStream.range(0, 200).mapToObj(simulator::encounter).toList();
    // Then
    assertThat(encounters)
        .allSatisfy(
            e -> {
              assertThat(e.options()).hasSizeBetween(2, 4);
              assertThat(e.options()).extracting(o -> o.style()).doesNotHaveDuplicates();
              assertThat(e.options()).extracting(o -> o.id()).doesNotHaveDuplicates();
            });
    assertThat(encounters).extracting(e -> e.options().size()).contains(2, 3, 4);
    assertThat(encounters).extracting(e -> e.user().domain()).containsAll(ChatSimulator.DOMAINS);
  }

  @Test
  void shouldChooseMostlyTheStyleOfTheDomainWhereItIsShown() {
    // Given
    ChatSimulator simulator = new ChatSimulator(conversations, 40, 3);
    Map<Boolean, Integer> chosen = new HashMap<>();
    // When
    for (long n = 0; n < 1000; n++) {
      Encounter encounter = simulator.encounter(n);
      String domain = encounter.user().domain();
      if (encounter.options().stream().anyMatch(o -> o.style().equals(domain))) {
        chosen.merge(simulator.choose(encounter).style().equals(domain), 1, Integer::sum);
      }
    }
    // Then
    double share = chosen.get(true) / (double) (chosen.get(true) + chosen.get(false));
    assertThat(share).isBetween(0.8, 0.99);
  }

  @Test
  void shouldRefuseFewerUsersThanDomains() {
    // Given fewer users than domains
    // When
    assertThatThrownBy(() -> new ChatSimulator(conversations, 4, 1))
        // Then
        .hasMessageContaining("users is 4");
  }

  @Test
  void shouldMisbehaveInEachWayNowAndThen() {
    // Given the numbers of three turns of mischief
    // When
    List<Mischief> kinds =
        LongStream.range(0, 3L * Mischief.EVERY).mapToObj(Mischief::after).toList();
    // Then
    assertThat(kinds)
        .filteredOn(k -> k != Mischief.NONE)
        .containsExactlyInAnyOrder(Mischief.BAD_BYTES, Mischief.RETRY, Mischief.UNKNOWN_CANDIDATE);
  }

  private static String describe(ChatSimulator simulator, long number) {
    Encounter encounter = simulator.encounter(number);
    return encounter + " " + simulator.choose(encounter).id();
  }
}
