package dev.attune.cli.stack;

import dev.attune.cli.console.Console;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A base that is made in a second and knows next to nothing: for tests of what is around it. */
public final class TinyBase {
  private TinyBase() {}

  /** Trains it into a new folder. */
  public static Path in(Path folder) {
    return in(folder, 1);
  }

  /** The same with another seed: another base. */
  public static Path in(Path folder, long seed) {
    List<List<Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      dialogues.add(
          List.of(
              new Turn("user", "What comes after " + i + "?"),
              new Turn("assistant", "After " + i + " comes " + (i + 1) + ", as one would think.")));
    }
    Stage1Config config = new Stage1Config(320, 16, 32, 1, 2, 512, 32, 2, 3, 0.02, 3e-3, seed);
    Path base = folder.resolve("base");
    BaseCache.train(dialogues, config, base, silent());
    return base;
  }

  /** Nobody watches. */
  public static Console silent() {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return new Console(nowhere, nowhere, false);
  }
}
