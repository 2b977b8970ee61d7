package dev.attune.cli.console;

/** How far one piece of long work has come. Safe for use by several threads. */
public interface Progress extends AutoCloseable {
  /** Work done so far, in the unit of the task's total. Never moves back. */
  void to(long done);

  /** A short remark beside the figure, such as a loss. */
  void note(String remark);

  /** Ends the display; the last state stays visible. */
  @Override
  void close();
}
