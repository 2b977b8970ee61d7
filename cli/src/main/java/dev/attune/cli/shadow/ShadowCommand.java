package dev.attune.cli.shadow;

import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.TopicReader;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.evaluate.ClusteredMean;
import dev.attune.cli.shadow.ShadowComparison.Shares;
import dev.attune.cli.traffic.Place;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.WireFormatException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code attune shadow}: would the rewards have picked what users then preferred? */
@Command(
    name = "shadow",
    description = {
      "Tell how often the best reward of a scorer in shadow mode was that of the reply that the"
          + " user then",
      "preferred, with an interval of 95 %, beside the reply shown first, the longest, and chance."
    })
public final class ShadowCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Override
  public Integer call() {
    KafkaSettings kafka = cluster.kafka();
    KafkaCalls.requireTopics(
        kafka,
        Topics.PREFERENCES,
        Topics.PREFERENCES_REJECTED,
        Topics.ERASURES,
        Topics.REWARDS_SHADOW);
    ShadowComparison comparison = new ShadowComparison();
    read(
        kafka,
        Topics.PREFERENCES_REJECTED,
        (record, refused) -> {
          if (refused.getSource().getTopic().equals(Topics.PREFERENCES.name())) {
            comparison.rejected(
                new Place(refused.getSource().getPartition(), refused.getSource().getOffset()));
          }
        });
    read(
        kafka,
        Topics.PREFERENCES,
        (record, event) ->
            comparison.event(
                new Place(record.partition(), record.offset()), record.timestamp(), event));
    read(
        kafka,
        Topics.ERASURES,
        (record, erasure) -> comparison.erased(erasure.getUserId(), record.timestamp()));
    read(kafka, Topics.REWARDS_SHADOW, (record, answer) -> comparison.answer(answer));
    print(common.console(), comparison);
    JsonReport.write(common.json(), json(comparison));
    return 0;
  }

  /** What is no record is ingest's matter, which keeps it with the reason. */
  private static <V extends SpecificRecord> void read(
      KafkaSettings kafka, Topic<V> topic, BiConsumer<ConsumerRecord<byte[], byte[]>, V> each) {
    try (AvroDeserializer<V> values = new AvroDeserializer<>(topic.valueType())) {
      values.configure(kafka.serde(), false);
      TopicReader.readAll(
          kafka,
          topic.name(),
          record -> {
            V value = value(values, topic, record.value());
            if (value != null) {
              each.accept(record, value);
            }
          });
    }
  }

  private static <V extends SpecificRecord> @Nullable V value(
      AvroDeserializer<V> values, Topic<V> topic, byte @Nullable [] bytes) {
    try {
      return bytes == null ? null : values.deserialize(topic.name(), bytes);
    } catch (WireFormatException e) {
      if (e.reason() == WireFormatException.Reason.REGISTRY_UNAVAILABLE) {
        throw e;
      }
      return null;
    }
  }

  private static void print(Console console, ShadowComparison comparison) {
    console.printf(
        "%,d answers in %s, %,d of them compared with a later choice",
        comparison.answers(), Topics.REWARDS_SHADOW.name(), comparison.all().picked().values());
    if (comparison.all().picked().values() == 0) {
      return;
    }
    console.print("");
    console.print(
        "domain            choices   users   picked   95 %           first  longest  chance   over first");
    row(console, "all", comparison.all());
    comparison.byDomain().forEach((domain, shares) -> row(console, domain, shares));
  }

  private static void row(Console console, String domain, Shares shares) {
    double[] interval = interval(shares.picked());
    double[] over = interval(shares.overFirst());
    console.printf(
        "%-16s %8d  %6d   %.3f   [%.3f, %.3f]  %.3f   %.3f    %.3f   %+.3f [%+.3f, %+.3f]",
        domain,
        shares.picked().values(),
        shares.picked().clusters(),
        shares.picked().mean(),
        interval[0],
        interval[1],
        shares.first().mean(),
        shares.longest().mean(),
        shares.chance().mean(),
        shares.overFirst().mean(),
        over[0],
        over[1]);
  }

  private static double[] interval(ClusteredMean mean) {
    double half = ClusteredMean.TWO_SIDED_95 * mean.standardError();
    return new double[] {mean.mean() - half, mean.mean() + half};
  }

  private static Map<String, @Nullable Object> json(ShadowComparison comparison) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("answers", comparison.answers());
    json.put("all", json(comparison.all()));
    Map<String, @Nullable Object> domains = new LinkedHashMap<>();
    comparison.byDomain().forEach((domain, shares) -> domains.put(domain, json(shares)));
    json.put("domains", domains);
    return json;
  }

  private static Map<String, @Nullable Object> json(Shares shares) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("choices", shares.picked().values());
    json.put("users", shares.picked().clusters());
    json.put("picked", json(shares.picked()));
    json.put("picked_over_first", json(shares.overFirst()));
    json.put("first", orNull(shares.first().mean()));
    json.put("longest", orNull(shares.longest().mean()));
    json.put("chance", orNull(shares.chance().mean()));
    return json;
  }

  private static Map<String, @Nullable Object> json(ClusteredMean mean) {
    double[] interval = interval(mean);
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("mean", orNull(mean.mean()));
    json.put("low", orNull(interval[0]));
    json.put("high", orNull(interval[1]));
    return json;
  }

  private static @Nullable Double orNull(double value) {
    return Double.isNaN(value) ? null : value;
  }
}
