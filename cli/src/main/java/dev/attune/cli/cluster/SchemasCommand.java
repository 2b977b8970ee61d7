package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.JsonReport;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topic;
import dev.attune.schemas.Topics;
import dev.attune.schemas.registry.RegistryClient;
import dev.attune.schemas.registry.RegistryConfig;
import dev.attune.schemas.registry.RegistryException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code attune schemas}: the event schemas in a registry. */
@Command(name = "schemas", description = "Register or check the event schemas in a registry.")
public final class SchemasCommand {
  private static final String LEVEL = "BACKWARD";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.LOCAL,
      description = "Show this help and exit.")
  boolean help;

  @Command(
      name = "register",
      description = "Register every schema, and set its subject's compatibility to BACKWARD.")
  int register(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun) {
    KafkaSettings kafka = cluster.kafka();
    RegistryClient registry = client(kafka);
    Map<String, Object> report = new LinkedHashMap<>();
    boolean good = true;
    for (Topic<?> topic : Topics.all()) {
      String state =
          call(
              kafka,
              topic,
              () -> {
                if (registered(registry, topic.subject(), topic.schema()) != null) {
                  return "is registered";
                }
                if (!registry.isCompatible(topic.subject(), topic.schema())) {
                  return "INCOMPATIBLE with the latest version";
                }
                if (dryRun) {
                  return "would be registered";
                }
                registry.setCompatibility(topic.subject(), LEVEL);
                return "registered with id " + registry.register(topic.subject(), topic.schema());
              });
      good &= !state.startsWith("INCOMPATIBLE");
      report.put(topic.subject(), state);
      common.console().print(topic.subject() + ": " + state);
    }
    JsonReport.write(common.json(), Map.of("ok", good, "subjects", report, "dry_run", dryRun));
    return good ? 0 : 1;
  }

  @Command(
      name = "check",
      description = "Fails where a schema of this version is not registered or not compatible.")
  int check(@Mixin CommonOptions common, @Mixin ClusterOptions cluster) {
    KafkaSettings kafka = cluster.kafka();
    RegistryClient registry = client(kafka);
    Map<String, Object> report = new LinkedHashMap<>();
    boolean good = true;
    for (Topic<?> topic : Topics.all()) {
      String state =
          call(
              kafka,
              topic,
              () -> {
                Integer id = registered(registry, topic.subject(), topic.schema());
                if (id != null) {
                  return "ok, id " + id;
                }
                return registry.isCompatible(topic.subject(), topic.schema())
                    ? "not registered, compatible"
                    : "not registered, INCOMPATIBLE with the latest version";
              });
      good &= state.startsWith("ok");
      report.put(topic.subject(), state);
      common.console().print(topic.subject() + ": " + state);
    }
    JsonReport.write(common.json(), Map.of("ok", good, "subjects", report));
    return good ? 0 : 1;
  }

  private static RegistryClient client(KafkaSettings kafka) {
    return new RegistryClient(RegistryConfig.from(kafka.serde()));
  }

  private static @Nullable Integer registered(
      RegistryClient registry, String subject, Schema schema) {
    try {
      return registry.idOf(subject, schema);
    } catch (RegistryException e) {
      if (e.kind() == RegistryException.Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private interface Call {
    String state();
  }

  private static String call(KafkaSettings kafka, Topic<?> topic, Call call) {
    try {
      return call.state();
    } catch (RegistryException e) {
      throw new CliException(
          "registry at " + kafka.registryUrl() + ", " + topic.subject() + ": " + e.getMessage(), e);
    }
  }
}
