package dev.attune.cli.stack;

import dev.attune.cli.console.Console;
import dev.attune.model.lm.Stage1Config;
import java.nio.file.Path;
import java.util.List;

/** The small base, trained at first use and cached in {@code ATTUNE_HOME} by content hash. */
public final class BaseCache {
  private final Path home;

  /** A cache in a folder of its own. */
  public BaseCache(Path home) {
    this.home = home;
  }

  /** In {@code ATTUNE_HOME}, else {@code ~/.attune}, else a folder of this user in the temporary folder. */
  public static BaseCache standard() {
    throw new UnsupportedOperationException(home().toString());
  }

  /**
   * The folder of the base trained on these texts with this configuration; trains it, with
   * progress, where it is not there yet. Safe against other processes that ask for the same.
   *
   * @param texts what it is trained on, in this order (each a dialogue or passage)
   */
  public Path get(List<String> texts, Stage1Config config, Console console) {
    throw new UnsupportedOperationException(texts + " " + config + " " + console + home);
  }

  private static Path home() {
    return Path.of(".");
  }
}
