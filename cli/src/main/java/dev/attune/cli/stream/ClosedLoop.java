package dev.attune.cli.stream;

import dev.attune.cli.CliException;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.traffic.Bookkeeper;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.EventLedger;
import dev.attune.cli.traffic.ModelBoard;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A chat product that waits for what it has told: it asks for rewards, tells the choices, and asks
 * again only of a system that has learned from them, but for the last few. A request names the
 * user's latest feedback ({@code after}), so that the answer includes it; the reward model may be
 * behind by a number of events. Single use, one thread.
 */
final class ClosedLoop implements AutoCloseable {
  /** Nothing new from a service for so long means that it hangs. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final long CHECK_MILLIS = 20;

  private final LocalStack stack;
  private final String model;
  private final EventLedger ledger = new EventLedger();
  private final ModelBoard models = new ModelBoard(Instant.now());
  private final RecordSender sender;
  private final Bookkeeper bookkeeper;
  private final ScoreClient client;
  private final Map<String, Position> latest = new HashMap<>();
  private final String run;
  private long requests;
  private long told;
  private long behind;

  /**
   * @param model the reward model that learns from all events, by its name in attune.models
   * @param run new; request ids begin with it
   */
  ClosedLoop(LocalStack stack, String model, String run) {
    this.stack = stack;
    this.model = model;
    this.run = run;
    this.sender = new RecordSender(stack.kafka(), "attune-evaluate-stream");
    this.bookkeeper = new Bookkeeper(stack.kafka(), ledger, models);
    this.client = new ScoreClient(stack.kafka(), sender);
  }

  /**
   * Asks about choices, and tells them when all answers are there.
   *
   * @param mostUnlearned events told earlier that the reward model may not have learned from yet
   * @throws CliException where a request fails or a service hangs
   */
  List<Served> round(List<Occasion> occasions, int mostUnlearned) throws InterruptedException {
    await(() -> told - learned() <= mostUnlearned, "the trainer has not learned what it was told");
    List<String> requestIds = new ArrayList<>();
    List<CompletableFuture<ScoreResult>> own = new ArrayList<>();
    List<CompletableFuture<ScoreResult>> other = new ArrayList<>();
    for (Occasion occasion : occasions) {
      PreferenceEvent event = occasion.event();
      String id = run + "-" + requests++;
      requestIds.add(id);
      own.add(client.score(request(id, event, event.getUserId(), event.getDomain())));
      other.add(
          client.score(
              request(id + "-other", event, occasion.otherUser(), occasion.otherDomain())));
    }
    List<Served> served = new ArrayList<>();
    for (int i = 0; i < occasions.size(); i++) {
      served.add(new Served(occasions.get(i), answer(own.get(i)), answer(other.get(i))));
    }
    tell(occasions, requestIds);
    return served;
  }

  private ScoreRequest request(String id, PreferenceEvent event, String user, String domain) {
    return ScoreRequest.newBuilder()
        .setRequestId(id)
        .setUserId(user)
        .setDomain(domain)
        .setPrompt(event.getPrompt())
        .setCandidates(event.getCandidates())
        .setAfter(latest.get(user))
        .build();
  }

  private void tell(List<Occasion> occasions, List<String> requestIds) throws InterruptedException {
    List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
    for (int i = 0; i < occasions.size(); i++) {
      PreferenceEvent event =
          PreferenceEvent.newBuilder(occasions.get(i).event())
              .setRequestId(requestIds.get(i))
              .setOccurredAt(Instant.now())
              .build();
      sent.add(sender.send(Topics.PREFERENCES, event.getUserId(), event));
    }
    for (int i = 0; i < sent.size(); i++) {
      RecordMetadata place = get(sent.get(i), "an event could not be sent");
      ledger.sent(new Place(place.partition(), place.offset()));
      latest.put(
          occasions.get(i).event().getUserId(),
          new Position(place.topic(), place.partition(), place.offset()));
    }
    told += sent.size();
  }

  /** Waits until every event told is accounted for. */
  EventAccounts settle() throws InterruptedException {
    await(() -> ledger.accounts().balanced(), "ingest has not accounted for all events");
    return ledger.accounts();
  }

  /** Events told that the reward model had not learned from when the last round began. */
  long behind() {
    return behind;
  }

  /** The newest manifests. */
  List<ModelVersion> models() {
    return models.newest();
  }

  /**
   * Each event that has been told is one comparison; a batch that is not full yet does not count.
   */
  private long learned() {
    ModelVersion manifest = models.newest(model);
    long comparisons = manifest == null ? 0 : manifest.getComparisons();
    behind = told - comparisons;
    return comparisons;
  }

  private ScoreResult answer(CompletableFuture<ScoreResult> future) throws InterruptedException {
    ScoreResult result = get(future, "the scorer gives no result");
    if (result.getError() != ScoreErrorCode.NONE) {
      throw new CliException(
          "a request got the error " + result.getError() + ": " + result.getErrorMessage());
    }
    return result;
  }

  private <T> T get(CompletableFuture<T> future, String failure) throws InterruptedException {
    check();
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CliException(failure + ": " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      check();
      throw new CliException(failure + " within " + PATIENCE.toSeconds() + " s", e);
    }
  }

  /** Waits as long as the trainer learns something now and then. */
  private void await(BooleanSupplier condition, String failure) throws InterruptedException {
    long seen = -1;
    long giveUpAt = 0;
    while (!condition.getAsBoolean()) {
      check();
      long now = System.nanoTime();
      @Nullable ModelVersion manifest = models.newest(model);
      long state = manifest == null ? 0 : manifest.getComparisons();
      if (state != seen) {
        seen = state;
        giveUpAt = now + PATIENCE.toNanos();
      } else if (now > giveUpAt) {
        throw new CliException(failure + ", and nothing new for " + PATIENCE.toSeconds() + " s");
      }
      TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
    }
  }

  private void check() {
    bookkeeper.check();
    client.check();
    if (!stack.live()) {
      throw new CliException("a service has failed: " + stack.failed() + "; see the log");
    }
  }

  @Override
  public void close() {
    client.close();
    bookkeeper.close();
    sender.close();
  }
}
