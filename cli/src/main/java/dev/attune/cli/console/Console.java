package dev.attune.cli.console;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Where a command talks to a person: results on standard output, progress and remarks on standard
 * error, so that output can be piped. On a terminal progress is a bar; elsewhere (a file, a CI log)
 * it is a plain line at the start, about every ten seconds, and at the end. Thread-safe.
 */
public final class Console {
  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;

  /**
   * @param out results
   * @param err progress and remarks
   * @param terminal whether a person watches {@code err}, so that lines may be redrawn
   */
  public Console(PrintWriter out, PrintWriter err, boolean terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /** Whether lines may be redrawn. */
  public boolean terminal() {
    return terminal;
  }

  /** The same console with progress as plain lines: for several pieces of work at once. */
  public Console asLines() {
    return new Console(out, err, false);
  }

  /** Prints a result line. */
  public void print(String line) {
    out.println(line);
    out.flush();
  }

  /** Prints a formatted result line, numbers in the neutral locale. */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be the only use of its library
  public void printf(String format, Object... values) {
    print(String.format(Locale.ROOT, format, values));
  }

  /** Prints a remark about what goes on. */
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  /**
   * Starts to show progress.
   *
   * @param task what is done, a few words
   * @param unit what is counted, such as "events"; may be empty
   * @param total how much there is, or a negative number where that is unknown
   */
  public Progress progress(String task, String unit, long total) {
    return terminal ? new Bar(task, unit, total) : new PlainProgress(this, task, unit, total);
  }

  private static final class Bar implements Progress {
    private final ProgressBar bar;

    Bar(String task, String unit, long total) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setUnit(unit.isEmpty() ? "" : " " + unit, 1)
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .build();
    }

    @Override
    public void to(long done) {
      bar.stepTo(done);
    }

    @Override
    public void note(String remark) {
      bar.setExtraMessage(" " + remark);
    }

    @Override
    public void close() {
      bar.close();
    }
  }
}
