package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.platform.ConfigException;
import dev.attune.platform.KafkaSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * How a command reaches a cluster, as a picocli mixin. An option wins over the file, the file over
 * the addresses of {@code attune up}.
 */
public final class ClusterOptions {
  /** The fixed ports of {@code attune up}. */
  public static final int BROKER_PORT = 19092;

  /** See {@link #BROKER_PORT}. */
  public static final int REGISTRY_PORT = 18081;

  private static final String BOOTSTRAP_KEY = "bootstrap.servers";
  private static final String REGISTRY_KEY = "schema.registry.url";

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      description = "Kafka brokers, comma-separated (default: those of 'attune up').")
  private @Nullable String bootstrap;

  @Option(
      names = "--registry",
      paramLabel = "URL",
      description = "Schema registry (default: that of 'attune up').")
  private @Nullable String registry;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Java properties of the Kafka and registry clients, TLS and SASL included; the names are"
              + " Kafka's and Confluent's.")
  private @Nullable Path config;

  /** Whether a cluster was named, by option or file. */
  public boolean given() {
    return bootstrap != null || registry != null || config != null;
  }

  /** The settings for clients; addresses that are not given are those of {@code attune up}. */
  public KafkaSettings kafka() {
    Map<String, String> properties = properties();
    properties.putIfAbsent(BOOTSTRAP_KEY, "127.0.0.1:" + BROKER_PORT);
    properties.putIfAbsent(REGISTRY_KEY, "http://127.0.0.1:" + REGISTRY_PORT);
    // Only 'schemas register' changes a registry.
    properties.putIfAbsent("auto.register.schemas", "false");
    try {
      return KafkaSettings.fromClientProperties(properties);
    } catch (ConfigException e) {
      throw new CliException(config == null ? e.getMessage() : config + ": " + e.getMessage(), e);
    }
  }

  /** The same as settings of services: Kafka's names behind {@code kafka.}. */
  public Map<String, String> serviceSettings() {
    Map<String, String> settings = new HashMap<>();
    properties()
        .forEach((name, value) -> settings.put(ofRegistry(name) ? name : "kafka." + name, value));
    return settings;
  }

  private Map<String, String> properties() {
    Map<String, String> properties = config == null ? new HashMap<>() : read(config);
    if (bootstrap != null) {
      properties.put(BOOTSTRAP_KEY, bootstrap);
    }
    if (registry != null) {
      properties.put(REGISTRY_KEY, registry);
    }
    return properties;
  }

  private static boolean ofRegistry(String name) {
    return name.startsWith("schema.registry.")
        || name.startsWith("basic.auth.")
        || name.startsWith("bearer.auth.");
  }

  private static Map<String, String> read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new CliException("--config " + file + ": no such file", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new CliException("--config " + file + ": cannot be read (" + e.getMessage() + ")", e);
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
    return map;
  }
}
