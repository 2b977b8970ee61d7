package dev.attune.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.console.Console;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.stack.BaseCache;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.reward.OnlineConfig;
import dev.attune.model.reward.OptimizerConfig;
import dev.attune.model.reward.Pooling;
import dev.attune.model.reward.RewardModelConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineEvaluationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> STYLES =
      Map.of("academy", "theorem proof", "business", "profit market", "normal", "well yes");

  @TempDir private Path folder;

  @Test
  void shouldCompareTheStrategiesAndRepeatTheBestOne() throws Exception {
    // Given: styles that one word tells apart, and general pairs that a word and the length decide
    writeData();
    Console console = new Console(new PrintWriter(new StringWriter()), remarks(), false);
    OfflineEvaluation evaluation =
        new OfflineEvaluation(
            folder, null, 7, tiny(), new BaseCache(folder.resolve("home")), console);

    // When
    OfflineResult result = evaluation.run();

    // Then
    assertThat(result.strategies().keySet()).containsExactly(Strategy.values());
    assertThat(result.bySeed()).hasSize(3);
    assertThat(result.bySeed().get(0)).isEqualTo(result.strategies().get(result.best()));
    assertThat(result.mean(OfflineResult::domainsAfter)).isGreaterThan(0.7);
    assertThat(result.mean(OfflineResult::domainsAfter))
        .isGreaterThan(result.mean(OfflineResult::domainsBefore) + 0.1);
    assertThat(OfflineResult.generalBefore(result.bySeed().get(0))).isGreaterThan(0.6);
    assertContract(JSON.valueToTree(result.json()));
    assertThat(new OfflineSummary(result).page().html())
        .contains("enrichment", "academy", "webgpt", "<svg");
  }

  private static void assertContract(JsonNode json) {
    for (String figure : List.of("before", "after", "longer", "floor", "ece", "after_spread")) {
      assertThat(json.at("/domains/academy/" + figure).isNumber()).as(figure).isTrue();
      assertThat(json.at("/mean/" + figure).isNumber()).as(figure).isTrue();
    }
    assertThat(json.at("/general/webgpt/before").isNumber()).isTrue();
    assertThat(json.at("/general/webgpt/after").isNumber()).isTrue();
    for (Strategy strategy : Strategy.values()) {
      String path = "/strategies/" + strategy.label() + "/domains/business/after";
      assertThat(json.at(path).isNumber()).as(path).isTrue();
    }
    assertThat(json.at("/seeds/2/seed").asLong()).isEqualTo(9);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum += json.at("/seeds/" + i + "/domains/academy/after").asDouble();
    }
    assertThat(json.at("/domains/academy/after").asDouble()).isCloseTo(sum / 3, within(1e-9));
  }

  private static OfflineRecipe tiny() {
    OnlineConfig config =
        new OnlineConfig(
            new RewardModelConfig(4, 8, Pooling.MEAN, true, 32, 24),
            new OptimizerConfig(2e-2, 0.01, 0.9, 0.98, 1, 3, 1000, 0, 0, 0, false),
            0.1,
            false,
            4,
            100_000,
            0,
            0,
            100,
            100,
            0.2,
            1,
            100,
            0,
            128,
            1);
    return new OfflineRecipe(
        seed -> new Stage1Config(300, 32, 64, 2, 2, 64, 32, 4, 30, 0.02, 3e-3, seed), config, 2, 8);
  }

  private void writeData() throws IOException {
    List<Object> queries = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Map<String, String> responses = new LinkedHashMap<>();
      for (String style : List.of("academy", "business", "normal")) {
        responses.put(style, STYLES.get(style) + " about thing " + i % 7);
      }
      queries.add(Map.of("query", "What is thing " + i + "?", "responses", responses));
    }
    write("dsp/" + DspQuery.FILE, queries);
    for (String set : CustomizedData.SETS) {
      List<Object> pairs = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String prompt = "\n\nHuman: " + set + " question " + i + "\n\nAssistant: ";
        String good = prompt + "Here is a good and long answer to it, number " + i % 3;
        pairs.add(
            Map.of("text", List.of(good, prompt + "No " + i % 3 + "."), "score", List.of(1, 0)));
      }
      write("general/" + set + ".json", pairs);
    }
  }

  private void write(String name, Object content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    JSON.writeValue(file.toFile(), content);
  }

  private static PrintWriter remarks() {
    return new PrintWriter(new StringWriter());
  }
}
