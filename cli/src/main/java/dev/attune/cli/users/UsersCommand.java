package dev.attune.cli.users;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.TopicReader;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ErasureRequest;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attune users}: what has been learned of a user, and erasing it. Never shows texts. */
@Command(
    name = "users",
    description = "Show what has been learned of a user, or erase the user.",
    synopsisSubcommandLabel = "COMMAND")
public final class UsersCommand implements Runnable {
  @Spec private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "a command is missing: show or erase");
  }

  @Command(name = "show", description = "Show what has been learned of a user; no texts.")
  int show(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = "USER", description = "The user's id.") String user) {
    UserReport report = new UserReport(state(cluster.kafka(), user));
    report.print(common.console());
    JsonReport.write(common.json(), report.json());
    return 0;
  }

  @Command(
      name = "erase",
      description = {
        "Have everything that was derived of a user forgotten.",
        "With --verify, wait for it and look through the topics, stores and services that have"
            + " something of users; exits with 0 only where nothing derived remains."
      })
  int erase(
      @Mixin CommonOptions common,
      @Mixin ClusterOptions cluster,
      @Parameters(paramLabel = "USER", description = "The user's id.") String user,
      @Option(names = "--verify", description = "Wait, and look what remains.") boolean verify,
      @Option(
              names = "--timeout",
              paramLabel = "SECONDS",
              defaultValue = "60",
              description = "How long to wait with --verify (default: ${DEFAULT-VALUE}).")
          int timeout,
      @Option(
              names = "--by",
              paramLabel = "NAME",
              defaultValue = "attune users erase",
              description = "Who asks, for the record (default: ${DEFAULT-VALUE}).")
          String by,
      @Option(
              names = "--ingest",
              paramLabel = "ID",
              defaultValue = "attune-ingest",
              description = "The setting ingest.application-id (default: ${DEFAULT-VALUE}).")
          String ingest,
      @Option(
              names = "--users-group",
              paramLabel = "GROUP",
              defaultValue = "attune-trainer-users",
              description = "The users pipeline's consumer group (default: ${DEFAULT-VALUE}).")
          String usersGroup,
      @Option(names = "--dry-run", description = "Only say what would be asked for.")
          boolean dryRun)
      throws InterruptedException {
    if (user.isBlank()) {
      throw new ParameterException(command.commandLine(), "USER is empty");
    }
    if (timeout < 1) {
      throw new ParameterException(command.commandLine(), "--timeout must be 1 or more");
    }
    if (verify && dryRun) {
      throw new ParameterException(
          command.commandLine(), "--dry-run erases nothing that --verify could look for");
    }
    KafkaSettings kafka = cluster.kafka();
    KafkaCalls.requireTopics(kafka, Topics.ERASURES);
    Console console = common.console();
    Map<String, @Nullable Object> report = new LinkedHashMap<>();
    report.put("user", user);
    report.put("dry_run", dryRun);
    if (dryRun) {
      console.print("the user would be erased");
      JsonReport.write(common.json(), report);
      return 0;
    }
    if (!verify) {
      console.print("asked for at " + request(kafka, user, by));
      JsonReport.write(common.json(), report);
      return 0;
    }
    List<Finding> findings;
    try (ErasureCheck check =
        new ErasureCheck(kafka, user, new ErasureCheck.Names(ingest, usersGroup))) {
      console.say("asked for at " + request(kafka, user, by));
      findings = check.await(Duration.ofSeconds(timeout), console);
    }
    boolean erased = findings.stream().allMatch(Finding::erased);
    console.print(Finding.heading());
    findings.forEach(finding -> console.print(finding.row()));
    report.put("erased", erased);
    report.put("places", findings.stream().map(Finding::json).toList());
    JsonReport.write(common.json(), report);
    if (!erased) {
      throw new CliException("the erasure cannot be certified: " + missing(findings));
    }
    console.print("erased: nothing that was derived of the user remains");
    return 0;
  }

  private static String missing(List<Finding> findings) {
    return String.join(
        "; ",
        findings.stream()
            .filter(finding -> !finding.erased())
            .map(finding -> finding.place() + " " + finding.detail())
            .toList());
  }

  /** The place of the request. */
  private static String request(KafkaSettings kafka, String user, String by) {
    try (RecordSender sender = new RecordSender(kafka, "attune-users")) {
      RecordMetadata place =
          sender.send(Topics.ERASURES, user, new ErasureRequest(user, Instant.now(), by)).join();
      return "%s-%d-%d".formatted(place.topic(), place.partition(), place.offset());
    } catch (CompletionException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  private static UserEmbedding state(KafkaSettings kafka, String user) {
    KafkaCalls.requireTopics(kafka, Topics.USERS);
    UserRecords records =
        new UserRecords(record -> Arrays.equals(record.key(), user.getBytes(UTF_8)));
    TopicReader.readAll(kafka, Topics.USERS.name(), records::accept);
    ConsumerRecord<byte[], byte[]> last =
        records
            .last()
            .filter(record -> record.value() != null)
            .orElseThrow(
                () ->
                    new CliException(
                        records.last().isPresent()
                            ? "user %s has no state: it was erased or has expired".formatted(user)
                            : "user %s has no state".formatted(user)));
    try (AvroDeserializer<UserEmbedding> states = new AvroDeserializer<>(UserEmbedding.class)) {
      states.configure(kafka.serde(), false);
      return states.deserialize(last.topic(), last.headers(), last.value());
    }
  }
}
