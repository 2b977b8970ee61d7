package dev.attune.cli.stream;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a stream of people's choices came to. One thread at a time. */
final class StreamFigures {
  private final int window;
  private final Means all = new Means();
  private final Map<Tenure, Means> byTenure = new EnumMap<>(Tenure.class);
  private final List<Means> windows = new ArrayList<>();
  private final List<Double> ends = new ArrayList<>();
  private final PairedGain personalGain = new PairedGain();
  private final PairedGain domainGain = new PairedGain();
  private long events;

  /**
   * @param window events of a point of the curves
   */
  StreamFigures(int window) {
    this.window = window;
    for (Tenure tenure : Tenure.values()) {
      byTenure.put(tenure, new Means());
    }
  }

  /**
   * Counts an event.
   *
   * @param choice null for a tie, which says nothing of an order
   */
  void add(@Nullable Predicted choice) {
    if (events++ % window == 0) {
      windows.add(new Means());
      ends.add(0.0);
    }
    ends.set(ends.size() - 1, (double) events);
    if (choice == null) {
      return;
    }
    all.add(choice);
    byTenure.get(Tenure.of(choice.earlier())).add(choice);
    windows.get(windows.size() - 1).add(choice);
    personalGain.add(choice.user(), choice.personal(), choice.domain());
    domainGain.add(choice.user(), choice.domain(), choice.global());
  }

  /** Events, ties included. */
  long events() {
    return events;
  }

  /** Over all choices. */
  Means all() {
    return all;
  }

  /** Over the choices of users who were known so well. */
  Means of(Tenure tenure) {
    return byTenure.get(tenure);
  }

  /** Over the choices among so many events each, in order. */
  List<Means> windows() {
    return List.copyOf(windows);
  }

  /** The number of events at each window's end. */
  List<Double> windowEnds() {
    return List.copyOf(ends);
  }

  /** Personal over domain. */
  PairedGain personalGain() {
    return personalGain;
  }

  /** Domain over global. */
  PairedGain domainGain() {
    return domainGain;
  }

  /** The fields of a report. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>(all.json());
    json.put("events", events);
    json.put("personal_minus_domain", personalGain.json());
    json.put("domain_minus_global", domainGain.json());
    Map<String, @Nullable Object> tenures = new LinkedHashMap<>();
    byTenure.forEach((tenure, means) -> tenures.put(tenure.label(), means.json()));
    json.put("tenure", tenures);
    return json;
  }
}
