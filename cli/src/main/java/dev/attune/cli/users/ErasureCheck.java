package dev.attune.cli.users;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.CliException;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.ingest.ChangelogKeys;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what is left of a user in every place that has something of users. Open it before the
 * erasure is asked for: only what ingest answers after that counts. One thread.
 */
final class ErasureCheck implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final KafkaSettings kafka;
  private final String userId;
  private final Map<String, Config> configs;
  private final List<Place> places = new ArrayList<>();
  private final AvroDeserializer<PreferenceBucket> buckets =
      new AvroDeserializer<>(PreferenceBucket.class);

  /**
   * Where to look.
   *
   * @param ingest the id of ingest, before the names of its topics
   * @param usersGroup the consumer group of the trainer's users pipeline
   */
  record Names(String ingest, String usersGroup) {}

  ErasureCheck(KafkaSettings kafka, String userId, Names names) {
    this.kafka = kafka;
    this.userId = userId;
    buckets.configure(kafka.serde(), false);
    List<String> logs =
        Stream.of(
                Topics.PREFERENCES,
                Topics.PREFERENCES_REJECTED,
                Topics.PREFERENCES_QUARANTINED,
                Topics.PREFERENCES_RELEASED,
                Topics.BUCKETS_BY_USER,
                Topics.PROMPTS,
                Topics.REWARDS,
                Topics.REWARDS_SHADOW)
            .map(topic -> topic.name())
            .toList();
    configs = configs(logs, names.ingest());
    try {
      open(logs, names);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** What is derived first, and of that what leaves by itself only later last. */
  private void open(List<String> logs, Names names) {
    Predicate<ConsumerRecord<byte[], byte[]>> keyed =
        record -> Arrays.equals(record.key(), userId.getBytes(UTF_8));
    BucketsPlace word = opened(() -> new BucketsPlace(kafka, keyed));
    UsersPlace users = opened(() -> new UsersPlace(kafka, keyed));
    for (String store : ChangelogKeys.STORES) {
      String topic = ChangelogKeys.topic(names.ingest(), store);
      opened(
          () ->
              configs.containsKey(topic)
                  ? new ChangelogPlace(kafka, names.ingest(), store, kept(topic), userId)
                  : new MissingPlace(topic));
    }
    opened(
        () -> new PipelinePlace(kafka, "trainer, users pipeline", names.usersGroup(), word, users));
    opened(() -> ModelStatesPlace.current(kafka, userId));
    opened(() -> new ReplacedStatesPlace(kafka, userId));
    opened(() -> new ScorerPlace(kafka, userId));
    opened(() -> ModelStatesPlace.kept(kafka, userId));
    for (String topic : logs) {
      opened(() -> new LogPlace(kafka, topic, kept(topic), keyed));
    }
    String byDomain = Topics.BUCKETS_BY_DOMAIN.name();
    opened(() -> new LogPlace(kafka, byDomain, kept(byDomain), this::inBucket));
  }

  private <P extends Place> P opened(Supplier<P> place) {
    P opened = place.get();
    places.add(opened);
    return opened;
  }

  /**
   * Looks everywhere, one place after the other, and at one that holds something that is to leave
   * at once again and again until it has left or the time is over.
   */
  List<Finding> await(Duration limit, Console console) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    List<Finding> findings = new ArrayList<>();
    try (Progress progress = console.progress("Looking", "places", places.size())) {
      for (Place place : places) {
        Finding finding = place.look();
        while (!finding.erased()
            && finding.verdict() == Finding.Verdict.HOLDS
            && System.nanoTime() < end) {
          Thread.sleep(PAUSE.toMillis());
          finding = place.look();
        }
        findings.add(finding);
        progress.to(findings.size());
      }
    }
    return findings;
  }

  /** Decodes only what has the user's id somewhere in its bytes. */
  private boolean inBucket(ConsumerRecord<byte[], byte[]> record) {
    return record.value() != null
        && ByteSearch.contains(record.value(), userId.getBytes(UTF_8))
        && buckets
            .deserialize(record.topic(), record.headers(), record.value())
            .getUserId()
            .equals(userId);
  }

  /** Retention counts from the newest record of a segment, and a segment takes records so long. */
  private @Nullable Duration kept(String topic) {
    Config config = configs.get(topic);
    long retention = Long.parseLong(config.get(TopicConfig.RETENTION_MS_CONFIG).value());
    boolean deletes =
        config
            .get(TopicConfig.CLEANUP_POLICY_CONFIG)
            .value()
            .contains(TopicConfig.CLEANUP_POLICY_DELETE);
    return deletes && retention >= 0
        ? Duration.ofMillis(
            retention + Long.parseLong(config.get(TopicConfig.SEGMENT_MS_CONFIG).value()))
        : null;
  }

  private Map<String, Config> configs(List<String> logs, String ingest) {
    try (Admin admin = KafkaCalls.admin(kafka)) {
      Set<String> there = KafkaCalls.await(kafka, admin.listTopics().names());
      List<String> required =
          Stream.concat(
                  logs.stream(),
                  Stream.of(
                      Topics.BUCKETS_BY_DOMAIN.name(),
                      Topics.USERS.name(),
                      Topics.ERASURES.name(),
                      Topics.MODELS.name(),
                      Topics.ARTIFACTS.name()))
              .toList();
      required.stream()
          .filter(topic -> !there.contains(topic))
          .findFirst()
          .ifPresent(
              topic -> {
                throw new CliException(
                    "Kafka at %s: has no topic %s; 'attune topics create' makes it"
                        .formatted(kafka.bootstrapServers(), topic));
              });
      List<ConfigResource> wanted =
          Stream.concat(
                  required.stream(),
                  ChangelogKeys.STORES.stream()
                      .map(store -> ChangelogKeys.topic(ingest, store))
                      .filter(there::contains))
              .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
              .toList();
      return KafkaCalls.await(kafka, admin.describeConfigs(wanted).all()).entrySet().stream()
          .collect(Collectors.toMap(entry -> entry.getKey().name(), Map.Entry::getValue));
    }
  }

  @Override
  public void close() {
    places.forEach(Place::close);
  }

  /** A store whose topic is not there. */
  private record MissingPlace(String topic) implements Place {
    @Override
    public Finding look() {
      return Finding.notChecked(topic, "there is no such topic: does --ingest name ingest?");
    }

    @Override
    public void close() {}
  }
}
