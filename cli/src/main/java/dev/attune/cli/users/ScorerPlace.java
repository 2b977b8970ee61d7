package dev.attune.cli.users;

import dev.attune.cli.cluster.KafkaCalls;
import dev.attune.cli.cluster.TopicReader;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Turn;
import dev.attune.schemas.serde.AvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What the scorer has of the user, seen from outside: the user and somebody whom nobody knows ask
 * the same at once, and their rewards must be equal bit for bit.
 *
 * <p>The requests have blank ids, which ingest does not remember for a join, so that this look
 * leaves nothing of the user in its stores. An answer is told by its request's place.
 */
final class ScorerPlace implements Place {
  private static final String NAME = "scorer";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Two requests may be computed in different batches, whose roundings may differ. */
  private static final int TRIES = 5;

  private static final List<Turn> PROMPT = List.of(new Turn("user", "What is good advice?"));
  private static final List<Candidate> CANDIDATES =
      List.of(
          new Candidate("a", "Keep it short."),
          new Candidate("b", "Explain every step, with an example for each."),
          new Candidate("c", "Ask somebody who knows."));

  private final KafkaSettings kafka;
  private final String userId;
  private final TopicReader reader;
  private final RecordSender sender;
  private final AvroDeserializer<ScoreResult> results = new AvroDeserializer<>(ScoreResult.class);

  ScorerPlace(KafkaSettings kafka, String userId) {
    this.kafka = kafka;
    this.userId = userId;
    results.configure(kafka.serde(), false);
    reader = new TopicReader(kafka, Topics.REWARDS.name());
    reader.skipToEnd();
    sender = new RecordSender(kafka, "attune-users");
  }

  @Override
  public Finding look() {
    Finding finding = Finding.notChecked(NAME, "was not asked");
    for (int i = 0; i < TRIES && finding.verdict() != Finding.Verdict.CLEAN; i++) {
      finding = ask();
    }
    return finding;
  }

  private Finding ask() {
    String stranger = "attune-nobody-" + UUID.randomUUID();
    CompletableFuture<RecordMetadata> first = send(userId);
    CompletableFuture<RecordMetadata> second = send(stranger);
    Position mine = place(first);
    Position theirs = place(second);
    Map<Position, ScoreResult> answers = new HashMap<>();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!(answers.containsKey(mine) && answers.containsKey(theirs))) {
      if (System.nanoTime() > end) {
        return Finding.notChecked(
            NAME, "no answer in %d s; is it running?".formatted(PATIENCE.toSeconds()));
      }
      reader.readToEnd(
          record -> {
            if (record.value() != null) {
              ScoreResult result =
                  results.deserialize(record.topic(), record.headers(), record.value());
              answers.put(result.getSource(), result);
            }
          });
    }
    return finding(answers.get(mine), answers.get(theirs));
  }

  /** Compares the answers to the user and to somebody whom nobody knows. */
  static Finding finding(ScoreResult user, ScoreResult stranger) {
    if (user.getError() != ScoreErrorCode.NONE || stranger.getError() != ScoreErrorCode.NONE) {
      return Finding.notChecked(
          NAME, "it answers with %s and %s".formatted(user.getError(), stranger.getError()));
    }
    if (user.getIncluded() != null) {
      return Finding.holds(NAME, Finding.Kind.STATE, "it has a state of the user", null);
    }
    if (!Objects.equals(user.getVersions(), stranger.getVersions())) {
      return Finding.notChecked(NAME, "its models changed between two requests");
    }
    double largest = 0;
    boolean equal = user.getCandidates().size() == stranger.getCandidates().size();
    for (int i = 0; equal && i < user.getCandidates().size(); i++) {
      CandidateScore one = user.getCandidates().get(i);
      CandidateScore other = stranger.getCandidates().get(i);
      largest = Math.max(largest, Math.abs(one.getReward() - other.getReward()));
      equal = rewards(one).equals(rewards(other));
    }
    return equal
        ? Finding.clean(
            NAME, Finding.Kind.STATE, "the rewards are those of an unknown user, bit for bit")
        : Finding.holds(
            NAME,
            Finding.Kind.STATE,
            "rewards differ from an unknown user's by up to %.3g".formatted(largest),
            null);
  }

  /** What depends on the user; equal doubles have equal bits here, as boxed ones compare. */
  private static List<@Nullable Object> rewards(CandidateScore score) {
    List<@Nullable Object> values = new ArrayList<>();
    values.add(score.getReward());
    values.add(score.getDomainReward());
    values.add(score.getPersonalReward());
    values.add(score.getStandardDeviation());
    values.add(score.getComponents());
    return values;
  }

  private CompletableFuture<RecordMetadata> send(String user) {
    return sender.send(
        Topics.PROMPTS,
        user,
        ScoreRequest.newBuilder()
            .setRequestId("")
            .setUserId(user)
            .setPrompt(PROMPT)
            .setCandidates(CANDIDATES)
            .build());
  }

  private Position place(CompletableFuture<RecordMetadata> sent) {
    try {
      RecordMetadata metadata = sent.join();
      return new Position(metadata.topic(), metadata.partition(), metadata.offset());
    } catch (CompletionException e) {
      throw KafkaCalls.failure(kafka, e);
    }
  }

  @Override
  public void close() {
    reader.close();
    sender.close();
  }
}
