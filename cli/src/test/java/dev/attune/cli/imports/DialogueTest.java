package dev.attune.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialogueTest {
  @Test
  void shouldParseHhMarkup() {
    // Given
    String text = "\n\nHuman: Hi\nthere \n\nAssistant: Hello.\n\nHuman: Why?\n\nAssistant:";

    // When
    List<Turn> turns = Dialogue.parse(text);

    // Then
    assertThat(turns)
        .containsExactly(
            new Turn("user", "Hi\nthere"),
            new Turn("assistant", "Hello."),
            new Turn("user", "Why?"),
            new Turn("assistant", ""));
  }

  @Test
  void shouldParseWebGptMarkup() {
    // Given
    String text =
        "## Human:\nWhy is ice slippery?\n\n[removed]\n\n## Assistant:\nNobody knows [1].";

    // When
    List<Turn> turns = Dialogue.parse(text);

    // Then
    assertThat(turns)
        .containsExactly(
            new Turn("user", "Why is ice slippery?\n\n[removed]"),
            new Turn("assistant", "Nobody knows [1]."));
  }

  @Test
  void shouldTakeUnmarkedTextForTheUsers() {
    // Given
    String text = "He said Human: beware";

    // When
    List<Turn> turns = Dialogue.parse(text);

    // Then
    assertThat(turns).containsExactly(new Turn("user", "He said Human: beware"));
  }

  @Test
  void shouldForkAtTheLastReply() {
    // Given
    String common = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: ";

    // When
    Dialogue.Fork fork = Dialogue.fork(common + "yes", common + "no");

    // Then
    assertThat(fork.prompt())
        .containsExactly(new Turn("user", "a"), new Turn("assistant", "b"), new Turn("user", "c"));
    assertThat(fork.first()).isEqualTo("yes");
    assertThat(fork.second()).isEqualTo("no");
  }

  @Test
  void shouldKeepWhatFollowsAnEarlierFork() {
    // Given
    String common = "\n\nHuman: a\n\nAssistant: ";

    // When
    Dialogue.Fork fork = Dialogue.fork(common + "b\n\nHuman: c\n\nAssistant: d", common + "e");

    // Then
    assertThat(fork.prompt()).containsExactly(new Turn("user", "a"));
    assertThat(fork.first()).isEqualTo("b\n\nHuman: c\n\nAssistant: d");
    assertThat(fork.second()).isEqualTo("e");
  }

  @Test
  void shouldForkEqualTextsAtTheirLastReply() {
    // Given
    String text = "\n\nHuman: a\n\nAssistant: b";

    // When
    Dialogue.Fork fork = Dialogue.fork(text, text);

    // Then
    assertThat(fork.prompt()).containsExactly(new Turn("user", "a"));
    assertThat(fork.first()).isEqualTo("b");
    assertThat(fork.second()).isEqualTo("b");
  }
}
