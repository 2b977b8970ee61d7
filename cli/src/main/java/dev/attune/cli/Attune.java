package dev.attune.cli;

import dev.attune.cli.base.BaseCommand;
import dev.attune.cli.bench.BenchCommand;
import dev.attune.cli.chaos.ChaosCommand;
import dev.attune.cli.cluster.SchemasCommand;
import dev.attune.cli.cluster.SetupCommand;
import dev.attune.cli.cluster.TopicsCommand;
import dev.attune.cli.demo.DemoCommand;
import dev.attune.cli.evaluate.EvaluateCommand;
import dev.attune.cli.general.GeneralCommand;
import dev.attune.cli.imports.ImportCommand;
import dev.attune.cli.models.ModelsCommand;
import dev.attune.cli.quarantine.QuarantineCommand;
import dev.attune.cli.replay.ReplayCommand;
import dev.attune.cli.score.ScoreCommand;
import dev.attune.cli.score.WatchCommand;
import dev.attune.cli.shadow.ShadowCommand;
import dev.attune.cli.up.UpCommand;
import dev.attune.cli.users.UsersCommand;
import dev.attune.model.engine.NativeCalls;
import dev.attune.model.io.ModelFormatException;
import dev.attune.platform.BuildInfo;
import dev.attune.platform.ConfigException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/**
 * The {@code attune} command. Exit codes: 0 only on success, 1 on a failure, 2 on wrong usage; an
 * error is one line on the error stream.
 */
@Command(
    name = "attune",
    description = "Learns what each person and each field prefers, while your product runs.",
    versionProvider = Attune.Version.class,
    subcommands = {
      DemoCommand.class,
      EvaluateCommand.class,
      UpCommand.class,
      ImportCommand.class,
      ScoreCommand.class,
      WatchCommand.class,
      ShadowCommand.class,
      TopicsCommand.class,
      SchemasCommand.class,
      SetupCommand.class,
      BaseCommand.class,
      GeneralCommand.class,
      ModelsCommand.class,
      UsersCommand.class,
      ReplayCommand.class,
      QuarantineCommand.class,
      BenchCommand.class,
      ChaosCommand.class
    })
public final class Attune {
  /** Everything was done. */
  public static final int OK = 0;

  /** Something could not be done. */
  public static final int FAILURE = 1;

  /** The command line is wrong. */
  public static final int USAGE = 2;

  private static final Duration LONGEST_SCRIPT = Duration.ofSeconds(10);

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit; every command has its own.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version and exit.")
  boolean version;

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] args) {
    quietLogs(args);
    if (!Arrays.asList(args).contains("up")) {
      // Ctrl-C ends work where it stands. 'up' closes its services first, which need scripts.
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> NativeCalls.end(LONGEST_SCRIPT), "attune-end"));
    }
    System.exit(run(args));
  }

  /** Runs the command line in this process; writes to the standard streams. */
  public static int run(String... args) {
    return commandLine().execute(args);
  }

  /** Runs the command line in this process with streams of its own. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    return commandLine().setOut(out).setErr(err).execute(args);
  }

  private static CommandLine commandLine() {
    return new CommandLine(new Attune())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Attune::wrongUsage)
        .setExecutionExceptionHandler(Attune::failed);
  }

  private static int wrongUsage(CommandLine.ParameterException e, String[] args) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println("error: " + e.getMessage());
    err.println("Try '" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return USAGE;
  }

  private static int failed(
      Exception thrown, CommandLine commandLine, CommandLine.ParseResult parsed) {
    PrintWriter err = commandLine.getErr();
    Throwable e = cause(thrown);
    boolean ours =
        e instanceof CliException
            || e instanceof ConfigException
            || e instanceof ModelFormatException;
    String message = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    err.println(
        ours
            ? "error: " + message
            : "error: unexpected "
                + e.getClass().getSimpleName()
                + ": "
                + message
                + " (--verbose shows where)");
    if (verbose(parsed)) {
      thrown.printStackTrace(err);
    }
    err.flush();
    return FAILURE;
  }

  /** What a class's initialiser threw, such as a missing native library, is what went wrong. */
  private static Throwable cause(Exception thrown) {
    boolean initialiser = thrown.getCause() instanceof ExceptionInInitializerError;
    Throwable cause = initialiser ? thrown.getCause().getCause() : null;
    return cause == null ? thrown : cause;
  }

  private static boolean verbose(CommandLine.ParseResult parsed) {
    return parsed.originalArgs().contains("--verbose");
  }

  /** A command speaks for itself; logs are for who asks. */
  private static void quietLogs(String[] args) {
    boolean verbose = Arrays.asList(args).contains("--verbose");
    logLevel("LOG_LEVEL", verbose ? "INFO" : "WARN");
    logLevel("LOG_LEVEL_OTHERS", verbose ? "WARN" : "ERROR");
  }

  /** The environment wins. */
  private static void logLevel(String name, String level) {
    if (System.getenv(name) == null) {
      System.setProperty(name, level);
    }
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"attune " + BuildInfo.ofThisBuild().version()};
    }
  }
}
