package dev.attune.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.console.Console;
import dev.attune.cli.demo.Prequential.Accuracies;
import dev.attune.cli.demo.Prequential.Point;
import dev.attune.cli.evaluate.PairAccuracy;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.RequestAccounts;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class DemoResultTest {
  private static final DemoResult SOUND =
      result(new EventAccounts(10, 7, 2, 0, 1, 0, 0), new RequestAccounts(20, 20, 0, 0, 0));

  @Test
  void shouldWriteTheFieldsOfTheContract() {
    // Given a result
    // When
    JsonNode json = new ObjectMapper().valueToTree(SOUND.json());
    // Then
    assertThat(json.fieldNames())
        .toIterable()
        .contains(
            "events_sent",
            "events_accepted",
            "events_rejected",
            "events_quarantined",
            "events_duplicate",
            "requests_sent",
            "comparisons_trained",
            "requests_scored",
            "accuracy",
            "freshness_ms",
            "score_latency_ms",
            "models",
            "users",
            "seconds");
    assertThat(json.path("accuracy").path("longer").asDouble()).isEqualTo(0.5);
    assertThat(json.path("accuracy").path("generic").asDouble()).isEqualTo(0.25);
    assertThat(json.path("accuracy").path("domain").asDouble()).isEqualTo(0.75);
    assertThat(json.path("accuracy").path("personal").asDouble()).isEqualTo(1);
    assertThat(json.path("freshness_ms").path("p50").asDouble()).isEqualTo(120);
    assertThat(json.path("freshness_ms").get("p99").isNull()).isTrue();
    assertThat(json.path("score_latency_ms").path("p99").asDouble()).isEqualTo(30);
    assertThat(json.path("users").asInt()).isEqualTo(5);
    assertThat(json.path("events_sent").asLong())
        .isEqualTo(
            json.path("events_accepted").asLong()
                + json.path("events_rejected").asLong()
                + json.path("events_quarantined").asLong()
                + json.path("events_duplicate").asLong());
  }

  @Test
  void shouldNotBeSoundWhereARequestHasTwoResultsOrNone() {
    // Given
    EventAccounts events = new EventAccounts(1, 1, 0, 0, 0, 0, 0);
    // When
    List<DemoResult> unsound =
        List.of(
            result(events, new RequestAccounts(2, 1, 0, 1, 0)),
            result(events, new RequestAccounts(2, 2, 0, 0, 1)),
            result(events, new RequestAccounts(2, 1, 1, 0, 0)),
            result(new EventAccounts(2, 1, 0, 0, 0, 1, 0), new RequestAccounts(2, 2, 0, 0, 0)));
    // Then
    assertThat(unsound).noneMatch(DemoResult::sound);
    assertThat(SOUND.sound()).isTrue();
  }

  @Test
  void shouldTellTheResultOnATerminalAndAsAPage() throws Exception {
    // Given
    StringWriter out = new StringWriter();
    Console console = new Console(new PrintWriter(out), new PrintWriter(out), false);
    // When
    DemoSummary.print(SOUND, console);
    // Then
    assertThat(out.toString())
        .contains("10 sent = 7 accepted + 2 rejected + 0 quarantined + 1 duplicate")
        .contains("domain models  [#######################.......] .750")
        .contains("personal       [##############################] 1.000")
        .contains("Every event and every request is accounted for.");
    assertThat(
            DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(
                    new InputSource(
                        new StringReader(
                            DemoSummary.page(SOUND).html().replace("<!DOCTYPE html>", ""))))
                .getElementsByTagName("polyline")
                .getLength())
        .isEqualTo(4);
  }

  private static DemoResult result(EventAccounts events, RequestAccounts requests) {
    Accuracies accuracies =
        new Accuracies(
            new PairAccuracy(2, 4),
            new PairAccuracy(1, 4),
            new PairAccuracy(3, 4),
            new PairAccuracy(4, 4));
    return new DemoResult(
        events,
        requests,
        12,
        accuracies,
        Map.of("science", accuracies),
        List.of(new Point(1, 0.5, 0.25, 0.5, 0.6), new Point(2, 0.5, Double.NaN, 0.9, 0.95)),
        120,
        Double.NaN,
        10,
        30,
        List.of(),
        5,
        60,
        9.5,
        1);
  }
}
