package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.cli.console.Console;
import dev.attune.cli.stack.BaseCache;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TinyBase;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.ModelVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole flow in one process, for some seconds, on a base that knows next to nothing. */
class DemoIT {
  private static final Stage1Config TINY =
      new Stage1Config(300, 16, 32, 1, 2, 512, 32, 2, 4, 0.02, 3e-3, 1);

  @TempDir private Path folder;

  @Test
  void shouldAccountForEveryEventAndEveryRequest() throws Exception {
    // Given
    Console console = TinyBase.silent();
    Path base = folder.resolve("base");
    BaseCache.train(dialogues(), TINY, base, console);
    DemoOptions options = new DemoOptions(6, 10, 20, 1, 0, false, null);
    StackConfig config =
        new StackConfig(folder.resolve("stack"), base, 0, 0, 0, DemoSettings.SERVICES);
    DemoResult result;
    try (LocalStack stack = LocalStack.start(config, console)) {
      stack.awaitReady(Duration.ofMinutes(1));
      // When
      result = new DemoRun(options, stack, console).run();
    }
    // Then
    assertThat(result.sound()).as("%s %s", result.events(), result.requests()).isTrue();
    assertThat(result.events().sent()).isGreaterThan(3L * Mischief.EVERY);
    assertThat(result.events().accepted()).isPositive();
    assertThat(result.events().rejected()).isGreaterThanOrEqualTo(2);
    assertThat(result.events().duplicate()).isPositive();
    assertThat(result.comparisonsTrained()).isPositive();
    assertThat(result.models())
        .extracting(ModelVersion::getName)
        .contains("general", "domain/science");
    assertThat(result.servingAfter()).isPositive();
    assertThat(result.users()).isPositive();
    assertThat(result.freshnessP50()).isPositive();
  }

  private static List<List<Turn>> dialogues() {
    List<List<Turn>> dialogues = new ArrayList<>();
    for (SampleConversation sample : SampleConversations.load().subList(0, 8)) {
      for (String reply : sample.replies().values()) {
        dialogues.add(List.of(new Turn("user", sample.prompt()), new Turn("assistant", reply)));
      }
    }
    return dialogues;
  }
}
