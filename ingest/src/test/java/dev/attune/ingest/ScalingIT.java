package dev.attune.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.attune.embedded.EmbeddedCluster;
import dev.attune.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that join and leave, on a real broker. */
class ScalingIT {
  /** A member that only disappears would keep its partitions for longer than the test waits. */
  private static final Map<String, String> LONG_SESSION =
      Map.of("kafka.session.timeout.ms", "120000");

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PARTITIONS = Topics.PREFERENCES.partitions();

  @TempDir Path dir;

  @Test
  void shouldStayReadyWhilePartitionsMoveAndHandThemOverAtOnceWhenClosed() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("broker"));
        Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
      EmbeddedIngest embedded = new EmbeddedIngest(cluster);
      embedded.send(List.of(Events.choice("ada", "e1", 3).build()));
      try (IngestApp first = embedded.app(dir.resolve("first"), LONG_SESSION);
          IngestApp second = embedded.app(dir.resolve("second"), LONG_SESSION)) {
        first.start();
        await().atMost(LIMIT).until(first::ready);
        try (ReadinessWatch readiness = new ReadinessWatch(first)) {
          second.start();
          await().atMost(LIMIT).until(second::ready);
          await()
              .atMost(LIMIT)
              .until(() -> owned(admin).equals(List.of(PARTITIONS / 2, PARTITIONS / 2)));

          // When
          second.close();

          // Then
          await().atMost(LIMIT).until(() -> owned(admin).equals(List.of(PARTITIONS)));
          assertThat(readiness.everLost()).isFalse();
          assertThat(second.ready()).isFalse();
        }
      }
    }
  }

  @Test
  void shouldStayInTheGroupWhenAStaticMemberIsClosed() throws Exception {
    // Given
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("broker"));
        Admin admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
      EmbeddedIngest embedded = new EmbeddedIngest(cluster);
      Map<String, String> settings =
          Map.of("kafka.session.timeout.ms", "120000", "ingest.instance", "ingest-0");
      IngestApp app = embedded.app(dir.resolve("state"), settings);
      app.start();
      await().atMost(LIMIT).until(app::ready);
      await().atMost(LIMIT).until(() -> owned(admin).equals(List.of(PARTITIONS)));

      // When
      app.close();

      // Then
      assertThat(owned(admin)).isEqualTo(List.of(PARTITIONS));
      assertThat(instances(admin)).allMatch(name -> name.startsWith("ingest-0-"));
    }
  }

  /** How many partitions of attune.preferences each member has. */
  private static List<Integer> owned(Admin admin) throws Exception {
    return members(admin).stream()
        .map(
            member ->
                (int)
                    member.assignment().topicPartitions().stream()
                        .filter(each -> each.topic().equals(Topics.PREFERENCES.name()))
                        .count())
        .sorted()
        .toList();
  }

  private static Set<String> instances(Admin admin) throws Exception {
    return members(admin).stream()
        .map(member -> member.groupInstanceId().orElse("none"))
        .collect(Collectors.toSet());
  }

  private static List<MemberDescription> members(Admin admin)
      throws ExecutionException, InterruptedException {
    return List.copyOf(
        admin
            .describeConsumerGroups(List.of("attune-ingest"))
            .describedGroups()
            .get("attune-ingest")
            .get()
            .members());
  }

  /** Looks again and again whether a service is ready, until closed. */
  private static final class ReadinessWatch implements AutoCloseable {
    private static final long LOOK_EVERY_NANOS = 1_000_000;

    private final AtomicBoolean lost = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread thread;

    ReadinessWatch(IngestApp app) {
      thread =
          new Thread(
              () -> {
                while (!closed.get()) {
                  if (!app.ready()) {
                    lost.set(true);
                  }
                  LockSupport.parkNanos(LOOK_EVERY_NANOS);
                }
              },
              "readiness");
      thread.setDaemon(true);
      thread.start();
    }

    boolean everLost() {
      return lost.get();
    }

    @Override
    public void close() throws InterruptedException {
      closed.set(true);
      thread.join();
    }
  }
}
