package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.serde.WireFormatException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;

/** Calls of Kafka's clients whose failures are told in one line that names the cluster. */
public final class KafkaCalls {
  private static final int TIMEOUT_MS = 20_000;
  private static final int FIRST_ANSWER_MS = 5_000;

  private KafkaCalls() {}

  /** An admin client that gives up after 20 seconds. */
  public static Admin admin(KafkaSettings kafka) {
    Map<String, Object> settings = new HashMap<>(kafka.admin("attune-cli-admin"));
    settings.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    settings.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS / 2);
    try {
      return Admin.create(settings);
    } catch (KafkaException e) {
      throw failure(kafka, e);
    }
  }

  /**
   * Fails within five seconds where no broker answers or a topic is missing. Clients would go on
   * trying for minutes, which is right for a service and wrong for a command at its start.
   */
  public static void requireTopics(KafkaSettings kafka, Topic<?>... topics) {
    try (Admin admin = admin(kafka)) {
      Set<String> present =
          await(
              kafka, admin.listTopics(new ListTopicsOptions().timeoutMs(FIRST_ANSWER_MS)).names());
      for (Topic<?> topic : topics) {
        if (!present.contains(topic.name())) {
          throw new CliException(
              "Kafka at %s: has no topic %s; 'attune topics create' makes it"
                  .formatted(kafka.bootstrapServers(), topic.name()));
        }
      }
    }
  }

  /** The value, when it is there. */
  public static <T> T await(KafkaSettings kafka, KafkaFuture<T> future) {
    try {
      return future.get(2L * TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(kafka, e.getCause());
    } catch (TimeoutException e) {
      throw failure(kafka, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted", e);
    }
  }

  /** A failure of a client as a line that names the cluster, or the registry where it was that. */
  public static CliException failure(KafkaSettings kafka, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null && !(root instanceof WireFormatException)) {
      root = root.getCause();
    }
    String why = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    if (root instanceof WireFormatException) {
      return new CliException("registry at " + kafka.registryUrl() + ": " + why, cause);
    }
    if (root instanceof org.apache.kafka.common.errors.TimeoutException) {
      why = "no broker answers (" + why + ")";
    }
    return new CliException("Kafka at " + kafka.bootstrapServers() + ": " + why, cause);
  }
}
