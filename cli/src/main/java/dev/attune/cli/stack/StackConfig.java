package dev.attune.cli.stack;

import dev.attune.cli.CliException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@link LocalStack} runs with.
 *
 * @param dataDir where broker and services keep their files
 * @param base folder of the base model
 * @param brokerPort 0 = any free one
 * @param registryPort 0 = any free one
 * @param managementPort of /livez, /readyz and /metrics; 0 = any free one
 * @param settings configuration of the services (their keys and {@code kafka.*}). Where it holds
 *     {@code kafka.bootstrap.servers} the services run against that cluster and no broker or
 *     registry is started here; {@code schema.registry.url} must then be there as well
 */
public record StackConfig(
    Path dataDir,
    Path base,
    int brokerPort,
    int registryPort,
    int managementPort,
    Map<String, String> settings) {

  static final String BOOTSTRAP = "kafka.bootstrap.servers";
  static final String REGISTRY = "schema.registry.url";

  public StackConfig {
    requirePort("broker port", brokerPort);
    requirePort("registry port", registryPort);
    requirePort("management port", managementPort);
    settings = Map.copyOf(settings);
    if (settings.containsKey(BOOTSTRAP) != settings.containsKey(REGISTRY)) {
      throw new CliException(
          "a cluster needs both its brokers and its registry: give --bootstrap and --registry");
    }
  }

  /** On free loopback ports. */
  public static StackConfig onFreePorts(Path dataDir, Path base) {
    return new StackConfig(dataDir, base, 0, 0, 0, Map.of());
  }

  /** The same with one more setting. */
  public StackConfig with(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(key, value);
    return new StackConfig(dataDir, base, brokerPort, registryPort, managementPort, more);
  }

  /** The same against a cluster that runs elsewhere. */
  public StackConfig against(String bootstrapServers, String registryUrl) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(BOOTSTRAP, bootstrapServers);
    more.put(REGISTRY, registryUrl);
    return new StackConfig(dataDir, base, brokerPort, registryPort, managementPort, more);
  }

  /** Whether broker and registry run elsewhere. */
  public boolean external() {
    return settings.containsKey(BOOTSTRAP);
  }

  private static void requirePort(String name, int port) {
    if (port < 0 || port > 65535) {
      throw new CliException(name + " " + port + ": must be 0 (any free one) to 65535");
    }
  }
}
