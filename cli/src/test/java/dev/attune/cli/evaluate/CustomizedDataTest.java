package dev.attune.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.CliException;
import dev.attune.cli.imports.DspQuery;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CustomizedDataTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @BeforeEach
  void writeData() throws IOException {
    List<Object> queries = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int query = i / 2;
      queries.add(
          Map.of(
              "query",
              "query " + query,
              "responses",
              Map.of(
                  "academy", "academic " + i, "business", "trade " + i, "normal", "plain " + i)));
    }
    write("dsp/" + DspQuery.FILE, queries);
    for (String set : CustomizedData.SETS) {
      List<Object> pairs = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String prompt = "\n\nHuman: " + set + " question " + i + "\n\nAssistant: ";
        pairs.add(
            Map.of(
                "text",
                List.of(prompt + "good " + set + i, prompt + "bad " + set + i),
                "score",
                List.of(1, 0)));
      }
      write("general/" + set + ".json", pairs);
    }
  }

  @Test
  void shouldSplitByQuerySoThatNoTestTextIsTrainedOn() {
    // Given the folder
    // When
    CustomizedData data = CustomizedData.read(folder, null, 5);
    // Then
    assertThat(data.dsp().train()).hasSize(16);
    assertThat(data.dsp().test()).hasSize(4);
    assertThat(data.dsp().test())
        .extracting(DspQuery::query)
        .doesNotContainAnyElementsOf(data.dsp().train().stream().map(DspQuery::query).toList());
    assertThat(data.general().get("helpful").test()).hasSize(2);
    List<String> texts =
        data.trainingDialogues().stream().flatMap(List::stream).map(Turn::text).toList();
    assertThat(texts).isNotEmpty();
    for (DspQuery query : data.dsp().test()) {
      assertThat(texts).noneMatch(text -> text.contains(query.query()));
      query
          .responses()
          .values()
          .forEach(response -> assertThat(texts).noneMatch(text -> text.contains(response)));
    }
  }

  @Test
  void shouldSplitTheSameWayForTheSameSeedAndAnotherWayForAnother() {
    // Given
    CustomizedData first = CustomizedData.read(folder, null, 1);
    // When
    CustomizedData second = CustomizedData.read(folder, null, 1);
    // Then
    assertThat(second).isEqualTo(first);
    assertThat(CustomizedData.read(folder, null, 2)).isNotEqualTo(first);
  }

  @Test
  void shouldTrainOnAllWhereATestFolderIsGiven() {
    // Given the folder as both
    // When
    CustomizedData data = CustomizedData.read(folder, folder, 1);
    // Then
    assertThat(data.dsp().train()).hasSize(20);
    assertThat(data.dsp().test()).hasSize(20);
    assertThat(data.trainingDialogues()).isEmpty();
  }

  @Test
  void shouldNameTheFileThatIsMissing() throws IOException {
    // Given
    Files.delete(folder.resolve("general/webgpt.json"));
    // When
    assertThatThrownBy(() -> CustomizedData.read(folder, null, 1))
        // Then
        .isInstanceOf(CliException.class)
        .hasMessageContaining("webgpt.json");
  }

  @Test
  void shouldNameTheFileAndLineThatIsBroken() throws IOException {
    // Given
    Files.writeString(folder.resolve("general/harmless.json"), "[\n{\"text\": [\"a\"]}\n]");
    // When
    assertThatThrownBy(() -> CustomizedData.read(folder, null, 1))
        // Then
        .isInstanceOf(CliException.class)
        .hasMessageContaining("harmless.json:2");
  }

  @Test
  void shouldNameTheQueryThatLacksAResponse() throws IOException {
    // Given
    write(
        "dsp/" + DspQuery.FILE,
        List.of(
            Map.of("query", "a", "responses", Map.of("academy", "1", "normal", "2")),
            Map.of("query", "b", "responses", Map.of("business", "1", "normal", "2"))));
    // When
    assertThatThrownBy(() -> CustomizedData.read(folder, null, 1))
        // Then
        .isInstanceOf(CliException.class)
        .hasMessageContaining(DspQuery.FILE);
  }

  private void write(String name, Object content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, JSON.writeValueAsBytes(content));
  }
}
