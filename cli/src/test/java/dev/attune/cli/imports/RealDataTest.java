package dev.attune.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.TestData;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RealDataTest {
  private final EventSource source = new EventSource(null, Clock.systemUTC());

  @Test
  void shouldReadEveryUkpJudgment() {
    // Given
    Path folder = TestData.folder("ukpconvarg");

    // When
    List<ImportItem> items = all(source.ukp(folder));

    // Then
    assertThat(items).hasSize(69_266).hasOnlyElementsOfType(ImportItem.Event.class);
    assertThat(events(items)).extracting(PreferenceEvent::getEventId).doesNotHaveDuplicates();
    assertThat(events(items).stream().map(PreferenceEvent::getDomain).distinct()).hasSize(26);
    assertThat(bySignal(items))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(Choice.class, 27_039L + 26_627L, Tie.class, 15_600L));
  }

  @Test
  void shouldReadEveryDspChoice() {
    // Given
    Path folder = TestData.folder("dsp");

    // When
    List<PreferenceEvent> events = events(all(source.dsp(folder)));

    // Then
    assertThat(events).hasSize(4 * 489).allMatch(event -> event.getCandidates().size() == 5);
  }

  @Test
  void shouldReadEveryGeneralPair() {
    // Given
    Path folder = TestData.folder("general");

    // When
    List<PreferenceEvent> events = events(all(source.pairs(folder)));

    // Then
    assertThat(events).hasSize(1_535 + 1_600 + 576);
    assertThat(events)
        .allMatch(
            event -> event.getPrompt().get(event.getPrompt().size() - 1).getRole().equals("user"))
        .allMatch(event -> event.getPrompt().get(0).getRole().equals("user"));
    assertThat(events.stream().map(PreferenceEvent::getDomain).distinct())
        .containsExactly("general.harmless", "general.helpful", "general.webgpt");
  }

  @Test
  void shouldReadEveryPolisVote() {
    // Given
    Path folder = TestData.folder("polis");

    // When
    List<ImportItem> items = all(source.polis(folder));

    // Then
    assertThat(items).hasSize(12_018);
    assertThat(bySignal(items)).isEqualTo(Map.of(Thumb.class, 7_230L + 2_861L));
    assertThat(
            events(items).stream()
                .filter(event -> event.getSignal() instanceof Thumb t && t.getUp()))
        .hasSize(7_230);
    assertThat(items.stream().filter(ImportItem.Skipped.class::isInstance))
        .hasSize(1_927)
        .allMatch(item -> ((ImportItem.Skipped) item).reason().equals("pass"));
  }

  private static Map<Class<?>, Long> bySignal(List<ImportItem> items) {
    return events(items).stream()
        .collect(
            Collectors.groupingBy(event -> event.getSignal().getClass(), Collectors.counting()));
  }

  private static List<ImportItem> all(Iterator<ImportItem> items) {
    List<ImportItem> list = new ArrayList<>();
    items.forEachRemaining(list::add);
    return list;
  }

  private static List<PreferenceEvent> events(List<ImportItem> items) {
    return items.stream()
        .filter(ImportItem.Event.class::isInstance)
        .map(item -> ((ImportItem.Event) item).event())
        .toList();
  }
}
