package dev.attune.cli.report;

import java.util.Locale;

/** Small pictures for terminals: a bar for a share, a line of blocks for a curve. */
public final class Bars {
  private static final String LEVELS = "▁▂▃▄▅▆▇█";
  private static final String ASCII_LEVELS = "_.-~=+*#";

  private Bars() {}

  /** A share as a bar: {@code [######....] .623}; an unknown one is empty. */
  public static String bar(double share, int width) {
    int full = Double.isNaN(share) ? 0 : (int) Math.round(Math.max(0, Math.min(1, share)) * width);
    return "[" + "#".repeat(full) + ".".repeat(width - full) + "] " + share(share);
  }

  /** A share as papers print it: {@code .623}, {@code 1.000}, or {@code -} where unknown. */
  public static String share(double share) {
    if (Double.isNaN(share)) {
      return "   -";
    }
    String text = String.format(Locale.ROOT, "%.3f", share);
    return text.startsWith("0.") ? text.substring(1) : text;
  }

  /**
   * A curve of shares as one line, from {@code low} to {@code high}.
   *
   * @param unicode false draws with ASCII characters only
   */
  public static String sparkline(double[] shares, double low, double high, boolean unicode) {
    String levels = unicode ? LEVELS : ASCII_LEVELS;
    StringBuilder line = new StringBuilder();
    for (double share : shares) {
      double height = (share - low) / (high - low);
      int level = (int) Math.floor(height * levels.length());
      line.append(
          Double.isNaN(share)
              ? ' '
              : levels.charAt(Math.max(0, Math.min(levels.length() - 1, level))));
    }
    return line.toString();
  }
}
