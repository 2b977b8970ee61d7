package dev.attune.cli.report;

import java.util.List;
import java.util.Locale;

/** Draws shares (0 to 1) as SVG: curves over time, and groups of bars. */
public final class Svg {
  /** A named curve; x ascending, as many y; NaN values are left out. */
  public record Curve(String name, List<Double> x, List<Double> y) {
    public Curve {
      x = List.copyOf(x);
      y = List.copyOf(y);
    }
  }

  /** Bars of one name, one a group. */
  public record Series(String name, List<Double> values) {
    public Series {
      values = List.copyOf(values);
    }
  }

  private static final List<String> COLOURS =
      List.of("#9aa5b1", "#e3742b", "#2b6cb0", "#2f855a", "#b83280");
  private static final int WIDTH = 720;
  private static final int HEIGHT = 300;
  private static final int LEFT = 45;
  private static final int RIGHT = 15;
  private static final int TOP = 30;
  private static final int BOTTOM = 35;

  private Svg() {}

  /**
   * Curves between two shares.
   *
   * @param xLabel what x is, with its unit
   */
  public static String curves(List<Curve> curves, String xLabel, double low, double high) {
    double end = curves.stream().flatMap(c -> c.x().stream()).max(Double::compare).orElse(1.0);
    StringBuilder svg = frame(low, high);
    int colour = 0;
    for (Curve curve : curves) {
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < curve.x().size(); i++) {
        if (!Double.isNaN(curve.y().get(i))) {
          double x = LEFT + curve.x().get(i) / end * (WIDTH - LEFT - RIGHT);
          points.append(number(x)).append(',').append(number(y(curve.y().get(i), low, high)));
          points.append(' ');
        }
      }
      svg.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"").append(colour(colour));
      svg.append("\" points=\"").append(points.toString().trim()).append("\"/>\n");
      legend(svg, curve.name(), colour++);
    }
    text(svg, (WIDTH + LEFT) / 2.0, HEIGHT - 3, "middle", xLabel);
    text(svg, WIDTH - RIGHT, HEIGHT - BOTTOM + 15, "end", number(end));
    text(svg, LEFT, HEIGHT - BOTTOM + 15, "start", "0");
    return svg.append("</svg>").toString();
  }

  /** Groups of bars between two shares, one bar of each series in a group. */
  public static String bars(List<String> groups, List<Series> series, double low, double high) {
    StringBuilder svg = frame(low, high);
    double group = (WIDTH - LEFT - RIGHT) / (double) groups.size();
    double bar = group * 0.8 / series.size();
    for (int s = 0; s < series.size(); s++) {
      for (int g = 0; g < groups.size(); g++) {
        double value = series.get(s).values().get(g);
        if (!Double.isNaN(value)) {
          double top = y(value, low, high);
          svg.append("<rect x=\"").append(number(LEFT + g * group + group * 0.1 + s * bar));
          svg.append("\" y=\"").append(number(top)).append("\" width=\"").append(number(bar - 2));
          svg.append("\" height=\"").append(number(HEIGHT - BOTTOM - top)).append("\" fill=\"");
          svg.append(colour(s)).append("\"><title>").append(HtmlReport.escape(groups.get(g)));
          svg.append(' ').append(HtmlReport.escape(series.get(s).name())).append(' ');
          svg.append(Bars.share(value)).append("</title></rect>\n");
        }
      }
      legend(svg, series.get(s).name(), s);
    }
    for (int g = 0; g < groups.size(); g++) {
      text(svg, LEFT + (g + 0.5) * group, HEIGHT - BOTTOM + 18, "middle", groups.get(g));
    }
    return svg.append("</svg>").toString();
  }

  private static StringBuilder frame(double low, double high) {
    StringBuilder svg = new StringBuilder();
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 ");
    svg.append(WIDTH).append(' ').append(HEIGHT).append("\">\n");
    for (int i = 0; i <= 5; i++) {
      double share = low + (high - low) * i / 5;
      String at = number(y(share, low, high));
      svg.append("<line x1=\"").append(LEFT).append("\" x2=\"").append(WIDTH - RIGHT);
      svg.append("\" y1=\"").append(at).append("\" y2=\"").append(at);
      svg.append("\" stroke=\"#e4e7eb\"/>\n");
      text(
          svg, LEFT - 6, y(share, low, high) + 4, "end", String.format(Locale.ROOT, "%.2f", share));
    }
    return svg;
  }

  private static void legend(StringBuilder svg, String name, int index) {
    int x = LEFT + index * 160;
    svg.append("<rect x=\"").append(x).append("\" y=\"6\" width=\"12\" height=\"12\" fill=\"");
    svg.append(colour(index)).append("\"/>\n");
    text(svg, x + 18, 16, "start", name);
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    svg.append("<text x=\"").append(number(x)).append("\" y=\"").append(number(y));
    svg.append("\" text-anchor=\"").append(anchor).append("\">").append(HtmlReport.escape(text));
    svg.append("</text>\n");
  }

  private static double y(double share, double low, double high) {
    double inside = Math.max(low, Math.min(high, share));
    return HEIGHT - BOTTOM - (inside - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
  }

  private static String colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
