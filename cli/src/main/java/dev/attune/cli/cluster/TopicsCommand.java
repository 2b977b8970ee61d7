package dev.attune.cli.cluster;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.platform.KafkaSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AclBinding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code attune topics}: the topics of a cluster, and who may use them. */
@Command(
    name = "topics",
    description = "Create or check the topics of a cluster, and the rights on them.")
public final class TopicsCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.LOCAL,
      description = "Show this help and exit.")
  boolean help;

  @Command(
      name = "create",
      description = "Create the topics that are missing; those that exist are left as they are.")
  int create(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(
              names = "--replication",
              paramLabel = "N",
              defaultValue = "-1",
              description = "Replication factor (default: the cluster's).")
          short replication,
      @Option(
              names = "--partitions",
              paramLabel = "N",
              defaultValue = "0",
              description =
                  "Partitions of the topics that carry traffic (default: the catalogue's).")
          int partitions,
      @Option(names = "--dry-run", description = "Only say what would be done.") boolean dryRun) {
    if (partitions < 0 || replication < -1 || replication == 0) {
      throw new CliException("--partitions and --replication must be 1 or more");
    }
    KafkaSettings kafka = cluster.kafka();
    Console console = common.console();
    List<String> created = new ArrayList<>();
    try (Admin admin = KafkaCalls.admin(kafka)) {
      List<NewTopic> missing = new ArrayList<>();
      for (TopicCheck check : TopicCheck.all(admin, kafka)) {
        if (check.exists()) {
          console.print(check.topic().name() + ": exists");
          continue;
        }
        boolean spread = partitions > 0 && check.topic().partitions() > 1;
        NewTopic topic =
            (spread ? check.topic().withPartitions(partitions) : check.topic())
                .toNewTopic(replication);
        missing.add(topic);
        created.add(topic.name());
        console.print(
            topic.name()
                + (dryRun ? ": would be created with " : ": created with ")
                + topic.numPartitions()
                + (topic.numPartitions() == 1 ? " partition" : " partitions"));
      }
      if (!dryRun && !missing.isEmpty()) {
        KafkaCalls.await(kafka, admin.createTopics(missing).all());
      }
    }
    JsonReport.write(common.json(), Map.of("created", created, "dry_run", dryRun));
    return 0;
  }

  @Command(
      name = "check",
      description = "Compare the topics with the catalogue; fails where one is missing or differs.")
  int check(@Mixin CommonOptions common, @Mixin ClusterOptions cluster) {
    KafkaSettings kafka = cluster.kafka();
    Map<String, Object> report = new LinkedHashMap<>();
    boolean good = true;
    try (Admin admin = KafkaCalls.admin(kafka)) {
      for (TopicCheck check : TopicCheck.all(admin, kafka)) {
        good &= check.good();
        String state =
            check.good()
                ? "ok"
                : check.exists() ? String.join("; ", check.differences()) : "missing";
        report.put(check.topic().name(), state);
        common.console().print(check.topic().name() + ": " + state);
      }
    }
    JsonReport.write(common.json(), Map.of("ok", good, "topics", report));
    return good ? 0 : 1;
  }

  @Command(
      name = "acls",
      description =
          "Create the rights that each component needs (ingest, trainer, scorer, and chat for your"
              + " own application).")
  int acls(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Option(
              names = "--principal-prefix",
              paramLabel = "PREFIX",
              defaultValue = "User:attune-",
              description = "Put before the component's name (default: ${DEFAULT-VALUE}).")
          String principalPrefix,
      @Option(names = "--dry-run", description = "Only print them; no cluster is contacted.")
          boolean dryRun) {
    List<AclBinding> bindings = RequiredAcls.all(principalPrefix);
    if (!dryRun) {
      KafkaSettings kafka = cluster.kafka();
      try (Admin admin = KafkaCalls.admin(kafka)) {
        KafkaCalls.await(kafka, admin.createAcls(bindings).all());
      }
    }
    List<Map<String, String>> rows = new ArrayList<>();
    for (AclBinding binding : bindings) {
      Map<String, String> row = new LinkedHashMap<>();
      row.put("principal", binding.entry().principal());
      row.put("operation", binding.entry().operation().name());
      row.put("resource", binding.pattern().resourceType().name());
      row.put("pattern", binding.pattern().patternType().name());
      row.put("name", binding.pattern().name());
      rows.add(row);
      common.console().print(String.join(" ", row.values()));
    }
    JsonReport.write(common.json(), Map.of("acls", rows, "dry_run", dryRun));
    return 0;
  }
}
