package dev.attune.cli.users;

import dev.attune.cli.console.Console;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A user's state as lines for a person and as JSON: no texts, and of beliefs only their size. */
final class UserReport {
  private final UserEmbedding state;

  UserReport(UserEmbedding state) {
    this.state = state;
  }

  void print(Console console) {
    console.printf("%-14s %d", "epoch", state.getEpoch());
    console.printf(
        "%-14s %d events, %d comparisons, %d judgements; %d taken back",
        "learned from",
        state.getEvents(),
        state.getComparisons(),
        state.getJudgements(),
        state.getRetracted());
    console.printf("%-14s %s", "newest event", state.getLastEventAt());
    console.printf("%-14s %s", "included", place(state.getIncluded()));
    console.printf("%-14s %s", "head", belief(state.getHeadMean(), state.getHeadCovariance()));
    console.printf(
        "%-14s %s",
        "row",
        state.getRow().isEmpty()
            ? "none"
            : belief(state.getRow(), state.getOptimiserState())
                + ", from %d events, included %s"
                    .formatted(state.getRowEvents(), place(state.getRowIncluded())));
    console.printf("%-14s %d events", "references", state.getReferences().size());
  }

  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("user", state.getUserId());
    json.put("epoch", state.getEpoch());
    json.put("events", state.getEvents());
    json.put("comparisons", state.getComparisons());
    json.put("judgements", state.getJudgements());
    json.put("retracted", state.getRetracted());
    json.put("last_event_at", state.getLastEventAt().toString());
    json.put("included", json(state.getIncluded()));
    json.put("head", summary(state.getHeadMean(), state.getHeadCovariance()));
    json.put("row_events", state.getRowEvents());
    json.put("row_included", json(state.getRowIncluded()));
    json.put("row", summary(state.getRow(), state.getOptimiserState()));
    json.put("references", state.getReferences().size());
    return json;
  }

  private static String belief(List<Float> mean, List<Float> covariance) {
    return mean.isEmpty()
        ? "none"
        : "%d weights, length of the mean %.4f, mean standard deviation %.4f"
            .formatted(mean.size(), length(mean), deviation(mean.size(), covariance));
  }

  private static @Nullable Map<String, Object> summary(List<Float> mean, List<Float> covariance) {
    if (mean.isEmpty()) {
      return null;
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("weights", mean.size());
    json.put("mean_length", length(mean));
    json.put("mean_standard_deviation", deviation(mean.size(), covariance));
    return json;
  }

  private static double length(List<Float> mean) {
    return Math.sqrt(mean.stream().mapToDouble(value -> (double) value * value).sum());
  }

  /**
   * The mean of the weights' standard deviations.
   *
   * @param covariance the upper triangle, row by row
   */
  static double deviation(int size, List<Float> covariance) {
    double sum = 0;
    int diagonal = 0;
    for (int row = 0; row < size; row++) {
      sum += Math.sqrt(covariance.get(diagonal));
      diagonal += size - row;
    }
    return sum / size;
  }

  private static String place(@Nullable Position position) {
    return position == null
        ? "-"
        : "%s-%d-%d".formatted(position.getTopic(), position.getPartition(), position.getOffset());
  }

  private static @Nullable Map<String, Object> json(@Nullable Position position) {
    if (position == null) {
      return null;
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("topic", position.getTopic());
    json.put("partition", position.getPartition());
    json.put("offset", position.getOffset());
    return json;
  }
}
