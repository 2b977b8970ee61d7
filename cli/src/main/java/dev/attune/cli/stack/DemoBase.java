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

/** The small base of {@code demo} and {@code up}: stage 1 on the sample conversations. */
public final class DemoBase {
  private static final long SEED = 1;

  private DemoBase() {}

  /** Its folder; trained at first use, with progress. */
  public static Path get(Console console) {
    List<List<Turn>> dialogues = new ArrayList<>();
    for (SampleConversation sample : SampleConversations.load()) {
      for (String style : SampleConversations.STYLES) {
        String reply = Objects.requireNonNull(sample.replies().get(style));
        dialogues.add(List.of(new Turn("user", sample.prompt()), new Turn("assistant", reply)));
      }
    }
    return BaseCache.standard(console).get(dialogues, Stage1Config.demo(SEED), console);
  }
}
