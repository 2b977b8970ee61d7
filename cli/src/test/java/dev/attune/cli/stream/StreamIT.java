package dev.attune.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TinyBase;
import dev.attune.cli.stream.Means.By;
import dev.attune.cli.stream.StreamResult.People;
import dev.attune.cli.stream.StreamResult.Simulated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both streams on one running system, some dozens of events on a base that knows nothing. */
class StreamIT {
  private static final StreamSettings SETTINGS = new StreamSettings(60, 20, 40, 4, 4, 1);

  @TempDir private Path folder;

  @Test
  void shouldPredictEachChoiceBeforeItIsLearnedFrom() throws Exception {
    // Given
    judgments();
    Map<String, String> services = new LinkedHashMap<>(StreamSettings.SERVICES);
    services.put("trainer.learning.batch-events", "10");
    services.put("trainer.checkpoint.interval", "200ms");
    StackConfig config =
        new StackConfig(folder.resolve("stack"), TinyBase.in(folder), 0, 0, 0, services);
    StreamEvaluation evaluation = new StreamEvaluation(SETTINGS, TinyBase.silent());
    People people;
    Simulated simulated;
    try (LocalStack stack = LocalStack.start(config, TinyBase.silent())) {
      stack.awaitReady(Duration.ofMinutes(1));

      // When
      people = evaluation.people(folder, stack);
      simulated = evaluation.simulated(queries(), stack);
    }

    // Then
    StreamFigures figures = people.figures();
    assertThat(people.events().accepted()).isEqualTo(60);
    assertThat(figures.events()).isEqualTo(60);
    assertThat(figures.all().choices()).isEqualTo(45);
    assertThat(figures.of(Tenure.NEW).choices()).isPositive();
    assertThat(figures.all().accuracy(By.LONGER)).isEqualTo(1);
    // Nothing is known before the first event: all rewards are equal.
    assertThat(figures.windows().get(0).accuracy(By.GLOBAL)).isEqualTo(0.5);
    assertThat(figures.windows().get(0).logLoss(By.DOMAIN)).isEqualTo(Math.log(2));
    assertThat(simulated.users()).isEqualTo(4);
    assertThat(simulated.events().accepted()).isEqualTo(simulated.figures().events());
    // By the user's third event the first ones have moved the user's rewards.
    assertThat(simulated.figures().byEarlier().get(2).logLoss(By.PERSONAL))
        .isNotEqualTo(simulated.figures().byEarlier().get(2).logLoss(By.GLOBAL));
    StreamResult result = new StreamResult(people, simulated, Map.of(), 0, 1);
    assertThat(result.sound()).isTrue();
    assertThat(result.json()).containsKeys("accuracy", "log_loss", "ece", "tenure", "simulated");
    assertThat(StreamSummary.page(result).html())
        .contains("<svg", "Simulated users by earlier events");
  }

  private void judgments() throws IOException {
    StringBuilder arguments = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      arguments.append(
          """
          {"arg": "pets_cats#%d", "domain": "pets_cats", "topic": "pets", "title": "Pets", \
          "stance": "Cats", "text": "%s"}
          """
              .formatted(i, "Cats are fine. ".repeat(i + 1)));
    }
    StringBuilder judgments =
        new StringBuilder("timestamp,user,domain,argument1,argument2,choice\n");
    for (int i = 0; i < 60; i++) {
      int first = i % 8;
      int second = (i * 3 + 1) % 8;
      String choice = i % 4 == 3 || first == second ? "equal" : first > second ? "a1" : "a2";
      judgments.append(
          "2016-02-01T10:00:%02dZ,u%d,pets_cats,%d,%d,%s%n"
              .formatted(i, i % 7, first, second, choice));
    }
    Files.writeString(folder.resolve("arguments.jsonl"), arguments);
    Files.writeString(folder.resolve("judgments.csv"), judgments);
  }

  private static List<DspQuery> queries() {
    List<DspQuery> queries = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Map<String, String> responses = new LinkedHashMap<>();
      responses.put("academy", "Considerable investigations demonstrate phenomenon " + i + ".");
      responses.put("business", "You win! We help you and your team, and it's fun: " + i);
      responses.put("literature", "A day, a sea, a sky of red and blue, so far, so old, " + i);
      responses.put(DspQuery.NORMAL, "It is " + i);
      queries.add(new DspQuery(i, i + 1, "What is it about " + i + "?", responses));
    }
    return queries;
  }
}
