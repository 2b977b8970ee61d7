package dev.attune.cli.demo;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.stack.DemoBase;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune demo}: the whole system with a simulated chat app in front, for a while. */
@Command(
    name = "demo",
    description = {
      "Run everything in this process with a simulated chat app whose users have hidden tastes,",
      "show a live page, and end with a summary. Exit code 0 only if every event and every request",
      "is accounted for."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long the users chat (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "40",
      description = "Simulated users over the five domains (default: ${DEFAULT-VALUE}).")
  private int users;

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "8",
      description =
          "Choices a second, fewer where the machine is slow (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of users and conversations (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "0",
      description = "Port of the live page; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(names = "--open", description = "Open the live page in a browser.")
  private boolean open;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Write summary.html and demo.json to DIR.")
  private @Nullable Path report;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of a service, as in docs/configuration.md; may be repeated.")
  private Map<String, String> settings = new HashMap<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Console console = common.console();
    DemoOptions options = new DemoOptions(seconds, users, rate, seed, port, open, report);
    Path base = DemoBase.get(console);
    DemoResult result;
    try (TemporaryFolder folder = TemporaryFolder.create("attune-demo")) {
      Map<String, String> all = new LinkedHashMap<>(DemoSettings.SERVICES);
      all.putAll(cluster.serviceSettings());
      all.putAll(settings);
      StackConfig config = new StackConfig(folder.path(), base.toAbsolutePath(), 0, 0, 0, all);
      try (LocalStack stack = LocalStack.start(config, console)) {
        stack.awaitReady(START_LIMIT);
        result = new DemoRun(options, stack, console).run();
      }
    }
    DemoSummary.print(result, console);
    JsonReport.write(common.json(), result.json());
    if (report != null) {
      write(report, result);
      console.say("report " + report.resolve("summary.html"));
    }
    return result.sound() ? 0 : 1;
  }

  private static void write(Path folder, DemoResult result) {
    try {
      DemoSummary.page(result).write(folder.resolve("summary.html"));
    } catch (IOException e) {
      throw new CliException("--report " + folder + ": " + e.getMessage(), e);
    }
    JsonReport.write(folder.resolve("demo.json"), result.json());
  }
}
