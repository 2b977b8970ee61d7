package dev.attune.cli.stream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What simulated users' choices came to, by how many events of the user came before: {@code global}
 * is the reward of a user who is not known. One thread at a time.
 */
final class SimulatedFigures {
  /** From so many events on a user's taste should be known. */
  static final int KNOWN = 8;

  private final List<Means> byEarlier = new ArrayList<>();
  private final Means known = new Means();
  private final PairedGain knownGain = new PairedGain();
  private long events;

  /** Counts a choice. */
  void add(Predicted choice) {
    events++;
    while (byEarlier.size() <= choice.earlier()) {
      byEarlier.add(new Means());
    }
    byEarlier.get(choice.earlier()).add(choice);
    if (choice.earlier() >= KNOWN) {
      known.add(choice);
      knownGain.add(choice.user(), choice.personal(), choice.global());
    }
  }

  /** Choices in all. */
  long events() {
    return events;
  }

  /** Over choices after 0, 1, 2, … events of the user. */
  List<Means> byEarlier() {
    return List.copyOf(byEarlier);
  }

  /** Over choices after {@link #KNOWN} events or more. */
  Means known() {
    return known;
  }

  /** Personal over generic, on the choices of {@link #known}. */
  PairedGain knownGain() {
    return knownGain;
  }

  /** The fields of a report. */
  Map<String, @Nullable Object> json(int users) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("users", users);
    json.put("events", events);
    json.put("after_events", KNOWN);
    json.put("personal", Means.orNull(known.accuracy(Means.By.PERSONAL)));
    json.put("generic", Means.orNull(known.accuracy(Means.By.GLOBAL)));
    json.put("personal_minus_generic", knownGain.json());
    List<Map<String, @Nullable Object>> curve = new ArrayList<>();
    for (int earlier = 0; earlier < byEarlier.size(); earlier++) {
      Means means = byEarlier.get(earlier);
      Map<String, @Nullable Object> point = new LinkedHashMap<>();
      point.put("earlier", earlier);
      point.put("choices", means.choices());
      point.put("personal", Means.orNull(means.accuracy(Means.By.PERSONAL)));
      point.put("generic", Means.orNull(means.accuracy(Means.By.GLOBAL)));
      curve.add(point);
    }
    json.put("by_earlier_events", curve);
    return json;
  }
}
