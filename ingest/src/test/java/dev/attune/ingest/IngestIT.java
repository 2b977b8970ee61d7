package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.serde.AvroDeserializer;
import dev.attune.schemas.serde.AvroSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real broker, with a process that is killed while events come in. */
class IngestIT {
  private static final int EVENTS = 3_000;
  private static final int USERS = 25;
  private static final List<String> DOMAINS = List.of("cooking", "law", "general.helpful");

  @TempDir Path dir;
  private final List<ConsumerRecord<String, PreferenceBucket>> buckets = new ArrayList<>();

  @Test
  void shouldLoseNothingAndRepeatNothingWhenKilledInTheMiddle() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("broker"))) {
      Map<String, String> settings = settings(cluster);
      KafkaSettings kafka = KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
      Process first = startProcess(settings);
      try (KafkaConsumer<String, PreferenceBucket> consumer = consumer(kafka);
          KafkaProducer<String, byte[]> producer = producer(kafka)) {
        AvroSerializer<PreferenceEvent> serializer = new AvroSerializer<>();
        serializer.configure(kafka.serde(), false);
        send(producer, serializer, 0, EVENTS / 2);
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> assertThat(learned(consumer)).hasSizeGreaterThan(100));

        // When
        send(producer, serializer, EVENTS / 2, EVENTS);
        first.destroyForcibly().waitFor();
        try (IngestApp second =
            new IngestApp(
                IngestConfig.from(Configuration.of(settings)), new SimpleMeterRegistry())) {
          second.start();

          // Then
          await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(
                  () -> {
                    learned(consumer);
                    assertThat(covered()).hasSize(records());
                    assertEachOnce(Topics.BUCKETS_BY_DOMAIN.name());
                  });
          assertThat(second.ready()).isTrue();
        }
      } finally {
        first.destroyForcibly();
      }
    }
    assertEachOnce(Topics.BUCKETS_BY_USER.name());
    assertEachOnce(Topics.BUCKETS_BY_DOMAIN.name());
    assertOffsetsAreCovered();
    assertSequences();
    assertDomainsHaveOneOwner();
  }

  private static Map<String, String> settings(EmbeddedCluster cluster, Path state) {
    Map<String, String> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", cluster.bootstrapServers());
    settings.put("schema.registry.url", cluster.registryUrl());
    settings.put("ingest.state.dir", state.toString());
    settings.put("ingest.replication-factor", "1");
    // The new process takes the killed one's place at once, and its open transaction ends soon.
    settings.put("ingest.instance", "ingest-0");
    settings.put("kafka.transaction.timeout.ms", "2000");
    // All events have the same texts and choose the first.
    settings.put("ingest.abuse.repeated-texts", "0");
    settings.put("ingest.abuse.same-position", "0");
    return settings;
  }

  private Map<String, String> settings(EmbeddedCluster cluster) {
    return settings(cluster, dir.resolve("state"));
  }

  private Process startProcess(Map<String, String> settings) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                IngestApp.class.getName(),
                "--management.port=0"));
    settings.forEach((name, value) -> command.add("--" + name + "=" + value));
    return new ProcessBuilder(command).inheritIO().start();
  }

  /**
   * Every tenth event is sent twice; every hundredth is not Avro. The second half corrects or
   * withdraws every seventh of the first.
   */
  private static void send(
      KafkaProducer<String, byte[]> producer,
      AvroSerializer<PreferenceEvent> serializer,
      int from,
      int to)
      throws Exception {
    List<Future<?>> sent = new ArrayList<>();
    for (int i = from; i < to; i++) {
      String user = "user" + i % USERS;
      byte[] bytes =
          bad(i)
              ? new byte[] {7}
              : serializer.serialize(
                  Topics.PREFERENCES.name(),
                  Events.choice(user, "e" + i, 2 + i % 3)
                      .setDomain(DOMAINS.get(i % DOMAINS.size()))
                      .build());
      for (int copies = i % 10 == 0 ? 2 : 1; copies > 0; copies--) {
        sent.add(producer.send(new ProducerRecord<>(Topics.PREFERENCES.name(), user, bytes)));
      }
      int earlier = i - EVENTS / 2;
      if (isCorrected(earlier)) {
        byte[] correction =
            serializer.serialize(
                Topics.PREFERENCES.name(),
                Events.choice("user" + earlier % USERS, "e" + earlier, 2)
                    .setDomain(DOMAINS.get(i % DOMAINS.size()))
                    .setOccurredAt(Instant.now())
                    .setRevision(1)
                    .setWithdrawn(isWithdrawn(earlier))
                    .build());
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    Topics.PREFERENCES.name(), "user" + earlier % USERS, correction)));
      }
    }
    for (Future<?> record : sent) {
      record.get();
    }
  }

  private static boolean bad(int i) {
    return i % 100 == 50;
  }

  private static boolean isCorrected(int i) {
    return i >= 0 && i < EVENTS / 2 && i % 7 == 0 && !bad(i);
  }

  private static boolean isWithdrawn(int i) {
    return i % 14 == 0;
  }

  private static int records() {
    int corrections = (int) IntStream.range(0, EVENTS).filter(IngestIT::isCorrected).count();
    return EVENTS + EVENTS / 10 + corrections;
  }

  /** The latest revision of each event that is not withdrawn. */
  private static Set<String> counting() {
    Set<String> revisions = new TreeSet<>();
    IntStream.range(0, EVENTS)
        .filter(i -> !bad(i) && !(isCorrected(i) && isWithdrawn(i)))
        .forEach(i -> revisions.add("e" + i + "." + (isCorrected(i) ? 1 : 0)));
    return revisions;
  }

  /** What the buckets of a route teach in the end: feedback without what was taken back. */
  private List<String> net(String topic) {
    List<String> net = new ArrayList<>();
    for (ConsumerRecord<String, PreferenceBucket> record : onTopic(topic)) {
      for (Retraction taken : record.value().getRetractions()) {
        assertThat(net.remove(taken.getEventId() + "." + taken.getRevision())).isTrue();
      }
      for (Feedback feedback : record.value().getFeedback()) {
        net.add(feedback.getEventId() + "." + feedback.getRevision());
      }
    }
    return net;
  }

  /** Reads on and gives the ids of all events learned so far, on both routes. */
  private List<String> learned(KafkaConsumer<String, PreferenceBucket> consumer) {
    consumer.poll(Duration.ofMillis(100)).forEach(buckets::add);
    return ids(buckets);
  }

  private List<Long> covered() {
    return onTopic(Topics.BUCKETS_BY_USER.name()).stream()
        .flatMap(record -> record.value().getSourceOffsets().stream())
        .toList();
  }

  private void assertEachOnce(String topic) {
    assertThat(net(topic)).containsExactlyInAnyOrderElementsOf(counting());
  }

  private void assertOffsetsAreCovered() {
    Map<Integer, List<Long>> offsets = new HashMap<>();
    onTopic(Topics.BUCKETS_BY_USER.name())
        .forEach(
            record ->
                offsets
                    .computeIfAbsent(
                        record.value().getSourcePartition(), absent -> new ArrayList<>())
                    .addAll(record.value().getSourceOffsets()));
    offsets
        .values()
        .forEach(
            covered ->
                assertThat(covered)
                    .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, covered.size()).boxed().toList()));
  }

  private void assertSequences() {
    Map<List<String>, Long> next = new HashMap<>();
    for (ConsumerRecord<String, PreferenceBucket> record : buckets) {
      PreferenceBucket bucket = record.value();
      List<String> key = List.of(record.topic(), bucket.getUserId(), bucket.getDomain());
      assertThat(bucket.getSequence()).isEqualTo(next.getOrDefault(key, 0L));
      next.put(key, bucket.getSequence() + 1);
    }
  }

  private void assertDomainsHaveOneOwner() {
    int partitions = Topics.BUCKETS_BY_DOMAIN.partitions();
    assertThat(onTopic(Topics.BUCKETS_BY_DOMAIN.name()))
        .allSatisfy(
            record ->
                assertThat(record.partition())
                    .isEqualTo(Domains.partition(record.key(), partitions)));
  }

  private List<ConsumerRecord<String, PreferenceBucket>> onTopic(String topic) {
    return buckets.stream().filter(record -> record.topic().equals(topic)).toList();
  }

  private static List<String> ids(List<ConsumerRecord<String, PreferenceBucket>> records) {
    return records.stream()
        .flatMap(record -> record.value().getFeedback().stream())
        .map(Feedback::getEventId)
        .toList();
  }

  private static KafkaProducer<String, byte[]> producer(KafkaSettings kafka) {
    return new KafkaProducer<>(
        kafka.producer("test"), new StringSerializer(), new ByteArraySerializer());
  }

  private static KafkaConsumer<String, PreferenceBucket> consumer(KafkaSettings kafka) {
    AvroDeserializer<PreferenceBucket> values = new AvroDeserializer<>(PreferenceBucket.class);
    values.configure(kafka.serde(), false);
    KafkaConsumer<String, PreferenceBucket> consumer =
        new KafkaConsumer<>(kafka.consumerWithoutGroup("test"), new StringDeserializer(), values);
    List<TopicPartition> partitions =
        List.of(Topics.BUCKETS_BY_USER, Topics.BUCKETS_BY_DOMAIN).stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.partitions())
                        .mapToObj(partition -> new TopicPartition(topic.name(), partition)))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }
}
