package dev.attune.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.cli.CliException;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import dev.attune.schemas.events.Turn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventSourceTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final String DSP =
      """
      [
      {
      "query": "Rhyme on change",
      "responses": {"academy": "A", "business": "B", "normal": "N"}
      }
      ]
      """;

  @TempDir private Path dir;
  private final EventSource source = new EventSource(null, Clock.fixed(NOW, ZoneOffset.UTC));

  @Test
  void shouldMakeADspChoiceForEachDomain() throws IOException {
    // Given
    Path file = write("d.json", DSP);

    // When
    List<PreferenceEvent> events = events(source.dsp(file));

    // Then
    assertThat(events)
        .extracting(PreferenceEvent::getDomain)
        .containsExactly("academy", "business");
    assertThat(events)
        .extracting(PreferenceEvent::getSignal)
        .containsExactly(new Choice("academy"), new Choice("business"));
    assertThat(events.get(0).getCandidates()).hasSize(3);
    assertThat(events.get(0).getPrompt()).containsExactly(new Turn("user", "Rhyme on change"));
    assertThat(events.get(0).getOccurredAt()).isEqualTo(NOW);
  }

  @Test
  void shouldGiveTheSameIdsAgainAndEachOnce() throws IOException {
    // Given
    Path file = write("d.json", DSP);
    List<PreferenceEvent> first = events(source.dsp(file));

    // When
    List<PreferenceEvent> second = events(new EventSource("x", Clock.systemUTC()).dsp(file));

    // Then
    assertThat(second)
        .extracting(PreferenceEvent::getEventId)
        .doesNotHaveDuplicates()
        .isEqualTo(first.stream().map(PreferenceEvent::getEventId).toList());
    assertThat(second).extracting(PreferenceEvent::getDomain).containsOnly("x");
  }

  @Test
  void shouldMakePairsChoicesAndTies() throws IOException {
    // Given
    Path file =
        write(
            "helpful.json",
            """
            [{"text": ["\\n\\nHuman: q\\n\\nAssistant: a", "\\n\\nHuman: q\\n\\nAssistant: b"],
              "score": [0.0, 1.5]},
             {"text": ["## Human:\\nq\\n\\n## Assistant:\\na", "## Human:\\nq\\n\\n## Assistant:\\nb"],
              "score": [2, 2]}]
            """);

    // When
    List<PreferenceEvent> events = events(source.pairs(file));

    // Then
    assertThat(events).extracting(PreferenceEvent::getDomain).containsOnly("general.helpful");
    assertThat(events)
        .extracting(PreferenceEvent::getSignal)
        .containsExactly(new Choice("a2"), new Tie(List.of()));
    assertThat(events.get(1).getCandidates().get(1).getText()).isEqualTo("b");
  }

  @Test
  void shouldReadChosenAndRejectedLines() throws IOException {
    // Given
    Path file =
        write(
            "harmless-base.train.jsonl",
            """
            {"chosen": "\\n\\nHuman: q\\n\\nAssistant: good", "rejected": "\\n\\nHuman: q\\n\\nAssistant: bad"}
            """);

    // When
    List<PreferenceEvent> events = events(source.hh(file));

    // Then
    assertThat(events).hasSize(1);
    assertThat(events.get(0).getDomain()).isEqualTo("general.harmless-base");
    assertThat(events.get(0).getSignal()).isEqualTo(new Choice("a1"));
    assertThat(events.get(0).getCandidates().get(0).getText()).isEqualTo("good");
  }

  @Test
  void shouldMakeUkpJudgmentsAndCountUnknownArguments() throws IOException {
    // Given
    write(
        "arguments.jsonl",
        """
        {"arg": "d#1", "domain": "d", "topic": "t", "stance": "Yes", "title": "T", "text": "one"}
        {"arg": "d#2", "domain": "d", "topic": "t", "stance": "Yes", "title": "T", "text": "two"}
        """);
    write(
        "judgments.csv",
        """
        timestamp,user,domain,argument1,argument2,choice
        2016-01-31T13:23:06Z,u1,d,1,2,a2
        2016-01-31T13:23:07Z,u2,d,2,1,equal
        2016-01-31T13:23:08Z,u2,d,2,9,a1
        """);

    // When
    List<ImportItem> items = all(source.ukp(dir));

    // Then
    assertThat(items).hasSize(3);
    PreferenceEvent choice = ((ImportItem.Event) items.get(0)).event();
    assertThat(choice.getUserId()).isEqualTo("u1");
    assertThat(choice.getDomain()).isEqualTo("d");
    assertThat(choice.getOccurredAt()).isEqualTo("2016-01-31T13:23:06Z");
    assertThat(choice.getSignal()).isEqualTo(new Choice("a2"));
    assertThat(choice.getPrompt().get(0).getText()).contains("T").contains("Yes");
    assertThat(((ImportItem.Event) items.get(1)).event().getSignal()).isEqualTo(new Tie(List.of()));
    assertThat(items.get(2))
        .isEqualTo(
            new ImportItem.Skipped(dir.resolve("judgments.csv") + ":4", "unknown argument id"));
  }

  @Test
  void shouldMakePolisVotesThumbs() throws IOException {
    // Given
    write("c.statements.csv", "statement,text\n7,\"Yes, we can\"\n");
    write("c.votes.csv", "timestamp_ms,voter,statement,vote\n1,5,7,-1\n2,5,7,0\n3,5,8,1\n");

    // When
    List<ImportItem> items = all(source.polis(dir));

    // Then
    assertThat(((ImportItem.Event) items.get(0)).event().getSignal())
        .isEqualTo(new Thumb("7", false));
    assertThat(items.subList(1, 3))
        .extracting(item -> ((ImportItem.Skipped) item).reason())
        .containsExactly("pass", "unknown statement id");
  }

  @Test
  void shouldReadEventsALine() throws IOException {
    // Given
    Path file =
        write(
            "e.jsonl",
            """
            {"userId": "ada", "prompt": [{"role": "user", "text": "q"}], "candidates": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}], "signal": {"Choice": {"chosenId": "a"}}}
            """);

    // When
    List<PreferenceEvent> events = events(source.jsonl(file));

    // Then
    assertThat(events.get(0).getUserId()).isEqualTo("ada");
    assertThat(events.get(0).getDomain()).isNull();
    assertThat(events.get(0).getEventId()).isNotEmpty();
    assertThat(events.get(0).getSignal()).isEqualTo(new Choice("a"));
  }

  @Test
  void shouldNameFileAndLineOfABrokenLine() throws IOException {
    // Given
    Path file = write("e.jsonl", "\n{\"userId\": 3}\n");

    // When
    Iterator<ImportItem> items = source.jsonl(file);

    // Then
    assertThatThrownBy(items::next)
        .isInstanceOf(CliException.class)
        .hasMessage(file + ":2: userId must be a string");
  }

  @Test
  void shouldNameFileAndLineOfBrokenJson() throws IOException {
    // Given
    Path file = write("d.json", "[\n{\"query\": \"q\",\n \"responses\": {\"a\": \"x\",, }}]");

    // When
    var thrown = assertThatThrownBy(() -> source.dsp(file));

    // Then
    thrown.isInstanceOf(CliException.class).hasMessageStartingWith(file + ":3: is no valid JSON");
  }

  @Test
  void shouldNameTheLineOfAnElementWithoutAField() throws IOException {
    // Given
    Path file =
        write("p.json", "[\n{\"text\": [\"a\", \"b\"], \"score\": [1, 0]},\n{\"text\": 1}]");

    // When
    var thrown = assertThatThrownBy(() -> all(source.pairs(file)));

    // Then
    thrown.hasMessage(file + ":3: \"text\" must be an array of two strings");
  }

  @Test
  void shouldNameAMissingFile() {
    // Given
    Path file = dir.resolve("none.json");

    // When
    var thrown = assertThatThrownBy(() -> source.dsp(file));

    // Then
    thrown.isInstanceOf(CliException.class).hasMessage(file + ": no such file");
  }

  @Test
  void shouldNameTheLineOfAWrongJudgment() throws IOException {
    // Given
    write("arguments.jsonl", "");
    write(
        "judgments.csv",
        "timestamp,user,domain,argument1,argument2,choice\n2016-01-31T13:23:06Z,u,d,1,2,both\n");
    Iterator<ImportItem> items = source.ukp(dir);

    // When
    var thrown = assertThatThrownBy(items::next);

    // Then
    thrown.hasMessage(dir.resolve("judgments.csv") + ":2: choice must be one of a1, a2, equal");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text, StandardCharsets.UTF_8);
  }

  private static List<ImportItem> all(Iterator<ImportItem> items) {
    List<ImportItem> list = new ArrayList<>();
    items.forEachRemaining(list::add);
    return list;
  }

  private static List<PreferenceEvent> events(Iterator<ImportItem> items) {
    return all(items).stream().map(item -> ((ImportItem.Event) item).event()).toList();
  }
}
