package dev.attune.cli.demo;

import dev.attune.cli.demo.Encounter.Option;
import dev.attune.cli.demo.Prequential.Point;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.EventLedger;
import dev.attune.cli.traffic.ModelBoard;
import dev.attune.cli.traffic.RequestAccounts;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.events.ModelVersion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the live page shows: the counters of the flow, the curves, the latest choices. Thread-safe.
 */
final class DemoState {
  private static final int LATEST = 6;
  private static final int POINTS = 30;

  private final DemoOptions options;
  private final EventLedger ledger;
  private final ScoreClient client;
  private final ModelBoard models;
  private final Prequential prequential;
  private final Deque<ChatApp.Shown> latest = new ArrayDeque<>();
  private volatile String phase = "starting";
  private volatile double seconds;

  DemoState(
      DemoOptions options,
      EventLedger ledger,
      ScoreClient client,
      ModelBoard models,
      Prequential prequential) {
    this.options = options;
    this.ledger = ledger;
    this.client = client;
    this.models = models;
    this.prequential = prequential;
  }

  void phase(String newPhase) {
    phase = newPhase;
  }

  void seconds(double elapsed) {
    seconds = elapsed;
  }

  void shown(ChatApp.Shown choice) {
    synchronized (latest) {
      latest.addFirst(choice);
      while (latest.size() > LATEST) {
        latest.removeLast();
      }
    }
  }

  /** The state as the page reads it. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("phase", phase);
    json.put("elapsed", seconds);
    json.put("seconds", options.seconds());
    EventAccounts events = ledger.accounts();
    json.put(
        "events",
        Map.of(
            "sent", events.sent(),
            "accepted", events.accepted(),
            "rejected", events.rejected(),
            "quarantined", events.quarantined(),
            "duplicate", events.duplicate()));
    RequestAccounts requests = client.accounts();
    json.put("requests", Map.of("sent", requests.sent(), "scored", requests.scored()));
    json.put("comparisons", models.comparisonsLearned());
    json.put("models", models.newest().stream().map(DemoState::model).toList());
    List<Point> curve = prequential.curve(POINTS);
    json.put("time", curve.stream().map(Point::seconds).toList());
    json.put("longer", values(curve, Point::longer));
    json.put("generic", values(curve, Point::generic));
    json.put("domain", values(curve, Point::customized));
    json.put("personal", values(curve, Point::personal));
    synchronized (latest) {
      json.put("latest", latest.stream().map(DemoState::choice).toList());
    }
    return json;
  }

  private static Map<String, Object> model(ModelVersion model) {
    return Map.of(
        "name", model.getName(),
        "version", model.getVersion(),
        "comparisons", model.getComparisons());
  }

  private static List<@Nullable Double> values(List<Point> curve, ToDoubleFunction<Point> value) {
    List<@Nullable Double> values = new ArrayList<>();
    for (Point point : curve) {
      double share = value.applyAsDouble(point);
      values.add(Double.isNaN(share) ? null : share);
    }
    return values;
  }

  private static Map<String, Object> choice(ChatApp.Shown shown) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("domain", shown.encounter().user().domain());
    json.put("user", shown.encounter().user().id());
    json.put("prompt", shown.encounter().prompt());
    List<Map<String, Object>> replies = new ArrayList<>();
    for (int i = 0; i < shown.encounter().options().size(); i++) {
      Option option = shown.encounter().options().get(i);
      replies.add(
          Map.of(
              "text", option.text(),
              "reward", shown.result().getCandidates().get(i).getReward(),
              "chosen", option.equals(shown.chosen())));
    }
    json.put("replies", replies);
    return json;
  }
}
