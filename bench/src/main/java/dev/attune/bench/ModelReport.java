package dev.attune.bench;

import dev.attune.model.engine.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was measured of training or of scoring.
 *
 * @param work which of them
 * @param precision of the scripts; the yardstick computes in fp32
 * @param clock what time was measured
 * @param threads of an operation
 * @param peak this machine's, in the same run
 * @param sizes a row each, in order
 * @param headline the size that the ratios beneath were measured at
 * @param sharing how many times as long it takes where four replies do not share their prompt
 * @param costs what variety in a batch costs: how many times as long it takes, by its name
 */
public record ModelReport(
    ModelBenchmark.Work work,
    Precision precision,
    Clock clock,
    int threads,
    GemmPeak peak,
    List<SizeRow> sizes,
    ModelSize headline,
    Ratio sharing,
    List<Ratio> costs) {

  /**
   * A model's shape.
   *
   * @param tokens of a batch's texts, each with its prompt
   * @param yardstick tokens a second
   * @param yardstickShare of the machine's fp32 peak, by the operations that the formulas ask for
   * @param candidates a cell each
   */
  public record SizeRow(
      ModelSize size,
      long tokens,
      double yardstick,
      double yardstickShare,
      List<CandidatesCell> candidates) {}

  /**
   * A number of replies to a prompt, which they share.
   *
   * @param candidates replies to a prompt; with one, nothing is shared
   * @param tokensPerSecond of the texts, each counted with its prompt
   * @param share of the machine's peak in the precision, by the operations that the formulas ask
   *     for
   * @param ratio how many times as fast as the yardstick
   */
  public record CandidatesCell(
      int candidates, double tokensPerSecond, double share, MedianInterval ratio) {}

  /** A ratio of times by its name, over so many rounds. */
  public record Ratio(String name, int rounds, MedianInterval interval) {}

  /** Returns the row that the targets are set at. */
  public SizeRow headlineRow() {
    return sizes.stream().filter(row -> row.size == headline).findFirst().orElseThrow();
  }

  /** Returns the report as maps and lists, for JSON. */
  public Map<String, Object> json() {
    SizeRow row = headlineRow();
    CandidatesCell alone = row.candidates.get(0);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", name(work));
    json.put("value", alone.tokensPerSecond);
    json.put("unit", "tokens/s");
    json.put("yardstick", row.yardstick);
    json.put("ratio", alone.ratio.median());
    json.put("ratio_interval", List.of(alone.ratio.low(), alone.ratio.high()));
    json.put("size", name(headline));
    json.put("precision", name(precision));
    json.put("clock", name(clock));
    json.put("threads", threads);
    json.put(
        "gemm_flops",
        Map.of("fp32", peak.fp32(), "bf16", peak.bf16(), "ndarray_fp32", peak.arrays()));
    json.put("sizes", sizes.stream().map(ModelReport::json).toList());
    json.put("prompt_sharing", json(sharing));
    Map<String, Object> byName = new LinkedHashMap<>();
    costs.forEach(cost -> byName.put(cost.name.replace(' ', '_'), json(cost)));
    json.put("costs", byName);
    return json;
  }

  private static Map<String, Object> json(SizeRow row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("size", name(row.size));
    json.put("hidden", row.size.config().hiddenSize());
    json.put("layers", row.size.config().layers());
    json.put("tokens", row.tokens);
    json.put("yardstick", row.yardstick);
    json.put("yardstick_peak_share", row.yardstickShare);
    List<Object> cells = new ArrayList<>();
    for (CandidatesCell cell : row.candidates) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("candidates", cell.candidates);
      each.put("value", cell.tokensPerSecond);
      each.put("peak_share", cell.share);
      each.putAll(json(cell.ratio));
      cells.add(each);
    }
    json.put("candidates", cells);
    return json;
  }

  private static Map<String, Object> json(Ratio ratio) {
    Map<String, Object> json = json(ratio.interval);
    json.put("rounds", ratio.rounds);
    return json;
  }

  private static Map<String, Object> json(MedianInterval interval) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ratio", interval.median());
    json.put("ratio_interval", List.of(interval.low(), interval.high()));
    json.put("confidence", interval.confidence());
    return json;
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
