package dev.attune.cli.personalize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.console.Console;
import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole harness on a tiny base, a few steps each: what it says is complete, not good. */
class PersonalizedEvaluationTest {
  private static final PersonalizedSettings SETTINGS =
      new PersonalizedSettings(
          2,
          2,
          new Population.Size(6, 3, 16),
          new Population.Size(20, 5, 0),
          16,
          8,
          List.of(0, 2, 16),
          2);

  @TempDir private static Path folder;
  private static PersonalizedResult result;

  @BeforeAll
  static void runOnce() throws IOException, InterruptedException {
    CustomizedData data = PersonalizedTexts.write(folder.resolve("data"));
    Path dir = folder.resolve("base");
    Stage1Config tiny = new Stage1Config(300, 32, 64, 2, 2, 128, 32, 4, 5, 0.02, 3e-3, 1);
    Stage1.train(data.trainingDialogues(), tiny, Precision.FP32, dir, Progress.NONE);
    try (BaseModel base = BaseModel.load(dir, Precision.FP32);
        PersonalizedEvaluation evaluation = new PersonalizedEvaluation(data, base, 1, SETTINGS)) {
      result = evaluation.run(1.5, console(new StringWriter()));
    }
  }

  @Test
  void shouldReportEachMethodByTheNamesOfTheContract() {
    // Given
    ObjectMapper mapper = new ObjectMapper();

    // When
    JsonNode json = mapper.valueToTree(result.json());

    // Then
    for (String method : List.of("dpo", "individual", "cluster", "head")) {
      for (String figure : List.of("top", "generic", "majority", "minority")) {
        assertThat(json.at("/methods/" + method + "/" + figure).asDouble(-1)).isBetween(0.0, 1.0);
        assertThat(json.at("/methods/" + method + "/spread/" + figure).asDouble(-1))
            .isBetween(0.0, 0.5);
      }
    }
    assertThat(json.at("/seeds").asInt()).isEqualTo(2);
    assertThat(json.at("/phase_seconds/base").asDouble()).isEqualTo(1.5);
    assertThat(json.at("/user_text/with/minority").isNumber()).isTrue();
    assertThat(json.at("/generated_tokens/dpo/generic").asDouble()).isBetween(0.0, 8.0);
    assertThat(json.at("/generated_tokens/individual/minority").asDouble()).isBetween(0.0, 8.0);
    assertThat(json.at("/profiles/individual/friendly").asDouble(-1)).isBetween(0.0, 1.0);
  }

  @Test
  void shouldHaveEveryAblation() {
    // Given the run
    // When
    List<String> varied = List.copyOf(result.ablations().keySet());

    // Then
    assertThat(varied)
        .containsExactly(
            "cluster, K 2",
            "cluster, K 10",
            "individual, without e_0",
            "individual, alpha 1",
            "soft prompt, T_u 1",
            "soft prompt, T_u 10");
  }

  @Test
  void shouldStartEachStreamAsTheGenericUser() {
    // Given
    Figure generic = result.generic("head");

    // When
    List<Checkpoint> head = result.streams().get("head");

    // Then
    assertThat(result.streams()).containsOnlyKeys("row, subspace", "row, Adam", "head");
    assertThat(head).extracting(Checkpoint::events).containsExactly(0, 2, 16);
    assertThat(head.get(0).accuracies().all()).isEqualTo(generic.mean());
    double row = result.methods().get("individual").get(0).generic().all();
    assertThat(result.streams().get("row, Adam").get(0).accuracies().all()).isEqualTo(row);
    assertThat(result.streams().get("row, subspace").get(0).accuracies().all()).isEqualTo(row);
  }

  @Test
  void shouldServeAMinorityByItsHeadsAfterAFewEvents() {
    // Given: lengths are a feature of a reply, so that even this base will do
    Figure minority = result.group("head", ConflictingLengths.MINORITY);

    // When
    double gain =
        minority.mean()
            - result.streams().get("head").get(0).accuracies().group(ConflictingLengths.MINORITY);

    // Then
    assertThat(gain).isGreaterThan(0.2);
  }

  @Test
  void shouldPrintTablesAsWideAsTheirHeaders() {
    // Given
    StringWriter out = new StringWriter();

    // When
    PersonalizedSummary.print(result, console(out));

    // Then
    for (PersonalizedSummary.Table table : PersonalizedSummary.tables(result)) {
      assertThat(table.rows()).isNotEmpty().allMatch(row -> row.size() == table.header().size());
      assertThat(out.toString()).contains(table.title());
    }
    assertThat(out.toString()).contains("soft prompt, T_u 10", "Seconds: base 2");
  }

  @Test
  void shouldDrawAPageThatIsWellFormed() {
    // Given
    String page = PersonalizedSummary.page(result).html();

    // When
    long drawings =
        IntStream.range(0, page.length()).filter(i -> page.startsWith("<svg", i)).count();

    // Then
    assertThat(drawings).isEqualTo(3);
    assertThat(page).contains("row, subspace").doesNotContain("NaN");
  }

  private static Console console(StringWriter out) {
    return new Console(new PrintWriter(out), new PrintWriter(new StringWriter()), false);
  }
}
