package dev.attune.cli.stream;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.stack.BaseCache;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stack.StackConfig;
import dev.attune.cli.stack.TemporaryFolder;
import dev.attune.cli.stream.StreamResult.People;
import dev.attune.cli.stream.StreamResult.Simulated;
import dev.attune.model.lm.Stage1Config;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune evaluate stream}. */
@Command(
    name = "stream",
    description = {
      "Send real people's judgments in time order through the whole system in a closed loop, and"
          + " then",
      "simulated users who come and go; print how often the chosen reply had the higher reward"
          + " before",
      "it was learned from: by length, the pooled reward, the domain's, and the user's.",
      "The services run here; the cluster too, where none is named."
    })
public final class StreamCommand implements Callable<Integer> {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final String JUDGMENTS = "ukpconvarg";

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description =
          "The data folder: ukpconvarg/ with the judgments; dsp/ and general/, whose training part"
              + " the base is made of, and dsp/'s test part for the simulated users.")
  private Path folder;

  @Option(names = "--limit", paramLabel = "N", description = "Judgments at most (default: all).")
  private int limit = Integer.MAX_VALUE;

  @Option(
      names = "--users",
      paramLabel = "N",
      description = "Simulated users; 0 leaves them out (default: ${DEFAULT-VALUE}).")
  private int users = StreamSettings.standard(0).users();

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description =
          "Judgments that are asked about together, and then told (default: ${DEFAULT-VALUE}).")
  private int chunk = StreamSettings.standard(0).chunk();

  @Option(
      names = "--behind",
      paramLabel = "N",
      description =
          "Events that the reward model may be behind when the next are asked about (default:"
              + " ${DEFAULT-VALUE}).")
  private int behind = StreamSettings.standard(0).mostUnlearned();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the split, the base and the simulated users (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Write stream.html and stream.json to DIR.")
  private @Nullable Path report;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of a service, as in docs/configuration.md; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Console console = common.console();
    StreamSettings standard = StreamSettings.standard(seed);
    StreamSettings wanted =
        new StreamSettings(limit, chunk, behind, users, standard.usersAtOnce(), seed);
    CustomizedData data = CustomizedData.read(folder, null, seed);
    long start = System.nanoTime();
    Path base =
        BaseCache.standard(console)
            .get(data.trainingDialogues(), Stage1Config.evaluation(seed), console);
    double baseSeconds = (System.nanoTime() - start) / 1e9;
    Map<String, String> services = new LinkedHashMap<>(StreamSettings.SERVICES);
    services.putAll(settings);
    StreamEvaluation evaluation = new StreamEvaluation(wanted, console);
    People people =
        onStack(
            base, services, console, stack -> evaluation.people(folder.resolve(JUDGMENTS), stack));
    Simulated simulated =
        users == 0
            ? null
            : onStack(
                base, services, console, stack -> evaluation.simulated(data.dsp().test(), stack));
    StreamResult result = new StreamResult(people, simulated, services, baseSeconds, seed);
    StreamSummary.print(result, console);
    JsonReport.write(common.json(), result.json());
    write(result);
    return result.sound() ? 0 : 1;
  }

  private interface Phase<T> {
    T on(LocalStack stack) throws InterruptedException;
  }

  /** Each phase has a system of its own: one's users would shape the other's policy. */
  private <T> T onStack(Path base, Map<String, String> services, Console console, Phase<T> phase)
      throws IOException, InterruptedException {
    Map<String, String> all = new LinkedHashMap<>(cluster.serviceSettings());
    all.putAll(services);
    try (TemporaryFolder work = TemporaryFolder.create("attune-stream");
        LocalStack stack =
            LocalStack.start(
                new StackConfig(work.path(), base.toAbsolutePath(), 0, 0, 0, all), console)) {
      stack.awaitReady(START_LIMIT);
      return phase.on(stack);
    }
  }

  private void write(StreamResult result) {
    if (report == null) {
      return;
    }
    try {
      StreamSummary.page(result).write(report.resolve("stream.html"));
    } catch (IOException e) {
      throw new CliException("--report " + report + ": " + e.getMessage(), e);
    }
    JsonReport.write(report.resolve("stream.json"), result.json());
  }
}
