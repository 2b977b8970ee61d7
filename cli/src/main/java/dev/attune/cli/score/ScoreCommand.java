package dev.attune.cli.score;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.cli.CliException;
import dev.attune.cli.CommonOptions;
import dev.attune.cli.cluster.ClusterOptions;
import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.JsonReport;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Explanation;
import dev.attune.schemas.events.Influence;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.json.AvroJson;
import dev.attune.schemas.serde.AvroSerializer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code attune score}: one request, and its rewards as a table. */
@Command(
    name = "score",
    description = "Send one request and print the rewards of its candidates.",
    footer = {
      "",
      "Either --prompt with --candidate or --generate, or the request as JSON:",
      "  {\"userId\": \"ada\", \"domain\": \"academy\", \"prompt\": [{\"role\": \"user\", \"text\":"
          + " \"...\"}],",
      "   \"candidates\": [{\"id\": \"a\", \"text\": \"...\"}, {\"id\": \"b\", \"text\":"
          + " \"...\"}]}"
    })
public final class ScoreCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a terminal would obey instead of showing. */
  private static final Pattern UNSEEN = Pattern.compile("[\\p{Cntrl}&&[^\n\t]]");

  private static final Duration POLL = Duration.ofMillis(100);

  @Mixin private CommonOptions common;
  @Mixin private ClusterOptions cluster;
  @Spec private CommandSpec command;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "A ScoreRequest as JSON; - reads standard input.")
  private @Nullable String file;

  @Option(names = "--user", paramLabel = "ID", description = "The user (default: anonymous).")
  private @Nullable String user;

  @Option(names = "--domain", paramLabel = "DOMAIN", description = "The field.")
  private @Nullable String domain;

  @Option(names = "--prompt", paramLabel = "TEXT", description = "What the user asked.")
  private @Nullable String prompt;

  @Option(
      names = "--candidate",
      paramLabel = "TEXT",
      description = "A reply; give it once for each. Their ids are 1, 2, ...")
  private List<String> candidates = new ArrayList<>();

  @Option(
      names = "--generate",
      paramLabel = "N",
      description = "Have the scorer write so many replies itself, where it is set to.")
  private int generate;

  @Option(
      names = "--explain",
      description = "Say which part decided, and which of the user's events speak for it.")
  private boolean explain;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long to wait for the result (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Override
  public Integer call() {
    if (timeout < 1) {
      throw new ParameterException(command.commandLine(), "--timeout must be 1 or more");
    }
    if (generate < 0) {
      throw new ParameterException(command.commandLine(), "--generate must be 0 or more");
    }
    if (generate > 0 && !candidates.isEmpty()) {
      throw new ParameterException(
          command.commandLine(), "give either --candidate or --generate: given replies are scored");
    }
    ScoreRequest request = request();
    KafkaSettings kafka = cluster.kafka();
    ScoreResult result;
    try (RewardReader rewards = new RewardReader(kafka, false)) {
      send(kafka, request);
      result = await(rewards, request.getRequestId());
    }
    JsonReport.write(common.json(), AvroJson.write(result));
    if (result.getError() != ScoreErrorCode.NONE) {
      throw new CliException(
          "the request cannot be scored: " + result.getError() + ", " + result.getErrorMessage());
    }
    print(common.console(), result);
    return 0;
  }

  private ScoreRequest request() {
    boolean flags = prompt != null || !candidates.isEmpty();
    if (flags == (file != null)) {
      throw new ParameterException(
          command.commandLine(), "give either --prompt with --candidate or --generate, or a FILE");
    }
    if (file != null) {
      return fromJson(file);
    }
    List<Candidate> numbered = new ArrayList<>();
    for (String text : candidates) {
      numbered.add(new Candidate(Integer.toString(numbered.size() + 1), text));
    }
    return ScoreRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setUserId(user == null ? "anonymous" : user)
        .setDomain(domain)
        .setPrompt(prompt == null ? List.of() : List.of(new Turn("user", prompt)))
        .setCandidates(numbered)
        .setExplain(explain)
        .setGenerate(generate)
        .build();
  }

  private ScoreRequest fromJson(String name) {
    String place = name.equals("-") ? "standard input" : name;
    try {
      byte[] bytes =
          name.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(name));
      JsonNode json = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
      if (!(json instanceof ObjectNode object)) {
        throw new CliException(place + ": is no JSON object");
      }
      if (!object.has("requestId")) {
        object.put("requestId", UUID.randomUUID().toString());
      }
      if (user != null || !object.has("userId")) {
        object.put("userId", user == null ? "anonymous" : user);
      }
      if (domain != null) {
        object.put("domain", domain);
      }
      if (explain) {
        object.put("explain", true);
      }
      if (generate > 0) {
        object.put("generate", generate);
      }
      return AvroJson.read(object, ScoreRequest.class);
    } catch (AvroJson.InvalidRecord e) {
      throw new CliException(place + ": " + e.getMessage(), e);
    } catch (JsonProcessingException e) {
      long line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new CliException(place + ":" + line + ": is no valid JSON", e);
    } catch (NoSuchFileException e) {
      throw new CliException(place + ": no such file", e);
    } catch (IOException e) {
      throw new CliException(place + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private void send(KafkaSettings kafka, ScoreRequest request) {
    AvroSerializer<ScoreRequest> serializer = new AvroSerializer<>();
    serializer.configure(kafka.serde(), false);
    Map<String, Object> settings = new HashMap<>(kafka.producer("attune-score"));
    int limit = Math.toIntExact(Duration.ofSeconds(timeout).toMillis());
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, limit);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, limit);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, limit);
    try (Producer<String, ScoreRequest> producer =
        new KafkaProducer<>(settings, new StringSerializer(), serializer)) {
      producer
          .send(new ProducerRecord<>(Topics.PROMPTS.name(), request.getUserId(), request))
          .get();
    } catch (KafkaException e) {
      throw KafkaCalls.failure(kafka, e);
    } catch (ExecutionException e) {
      throw KafkaCalls.failure(kafka, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted", e);
    }
  }

  private ScoreResult await(RewardReader rewards, String requestId) {
    long end = System.nanoTime() + Duration.ofSeconds(timeout).toNanos();
    while (System.nanoTime() < end) {
      for (ScoreResult result : rewards.poll(POLL)) {
        if (result.getRequestId().equals(requestId)) {
          return result;
        }
      }
    }
    throw new CliException(
        "no result for request " + requestId + " in " + timeout + " s; is the scorer running?");
  }

  private static void print(Console console, ScoreResult result) {
    console.printf(
        "%-4s  %-20s  %9s  %9s  %9s  %s",
        "rank", "candidate", "reward", "domain", "personal", "P(best is preferred)");
    for (int i = 0; i < result.getCandidates().size(); i++) {
      CandidateScore score = result.getCandidates().get(i);
      Double personal = score.getPersonalReward();
      console.printf(
          "%-4d  %-20s  %9.4f  %9.4f  %9s  %.3f",
          score.getRank(),
          score.getId(),
          score.getReward(),
          score.getDomainReward(),
          personal == null ? "-" : "%.4f".formatted(personal),
          result.getBestPreferred().get(i));
    }
    for (CandidateScore score : result.getCandidates()) {
      if (score.getText() != null) {
        console.printf("%s: %s", score.getId(), UNSEEN.matcher(score.getText()).replaceAll("?"));
      }
    }
    Explanation explanation = result.getExplanation();
    if (explanation != null) {
      print(console, explanation);
    }
    ScoreVersions versions = result.getVersions();
    if (versions != null) {
      console.printf(
          "model %s version %d, base %.12s",
          versions.getDomainModel(), versions.getDomainModelVersion(), versions.getBase());
    }
  }

  private static void print(Console console, Explanation explanation) {
    console.printf(
        "decided by the %s: it leads %s by %.4f of the domain, %.4f of the head, %.4f of the row",
        explanation.getDecidedBy(),
        explanation.getOver(),
        explanation.getDomain(),
        explanation.getHead(),
        explanation.getRow());
    console.printf("looked at %d of the user's latest events", explanation.getEvents());
    for (Influence influence : explanation.getInfluences()) {
      console.printf(
          "  %+9.4f  event at %d:%d in %s",
          influence.getInfluence(),
          influence.getEvent().getPartition(),
          influence.getEvent().getOffset(),
          influence.getDomain());
    }
  }
}
