package dev.attune.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlReportTest {
  @Test
  void shouldBeWellFormedAndKeepTextAsText(@TempDir Path folder) throws Exception {
    // Given
    HtmlReport report =
        new HtmlReport("a <b> & \"c\"")
            .heading("<script>")
            .paragraph("1 < 2")
            .table(List.of("x", "y"), List.of(List.of("1", "&"), List.of("2", ">")))
            .drawing(
                Svg.curves(
                    List.of(new Svg.Curve("one", List.of(0.0, 5.0), List.of(0.5, Double.NaN))),
                    "seconds",
                    0.4,
                    1))
            .drawing(
                Svg.bars(
                    List.of("a", "b"),
                    List.of(new Svg.Series("s", List.of(0.2, Double.NaN))),
                    0,
                    1));
    Path file = folder.resolve("new").resolve("report.html");
    // When
    report.write(file);
    // Then
    Document document = parse(Files.readString(file));
    assertThat(document.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("a <b> & \"c\"");
    assertThat(document.getElementsByTagName("svg").getLength()).isEqualTo(2);
    assertThat(document.getElementsByTagName("td").getLength()).isEqualTo(4);
    assertThat(document.getElementsByTagName("script").getLength()).isZero();
  }

  @Test
  void shouldDrawSharesForTerminals() {
    // Given shares
    // When
    String bar = Bars.bar(0.5, 4);
    // Then
    assertThat(bar).isEqualTo("[##..] .500");
    assertThat(Bars.share(1)).isEqualTo("1.000");
    assertThat(Bars.sparkline(new double[] {0, 0.99, Double.NaN}, 0, 1, true)).isEqualTo("▁█ ");
    assertThat(Bars.sparkline(new double[] {0, 1}, 0, 1, false)).isEqualTo("_#");
  }

  static Document parse(String html) throws Exception {
    return DocumentBuilderFactory.newDefaultInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html.replace("<!DOCTYPE html>", ""))));
  }
}
