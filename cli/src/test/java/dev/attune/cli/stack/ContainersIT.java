package dev.attune.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.cli.Attune;
import dev.attune.cli.cluster.PublishedModels;
import dev.attune.embedded.EmbeddedRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.kafka.KafkaContainer;

/** End to end on Kafka's own image; skipped where there is no Docker. */
@Testcontainers(disabledWithoutDocker = true)
class ContainersIT {
  @Container private static final KafkaContainer KAFKA = new KafkaContainer("apache/kafka:4.3.1");

  @TempDir private Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void shouldLearnAndScoreOnAClusterOfItsOwn() throws Exception {
    // Given
    String bootstrap = KAFKA.getBootstrapServers();
    try (EmbeddedRegistry registry = EmbeddedRegistry.start(bootstrap, 0)) {
      String[] cluster = {"--bootstrap", bootstrap, "--registry", registry.url()};
      assertThat(run(cluster, "setup")).as(err.toString()).isZero();
      StackConfig config =
          StackConfig.onFreePorts(dir.resolve("data"), TinyBase.in(dir))
              .against(bootstrap, registry.url())
              .with("trainer.checkpoint.interval", "300ms");
      try (LocalStack stack = LocalStack.start(config, TinyBase.silent())) {
        stack.awaitReady(Duration.ofSeconds(60));
        Path events = SampleEvents.write(dir.resolve("events.jsonl"), 80);

        // When
        int imported = run(cluster, "import", "--format", "jsonl", events.toString(), "--wait");

        // Then
        assertThat(imported).as(err.toString()).isZero();
        try (PublishedModels models = new PublishedModels(stack.kafka())) {
          await().atMost(Duration.ofSeconds(60)).until(() -> !models.refresh().isEmpty());
        }
        assertThat(
                run(
                    cluster,
                    "score",
                    "--user",
                    "ada",
                    "--domain",
                    "law",
                    "--prompt",
                    "Why?",
                    "--candidate",
                    "So.",
                    "--candidate",
                    "Because."))
            .as(err.toString())
            .isZero();
      }
    }
  }

  private int run(String[] cluster, String... args) {
    String[] all = Stream.of(args, cluster).flatMap(Arrays::stream).toArray(String[]::new);
    return Attune.run(new PrintWriter(out), new PrintWriter(err), all);
  }
}
