package dev.attune.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.Attune;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.ModelKeys;
import dev.attune.schemas.events.ModelVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An {@code up} process that is killed in the middle of an import loses and repeats nothing. */
class KillIT {
  private static final int EVENTS = 400;
  private static final int BEFORE_THE_KILL = 80;
  private static final int PER_SECOND = 100;

  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Process up;

  @AfterEach
  void end() throws InterruptedException {
    if (up != null) {
      up.destroyForcibly().waitFor();
    }
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void shouldLearnEachAcceptedComparisonOnceAlthoughKilled() throws Exception {
    // Given
    Path events = SampleEvents.write(dir.resolve("events.jsonl"), EVENTS);
    Path base = TinyBase.in(dir);
    // Clients go on with the addresses that they know, so a restart needs the same ports.
    int[] ports = freePorts(2);
    up = start(base, ports);
    KafkaSettings kafka = KafkaSettings.of("127.0.0.1:" + ports[0], "http://127.0.0.1:" + ports[1]);
    Path report = dir.resolve("import.json");
    CompletableFuture<Integer> importing =
        CompletableFuture.supplyAsync(() -> importing(events, kafka, report));
    awaitComparisons(kafka, BEFORE_THE_KILL);

    // When
    up.destroyForcibly().waitFor();
    up = start(base, ports);

    // Then
    assertThat(importing.get()).as(err.toString()).isZero();
    JsonNode counts = new ObjectMapper().readTree(report.toFile());
    assertThat(counts.path("events_sent").asInt()).isEqualTo(EVENTS);
    assertThat(counts.path("events_accepted").asInt()).isEqualTo(EVENTS);
    long accepted = counts.path("comparisons").asLong();
    awaitComparisons(kafka, accepted);
    assertThat(comparisons(kafka)).isEqualTo(accepted);
  }

  private Process start(Path base, int[] ports) throws Exception {
    Path ready = dir.resolve("ready-" + System.nanoTime() + ".json");
    Path log = dir.resolve("up.log");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx512m",
                    "-Dai.djl.offline=true",
                    "-DOPT_OUT_TRACKING=true",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.attune.cli.Attune",
                    "up",
                    "--base",
                    base.toString(),
                    "--data",
                    dir.resolve("data").toString(),
                    "--port",
                    String.valueOf(ports[0]),
                    "--registry-port",
                    String.valueOf(ports[1]),
                    "--management-port",
                    "0",
                    "--set",
                    "trainer.checkpoint.interval=300ms",
                    "--json",
                    ready.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(ready) || !process.isAlive());
    assertThat(process.isAlive()).as(() -> read(log)).isTrue();
    return process;
  }

  private int importing(Path events, KafkaSettings kafka, Path report) {
    return Attune.run(
        new PrintWriter(out),
        new PrintWriter(err),
        "import",
        "--format",
        "jsonl",
        events.toString(),
        "--rate",
        String.valueOf(PER_SECOND),
        "--wait",
        "--bootstrap",
        kafka.bootstrapServers(),
        "--registry",
        kafka.registryUrl(),
        "--json",
        report.toString());
  }

  private static void awaitComparisons(KafkaSettings kafka, long atLeast) {
    try (PublishedModels models = new PublishedModels(kafka)) {
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> sum(models.refresh()) >= atLeast);
    }
  }

  private static long comparisons(KafkaSettings kafka) {
    try (PublishedModels models = new PublishedModels(kafka)) {
      return sum(models.refresh());
    }
  }

  private static long sum(Map<String, ModelVersion> models) {
    return models.values().stream()
        .filter(model -> ModelKeys.isReward(model.getName()))
        .mapToLong(PublishedModels::comparisons)
        .sum();
  }

  private static int[] freePorts(int count) throws IOException {
    ServerSocket[] sockets = new ServerSocket[count];
    int[] ports = new int[count];
    for (int i = 0; i < count; i++) {
      sockets[i] = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      ports[i] = sockets[i].getLocalPort();
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
