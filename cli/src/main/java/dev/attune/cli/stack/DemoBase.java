package dev.attune.cli.stack;

import dev.attune.cli.console.Console;
import dev.attune.cli.demo.SampleConversation;
import dev.attune.cli.demo.SampleConversations;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Small bases, by stage 1 on the sample conversations. */
public final class DemoBase {
  private static final long SEED = 1;

  private DemoBase() {}

  /** The folder of that of {@code demo} and {@code up}; trained at first use, with progress. */
  public static Path get(Console console) {
    return get(Stage1Config.demo(SEED), console);
  }

  /** The folder of the tiny one, for load tests on few cores. */
  public static Path tiny(Console console) {
    return get(Stage1Config.tiny(SEED), console);
  }

  private static Path get(Stage1Config config, Console console) {
    List<List<Turn>> dialogues = new ArrayList<>();
    for (SampleConversation sample : SampleConversations.load()) {
      for (String style : SampleConversations.STYLES) {
        String reply = Objects.requireNonNull(sample.replies().get(style));
        dialogues.add(List.of(new Turn("user", sample.prompt()), new Turn("assistant", reply)));
      }
    }
    return BaseCache.standard(console).get(dialogues, config, console);
  }
}
