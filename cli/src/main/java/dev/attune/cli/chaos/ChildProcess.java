package dev.attune.cli.chaos;

import dev.attune.cli.CliException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of its own on this one's class path, which can be killed and started again; it ends with
 * this one. Not thread-safe.
 */
final class ChildProcess {
  /** What it runs. */
  enum Kind {
    BROKER,
    INGEST,
    TRAINER,
    SCORER;

    /** What its JVM is told. */
    private List<String> options() {
      return this == TRAINER || this == SCORER
          ? List.of("-Xmx512m", "-Dattune.torch.threads=1", "-Dai.djl.offline=true")
          : List.of("-Xmx256m");
    }
  }

  private final String name;
  private final Kind kind;
  private final List<String> command;
  private final Path log;
  private @Nullable Process process;
  private boolean wanted;

  /**
   * @param name seen by a person and in the log's file name
   * @param main whose {@code main} it runs
   * @param logs the folder of its log, which is appended to at each start
   */
  ChildProcess(String name, Kind kind, Class<?> main, List<String> arguments, Path logs) {
    this.name = name;
    this.kind = kind;
    this.log = logs.resolve(name + ".log");
    command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                // Many small processes that live for seconds: compile little.
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(kind.options());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            TiedMain.class.getName(),
            main.getName()));
    command.addAll(arguments);
  }

  String name() {
    return name;
  }

  Kind kind() {
    return kind;
  }

  Path log() {
    return log;
  }

  void start() {
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      wanted = true;
    } catch (IOException e) {
      throw new CliException(name + " cannot be started: " + e.getMessage(), e);
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    wanted = false;
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** SIGTERM; does not wait. */
  void endGently() {
    wanted = false;
    if (process != null) {
      process.destroy();
    }
  }

  boolean alive() {
    return process != null && process.isAlive();
  }

  /** Whether it ended although nobody ended it. */
  boolean diedByItself() {
    return wanted && !alive();
  }
}
