package dev.attune.cli.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A page that needs nothing but itself: no script, no other file, no network. It is written as well
 * formed XML, so that any tool can read it. All text is escaped here. One thread at a time.
 */
public final class HtmlReport {
  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
      color:#1f2933;background:#fff}
      h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
      table{border-collapse:collapse}td,th{padding:.25rem .75rem;text-align:right;\
      border-bottom:1px solid #dde3ea}td:first-child,th:first-child{text-align:left}
      svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#52606d}
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  /** Starts a page with that title. */
  public HtmlReport(String title) {
    this.title = title;
    body.append("<h1>").append(escape(title)).append("</h1>\n");
  }

  /** Adds a heading. */
  public HtmlReport heading(String text) {
    body.append("<h2>").append(escape(text)).append("</h2>\n");
    return this;
  }

  /** Adds a paragraph. */
  public HtmlReport paragraph(String text) {
    body.append("<p>").append(escape(text)).append("</p>\n");
    return this;
  }

  /** Adds a table; each row has as many cells as the header. */
  public HtmlReport table(List<String> header, List<List<String>> rows) {
    body.append("<table><thead>").append(row("th", header)).append("</thead><tbody>\n");
    for (List<String> row : rows) {
      body.append(row("td", row)).append('\n');
    }
    body.append("</tbody></table>\n");
    return this;
  }

  /** Adds a drawing made by {@link Svg}. */
  public HtmlReport drawing(String svg) {
    body.append(svg).append('\n');
    return this;
  }

  /** The whole page. */
  public String html() {
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><title>"
        + escape(title)
        + "</title><style>"
        + STYLE
        + "</style></head><body>\n"
        + body
        + "</body></html>\n";
  }

  /** Writes the page; the folder is made where it is missing. */
  public void write(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, html());
  }

  private static String row(String cell, List<String> texts) {
    StringBuilder row = new StringBuilder("<tr>");
    for (String text : texts) {
      row.append('<').append(cell).append('>').append(escape(text));
      row.append("</").append(cell).append('>');
    }
    return row.append("</tr>").toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
