package dev.attune.cli;

import dev.attune.cli.console.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every command takes, as a picocli mixin. */
public final class CommonOptions {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Option(names = "--verbose", description = "On an error, print the stack trace as well.")
  boolean verbose;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result as JSON to FILE.")
  private @Nullable Path json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /** The file of {@code --json}, or null. */
  public @Nullable Path json() {
    return json;
  }

  /** The command's streams; bars are drawn where a person watches. */
  public Console console() {
    PrintWriter out = command.commandLine().getOut();
    PrintWriter err = command.commandLine().getErr();
    return new Console(out, err, watched());
  }

  @SuppressWarnings("SystemConsoleNull") // from JDK 22 on the launcher turns that change off
  private static boolean watched() {
    return System.console() != null && System.getenv("CI") == null;
  }
}
