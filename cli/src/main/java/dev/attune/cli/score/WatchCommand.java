package dev.attune.cli.score;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.console.Console;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.json.AvroJson;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code attune watch}: the reward topic as it grows. */
@Command(
    name = "watch",
    description = "Follow the reward topic until it is stopped; with --json one result a line.")
public final class WatchCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Option(names = "--from-beginning", description = "Show what the topic holds already as well.")
  private boolean fromBeginning;

  @Option(names = "--user", paramLabel = "ID", description = "Only this user's results.")
  private @Nullable String user;

  @Option(names = "--limit", paramLabel = "N", description = "End after N results.")
  private @Nullable Long limit;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "End after N seconds; with --limit it is then an error.")
  private @Nullable Long seconds;

  @Override
  public Integer call() {
    if ((limit != null && limit < 1) || (seconds != null && seconds < 1)) {
      throw new ParameterException(
          command.commandLine(), "--limit and --seconds must be 1 or more");
    }
    long max = limit == null ? Long.MAX_VALUE : limit;
    long startedAt = System.nanoTime();
    long nanos = seconds == null ? Long.MAX_VALUE : Duration.ofSeconds(seconds).toNanos();
    Console console = common.console();
    long shown = 0;
    try (RewardReader rewards = new RewardReader(cluster.kafka(), fromBeginning);
        Writer json = jsonLines()) {
      while (shown < max && System.nanoTime() - startedAt < nanos) {
        for (ScoreResult result : rewards.poll(POLL)) {
          if (shown < max && (user == null || user.equals(result.getUserId()))) {
            shown++;
            console.print(line(result));
            json.write(AvroJson.write(result) + "\n");
            json.flush();
          }
        }
      }
    } catch (IOException e) {
      throw new CliException("--json " + common.json() + ": cannot be written", e);
    }
    if (limit != null && shown < max) {
      throw new CliException(shown + " of " + max + " results came in " + seconds + " s");
    }
    return 0;
  }

  private Writer jsonLines() throws IOException {
    return common.json() == null
        ? Writer.nullWriter()
        : Files.newBufferedWriter(common.json(), StandardCharsets.UTF_8);
  }

  static String line(ScoreResult result) {
    String head =
        "%s user=%s domain=%s"
            .formatted(result.getRequestId(), result.getUserId(), result.getDomain());
    if (result.getError() != ScoreErrorCode.NONE) {
      return head + " error=" + result.getError();
    }
    ScoreVersions versions = result.getVersions();
    String model =
        versions == null
            ? ""
            : " model=" + versions.getDomainModel() + "/" + versions.getDomainModelVersion();
    return head
        + model
        + result.getCandidates().stream()
            .sorted(Comparator.comparingInt(CandidateScore::getRank))
            .map(score -> String.format(Locale.ROOT, " %s=%.4f", score.getId(), score.getReward()))
            .collect(Collectors.joining());
  }
}
