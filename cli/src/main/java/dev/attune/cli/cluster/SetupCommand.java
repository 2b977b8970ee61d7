package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.stack.DemoBase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune setup}: all that the services find at their first start, in one step. */
@Command(
    name = "setup",
    description =
        "Prepare a cluster: 'topics create', 'schemas register', and with --base the small base"
            + " where the folder holds none. May be repeated.")
public final class SetupCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--base",
      paramLabel = "DIR",
      description = "Put the small base, trained on the sample conversations, into DIR.")
  private @Nullable Path base;

  @Override
  public Integer call() {
    new TopicsCommand().create(common, cluster, (short) -1, 0, false);
    int exitCode = new SchemasCommand().register(common, cluster, false);
    if (base != null && !Files.exists(base.resolve("config.json"))) {
      copy(DemoBase.get(common.console()), base);
      common.console().print("base: " + base);
    }
    return exitCode;
  }

  private static void copy(Path from, Path to) {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    try {
      Files.createDirectories(part);
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, part.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new CliException("--base " + to + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
