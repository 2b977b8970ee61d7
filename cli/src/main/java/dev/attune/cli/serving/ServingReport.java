package dev.attune.cli.serving;

import dev.attune.bench.GemmPeak;
import dev.attune.bench.MedianInterval;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What was measured of serving. Of each figure the median over the rounds stands beside its
 * interval; ratios are taken round by round.
 *
 * @param base its sha-256
 * @param size of a request
 * @param peak this machine's, in the same run
 * @param difference between the scorer's rewards and the yardstick's, at most
 * @param oneByOne the yardstick: one candidate a pass, in order of arrival; a measurement a round
 * @param offlineBatch requests of a batch without topics
 * @param offline the same passes in whole batches, without topics
 * @param rows of requests through the topics
 * @param headline one of them
 * @param swapping as the headline, while models are swapped
 * @param swaps models that were taken into service during the rounds
 */
public record ServingReport(
    ServingSettings settings,
    ModelConfig config,
    String base,
    Size size,
    GemmPeak peak,
    double difference,
    List<Throughput> oneByOne,
    int offlineBatch,
    List<Throughput> offline,
    List<Row> rows,
    Row headline,
    Row swapping,
    long swaps) {

  /**
   * A request, on average.
   *
   * @param promptTokens with the layout's marks
   * @param replyTokens of one candidate
   * @param flops that the formulas ask for, of both passes
   */
  record Size(double promptTokens, double replyTokens, double flops) {}

  /** Requests through the topics, a measurement a round. */
  record Row(int users, int concurrent, List<Throughput> rounds) {}

  /** The contract of {@code --json}. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    MedianInterval ratio = ratio(headline.rounds, oneByOne);
    json.put("benchmark", "score");
    json.put("value", rate(headline.rounds).median());
    json.put("unit", "requests/s");
    json.put("yardstick", rate(oneByOne).median());
    json.put("ratio", ratio.median());
    json.put("ratio_interval", List.of(ratio.low(), ratio.high()));
    json.put("base", base);
    json.put("hidden", config.hiddenSize());
    json.put("layers", config.layers());
    json.put("precision", settings.precision().name().toLowerCase(Locale.ROOT));
    json.put("threads", Torch.threads());
    json.put("rounds", settings.rounds());
    json.put("seconds", settings.seconds());
    json.put("candidates", RequestTexts.CANDIDATES);
    json.put("prompt_tokens", size.promptTokens);
    json.put("reply_tokens", size.replyTokens);
    json.put("request_flops", size.flops);
    json.put(
        "gemm_flops",
        Map.of("fp32", peak.fp32(), "bf16", peak.bf16(), "ndarray_fp32", peak.arrays()));
    json.put("largest_difference", difference);
    json.put("one_by_one", json(oneByOne));
    json.put("offline", offlineJson());
    json.put("offline_ratio", json(ratio(best(), offline)));
    json.put("served", rows.stream().map(this::json).toList());
    json.put("swaps", swapsJson());
    return json;
  }

  /** Without latencies: nobody waits for a batch. */
  private Map<String, Object> offlineJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("batch", offlineBatch);
    json.put("requests_per_second", json(rate(offline)));
    json.put("peak_share", peakShare(offline));
    return json;
  }

  private Map<String, Object> swapsJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("every_seconds", ModelSwaps.EVERY_SECONDS);
    json.put("concurrent", swapping.concurrent);
    json.put("swaps", swaps);
    json.put("without", json(headline.rounds));
    json.put("with", json(swapping.rounds));
    json.put("p50_ratio", json(p50Ratio()));
    json.put("p99_ratio", json(p99Ratio()));
    return json;
  }

  private Map<String, Object> json(Row row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("users", row.users);
    json.put("concurrent", row.concurrent);
    json.putAll(json(row.rounds));
    json.put("ratio", json(ratio(row.rounds, oneByOne)));
    return json;
  }

  private Map<String, Object> json(List<Throughput> rounds) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("requests", rounds.stream().mapToLong(each -> each.micros().getTotalCount()).sum());
    json.put("requests_per_second", json(rate(rounds)));
    json.put("peak_share", peakShare(rounds));
    json.put("p50_ms", json(p50(rounds)));
    json.put("p99_ms", json(p99(rounds)));
    return json;
  }

  private static Map<String, Object> json(MedianInterval interval) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("median", interval.median());
    json.put("low", interval.low());
    json.put("high", interval.high());
    return json;
  }

  /** Of 1,000 users, with the most requests a second. */
  List<Throughput> best() {
    return rows.stream()
        .filter(row -> row.users == headline.users)
        .max((a, b) -> Double.compare(rate(a.rounds).median(), rate(b.rounds).median()))
        .orElseThrow()
        .rounds;
  }

  MedianInterval p50Ratio() {
    return ratio(swapping.rounds, headline.rounds, Throughput::p50Millis);
  }

  MedianInterval p99Ratio() {
    return ratio(swapping.rounds, headline.rounds, Throughput::p99Millis);
  }

  /** Of the machine's peak in the precision, by the operations that the formulas ask for. */
  double peakShare(List<Throughput> rounds) {
    return rate(rounds).median() * size.flops / peak.of(settings.precision());
  }

  static MedianInterval rate(List<Throughput> rounds) {
    return over(rounds, Throughput::requestsPerSecond);
  }

  static MedianInterval p50(List<Throughput> rounds) {
    return over(rounds, Throughput::p50Millis);
  }

  static MedianInterval p99(List<Throughput> rounds) {
    return over(rounds, Throughput::p99Millis);
  }

  static MedianInterval ratio(List<Throughput> some, List<Throughput> others) {
    return ratio(some, others, Throughput::requestsPerSecond);
  }

  private static MedianInterval over(List<Throughput> rounds, ToDoubleFunction<Throughput> figure) {
    return MedianInterval.of(rounds.stream().mapToDouble(figure).toArray());
  }

  private static MedianInterval ratio(
      List<Throughput> some, List<Throughput> others, ToDoubleFunction<Throughput> figure) {
    return MedianInterval.of(
        IntStream.range(0, some.size())
            .mapToDouble(
                i -> figure.applyAsDouble(some.get(i)) / figure.applyAsDouble(others.get(i)))
            .toArray());
  }
}
