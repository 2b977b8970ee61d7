package dev.attune.cli.stack;

import dev.attune.cli.console.Console;
import dev.attune.cli.demo.SampleConversations;
import dev.attune.model.lm.Stage1Config;
import java.nio.file.Path;

/** The small base of {@code demo} and {@code up}: stage 1 on the sample conversations. */
public final class DemoBase {
  private static final long SEED = 1;

  private DemoBase() {}

  /** Its folder; trained at first use, with progress. */
  public static Path get(Console console) {
    return BaseCache.standard(console)
        .get(SampleConversations.texts().toList(), Stage1Config.demo(SEED), console);
  }
}
