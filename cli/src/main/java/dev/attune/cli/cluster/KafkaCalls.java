package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.platform.KafkaSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;

/** Calls of Kafka's clients whose failures are told in one line that names the cluster. */
public final class KafkaCalls {
  private static final int TIMEOUT_MS = 20_000;

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

  /** A failure of a client as a line that names the cluster. */
  public static CliException failure(KafkaSettings kafka, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String why = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return new CliException("Kafka at " + kafka.bootstrapServers() + ": " + why, cause);
  }
}
