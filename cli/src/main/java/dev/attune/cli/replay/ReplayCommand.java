package dev.attune.cli.replay;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.cli.cluster.StoredArtifacts;
import dev.attune.cli.cluster.StoredArtifacts.Stored;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.console.Progress;
import dev.attune.cli.models.ModelCatalogue;
import dev.attune.cli.models.VersionChoice;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.platform.BuildInfo;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Artifact;
import dev.attune.schemas.events.BucketPosition;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.trainer.TrainerConfig;
import dev.attune.trainer.core.OnlineLearners;
import dev.attune.trainer.core.Provenance;
import dev.attune.trainer.core.RewardsReplay;
import dev.attune.trainer.core.StoredModel;
import dev.attune.trainer.core.TrainerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code attune replay}: learns a published version again and compares the hashes. */
@Command(
    name = "replay",
    description = {
      "Learn a published version of a reward model again, from an earlier one and the buckets in"
          + " between, and compare the hashes.",
      "It needs the base, and the learning settings that the trainer has."
    })
public final class ReplayCommand implements Callable<Integer> {
  private static final String TOPIC = Topics.BUCKETS_BY_DOMAIN.name();
  private static final Duration POLL = Duration.ofMillis(200);

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = "general or domain/NAME; of a domain its name is enough.")
  private String model;

  @Option(
      names = "--from",
      paramLabel = "N",
      description = "The version to go on from (default: the one before --to).")
  private @Nullable Long from;

  @Option(
      names = "--to",
      paramLabel = "N",
      description = "The version to learn again (default: the newest).")
  private @Nullable Long to;

  @Option(
      names = "--base",
      required = true,
      paramLabel = "DIR",
      description = "The base model, a Hugging Face folder.")
  private Path base;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of the trainer, as in docs/configuration.md; may be repeated.")
  private Map<String, String> settings = new HashMap<>();

  @Override
  public Integer call() {
    if (!Files.isDirectory(base)) {
      throw new CliException("--base " + base + ": no such folder");
    }
    KafkaSettings kafka = cluster.kafka();
    KafkaCalls.requireTopics(kafka, Topics.MODELS, Topics.ARTIFACTS, Topics.BUCKETS_BY_DOMAIN);
    Console console = common.console();
    TrainerConfig config = config(kafka);
    ModelCatalogue catalogue;
    try (PublishedModels models = new PublishedModels(kafka)) {
      catalogue = new ModelCatalogue(models.refreshAll());
    }
    String name = new VersionChoice(catalogue).name(model);
    if (!ModelKeys.isReward(name)) {
      throw new CliException(name + " cannot be replayed: only reward models can");
    }
    NavigableMap<Long, ModelVersion> versions = catalogue.versions(name);
    Map<String, Stored> artifacts =
        new StoredArtifacts(kafka)
            .read(versions.values().stream().flatMap(ReplayCommand::artifacts).toList());
    Reach reach = reach(kafka, name, versions, artifacts);
    reach.lines().forEach(console::say);
    Reach.Span span = reach.span(from, to);
    RewardsReplay.Rebuilt rebuilt = replay(kafka, config, span, artifacts, console);
    return tell(console, span, rebuilt, reach);
  }

  private TrainerConfig config(KafkaSettings kafka) {
    Map<String, String> all = new HashMap<>(cluster.serviceSettings());
    all.put("kafka.bootstrap.servers", kafka.bootstrapServers());
    all.put("schema.registry.url", kafka.registryUrl());
    all.putAll(settings);
    all.put("trainer.base", base.toString());
    Configuration configuration = Configuration.of(all);
    configuration.rejectUnknown(TrainerConfig.keys());
    return TrainerConfig.from(configuration);
  }

  private static Stream<Artifact> artifacts(ModelVersion version) {
    return Stream.of(version.getWeights(), version.getState());
  }

  private static Reach reach(
      KafkaSettings kafka,
      String name,
      NavigableMap<Long, ModelVersion> versions,
      Map<String, Stored> artifacts) {
    Set<String> complete =
        artifacts.entrySet().stream()
            .filter(entry -> entry.getValue().complete())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    int partition =
        versions.values().stream()
            .flatMap(version -> version.getPositions().stream())
            .map(BucketPosition::getPartition)
            .findFirst()
            .orElse(0);
    try (Admin admin = KafkaCalls.admin(kafka);
        KafkaConsumer<String, PreferenceBucket> consumer = consumer(kafka)) {
      String topicId =
          KafkaCalls.await(kafka, admin.describeTopics(List.of(TOPIC)).allTopicNames())
              .get(TOPIC)
              .topicId()
              .toString();
      TopicPartition place = new TopicPartition(TOPIC, partition);
      long beginning = consumer.beginningOffsets(List.of(place)).get(place);
      return new Reach(name, versions, complete, new Reach.Retained(topicId, beginning));
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private RewardsReplay.Rebuilt replay(
      KafkaSettings kafka,
      TrainerConfig config,
      Reach.Span span,
      Map<String, Stored> artifacts,
      Console console) {
    Precision precision = Precision.valueOf(span.to().getPrecision().toUpperCase(Locale.ROOT));
    try (BaseModel loaded = BaseModel.load(base, precision)) {
      OnlineLearners learners =
          new OnlineLearners(
              loaded, config.learning(), config.rewards(), BuildInfo.ofThisBuild().version());
      requireSame(span, learners.provenance(), console);
      StoredModel start =
          StoredModel.published(
              span.from(),
              bytes(artifacts, span.from().getWeights()),
              bytes(artifacts, span.from().getState()));
      try (RewardsReplay replay = RewardsReplay.from(start, learners, config.rewards())) {
        feed(kafka, span, replay, console);
        return replay.rebuilt();
      }
    } catch (TrainerException e) {
      throw new CliException(e.getMessage(), e);
    }
  }

  /** What else decides the bytes: where it differs there is nothing to compare. */
  private void requireSame(Reach.Span span, Provenance here, Console console) {
    for (ModelVersion version : List.of(span.from(), span.to())) {
      if (!version.getBase().equals(here.base())) {
        throw new CliException(
            "--base %s: sha-256 %s, but version %d belongs to %s"
                .formatted(base, here.base(), version.getVersion(), version.getBase()));
      }
      if (!version.getConfigHash().equals(here.configHash())) {
        throw new CliException(
            "version %d was learned with the configuration %s, and these settings are %s: give those of the trainer with --set"
                .formatted(version.getVersion(), version.getConfigHash(), here.configHash()));
      }
    }
    if (!span.to().getCodeVersion().equals(here.codeVersion())) {
      console.say(
          "version %d was learned by attune %s, and this is %s: the hashes may differ"
              .formatted(span.to().getVersion(), span.to().getCodeVersion(), here.codeVersion()));
    }
  }

  private static byte[] bytes(Map<String, Stored> artifacts, Artifact artifact) {
    return artifacts.get(artifact.getSha256()).bytes().orElseThrow();
  }

  private static void feed(
      KafkaSettings kafka, Reach.Span span, RewardsReplay replay, Console console) {
    BucketPosition end = span.to().getPositions().get(0);
    long start = replay.position();
    TopicPartition partition = new TopicPartition(TOPIC, end.getPartition());
    try (KafkaConsumer<String, PreferenceBucket> consumer = consumer(kafka);
        Progress progress = console.progress("Learning", "offsets", end.getNextOffset() - start)) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, start);
      while (consumer.position(partition) < end.getNextOffset()) {
        for (ConsumerRecord<String, PreferenceBucket> record : consumer.poll(POLL)) {
          if (record.offset() < end.getNextOffset() && record.value() != null) {
            replay.accept(record.offset(), record.value());
            progress.to(record.offset() - start);
          }
        }
      }
      progress.to(end.getNextOffset() - start);
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private int tell(Console console, Reach.Span span, RewardsReplay.Rebuilt rebuilt, Reach reach) {
    boolean weights = rebuilt.weights().equals(span.to().getWeights().getSha256());
    boolean state = rebuilt.state().equals(span.to().getState().getSha256());
    console.printf("%-8s %-64s  %s", "", "learned again", "published");
    console.printf(
        "%-8s %-64s  %s", "weights", rebuilt.weights(), span.to().getWeights().getSha256());
    console.printf("%-8s %-64s  %s", "state", rebuilt.state(), span.to().getState().getSha256());
    console.printf("%,d comparisons from %,d buckets", rebuilt.comparisons(), rebuilt.buckets());
    Map<String, @Nullable Object> report = new LinkedHashMap<>();
    report.put("model", span.to().getName());
    report.put("from", span.from().getVersion());
    report.put("to", span.to().getVersion());
    report.put("rebuilt_version", rebuilt.version());
    report.put("weights_equal", weights);
    report.put("state_equal", state);
    report.put("weights", rebuilt.weights());
    report.put("state", rebuilt.state());
    report.put("comparisons", rebuilt.comparisons());
    report.put("buckets", rebuilt.buckets());
    report.put("earliest_version", reach.earliest());
    JsonReport.write(common.json(), report);
    if (!weights || !state) {
      throw new CliException(
          "%s version %d comes out with %s; a rollback, a pin or an erasure in between does that, as other hardware does"
              .formatted(
                  span.to().getName(),
                  span.to().getVersion(),
                  weights ? "another state" : "other weights"));
    }
    console.printf(
        "%s version %d comes from version %d and these buckets, bit for bit",
        span.to().getName(), span.to().getVersion(), span.from().getVersion());
    return 0;
  }

  private static KafkaConsumer<String, PreferenceBucket> consumer(KafkaSettings kafka) {
    AvroDeserializer<PreferenceBucket> values = new AvroDeserializer<>(PreferenceBucket.class);
    values.configure(kafka.serde(), false);
    return new KafkaConsumer<>(
        kafka.consumerWithoutGroup("attune-replay"), new StringDeserializer(), values);
  }
}
