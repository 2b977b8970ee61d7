package dev.attune.cli.bench;

import dev.attune.cli.CliException;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.TrainerApp;
import dev.attune.trainer.TrainerConfig;
import dev.attune.trainer.users.UserEmbeddings;
import dev.attune.trainer.users.UsersNote;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Fills attune.users with states, has a trainer take all of them up as after a move of all
 * partitions, and says what they take on the disk, in memory and in time. Broker and trainer are in
 * this process.
 */
final class UsersBenchmark {
  private static final int HEAD = 9;
  private static final int ROW = 5;
  private static final String GROUP = "attune-trainer-users";
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final long LOOK_MILLIS = 20;
  private static final int TELL_EVERY = 1_000;

  private final int users;
  private final Path base;
  private final Console console;

  /**
   * @param base folder of any base: a trainer has one
   */
  UsersBenchmark(int users, Path base, Console console) {
    if (users < 1 || users > 100_000_000) {
      throw new CliException("--users " + users + ": allowed is 1 to 100000000");
    }
    this.users = users;
    this.base = base;
    this.console = console;
  }

  UsersReport run(Path dir) throws IOException, InterruptedException {
    Path kafkaDir = dir.resolve("kafka");
    Path storeDir = dir.resolve("store");
    try (EmbeddedCluster cluster = EmbeddedCluster.start(kafkaDir);
        BaseModel model = BaseModel.load(base, Precision.FP32)) {
      KafkaSettings kafka = KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
      long startedAt = System.nanoTime();
      long stateBytes = write(kafka);
      double writeSeconds = seconds(startedAt);
      commitOffsets(kafka);
      long topicBytes = size(kafkaDir, Topics.USERS.name() + "-");
      long heapBefore = heap();
      long residentBefore = resident();
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      double restoreSeconds;
      long heapAfter;
      long residentAfter;
      try (TrainerApp trainer = new TrainerApp(config(kafka, storeDir), meters, model)) {
        long restoreStartedAt = System.nanoTime();
        trainer.start();
        awaitRestored(trainer, meters);
        restoreSeconds = seconds(restoreStartedAt);
        residentAfter = resident();
        heapAfter = heap();
      }
      return new UsersReport(
          users,
          (double) stateBytes / users,
          (double) topicBytes / users,
          (double) size(storeDir, "") / users,
          writeSeconds,
          restoreSeconds,
          heapBefore,
          heapAfter,
          residentBefore,
          residentAfter);
    }
  }

  /** Returns how many bytes the states have as Avro. */
  private long write(KafkaSettings kafka) {
    Random random = new Random(1);
    long bytes = 0;
    try (RecordSender sender = new RecordSender(kafka, "attune-bench-users");
        Progress progress = console.progress("writing states", "users", users)) {
      for (int i = 0; i < users; i++) {
        UserEmbedding state = state(random, i);
        bytes += UserEmbeddings.toBytes(state).length;
        var unused = sender.send(Topics.USERS, state.getUserId(), state);
        if (i % TELL_EVERY == 0) {
          progress.to(i);
        }
      }
      sender.flush();
      progress.to(users);
    }
    return bytes;
  }

  private static UserEmbedding state(Random random, int number) {
    Position included =
        new Position(Topics.PREFERENCES.name(), number % Topics.DEFAULT_PARTITIONS, 10L * number);
    return UserEmbedding.newBuilder()
        .setUserId("user-%016x".formatted(random.nextLong()))
        .setEpoch(7)
        .setHeadMean(floats(HEAD, random))
        .setHeadCovariance(floats(HEAD * (HEAD + 1) / 2, random))
        .setRow(floats(ROW, random))
        .setOptimiserState(floats(ROW * (ROW + 1) / 2, random))
        .setComparisons(40)
        .setEvents(38)
        .setRowEvents(38)
        .setIncluded(included)
        .setRowIncluded(included)
        .setFirstBucket(number)
        .setLastEventAt(Instant.EPOCH.plusSeconds(1_700_000_000L + number))
        .setReferences(List.of())
        .build();
  }

  private static List<Float> floats(int count, Random random) {
    List<Float> floats = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      floats.add((float) random.nextGaussian());
    }
    return floats;
  }

  /** The trainer takes states up only where its group's offsets belong to them. */
  private static void commitOffsets(KafkaSettings kafka) {
    try (Admin admin = KafkaCalls.admin(kafka)) {
      var topics =
          KafkaCalls.await(
              kafka,
              admin
                  .describeTopics(List.of(Topics.BUCKETS_BY_USER.name(), Topics.USERS.name()))
                  .allTopicNames());
      UsersNote note =
          new UsersNote(
              topics.get(Topics.BUCKETS_BY_USER.name()).topicId().toString(),
              topics.get(Topics.USERS.name()).topicId().toString(),
              0,
              Instant.EPOCH,
              0);
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (int i = 0; i < Topics.BUCKETS_BY_USER.partitions(); i++) {
        offsets.put(
            new TopicPartition(Topics.BUCKETS_BY_USER.name(), i),
            new OffsetAndMetadata(0, note.encode()));
      }
      KafkaCalls.await(kafka, admin.alterConsumerGroupOffsets(GROUP, offsets).all());
    }
  }

  private static TrainerConfig config(KafkaSettings kafka, Path storeDir) {
    return TrainerConfig.from(
        Configuration.of(
            Map.of(
                "kafka.bootstrap.servers", kafka.bootstrapServers(),
                "schema.registry.url", kafka.registryUrl(),
                "trainer.base", storeDir.toString(),
                "trainer.pipelines", "users",
                "trainer.state.dir", storeDir.toString())));
  }

  private void awaitRestored(TrainerApp trainer, SimpleMeterRegistry meters)
      throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    try (Progress progress = console.progress("taking states up", "users", users)) {
      while (meters.get("attune.trainer.users.restore").timer().count() == 0) {
        if (!trainer.live()) {
          throw new CliException(
              "the trainer has failed: "
                  + trainer.failure().map(Throwable::getMessage).orElse("see the log"));
        }
        if (System.nanoTime() > end) {
          throw new CliException(
              "the states were not taken up within " + LIMIT.toMinutes() + " min");
        }
        Thread.sleep(LOOK_MILLIS);
      }
      progress.to(users);
    }
  }

  /** Bytes of the files below folders whose names begin like this. */
  private static long size(Path dir, String prefix) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> dir.relativize(file).toString().startsWith(prefix))
          .filter(file -> prefix.isEmpty() || file.toString().endsWith(".log"))
          .mapToLong(UsersBenchmark::size)
          .sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes of live objects. */
  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Bytes of this process that lie in memory; 0 where the system does not say. */
  private static long resident() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElse(0);
  }

  private static double seconds(long since) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since) / 1e3;
  }
}
