package dev.attune.cli.demo;

import dev.attune.cli.demo.Encounter.Option;
import dev.attune.cli.evaluate.PairAccuracy;
import dev.attune.cli.traffic.EventLedger;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.Turn;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The chat app in front of the system. For each encounter it asks for the rewards of the replies
 * shown, twice: for the user's domain, and for {@code general} as the baseline. When both are there
 * the user chooses, by hidden taste, and the choice goes out as an event: so each choice is
 * foreseen before anything can learn from it. Now and then it misbehaves ({@link Mischief}).
 *
 * <p>{@link #run} belongs to one thread; choices are made by the thread that delivers the results.
 */
final class ChatApp {
  /** A choice as the live page shows it. */
  record Shown(Encounter encounter, Option chosen, ScoreResult result) {}

  private static final int MOST_OPEN = 48;

  private final ChatSimulator simulator;
  private final String run;
  private final RecordSender sender;
  private final ScoreClient client;
  private final EventLedger ledger;
  private final Prequential prequential;
  private final UserFreshness freshness;
  private final Consumer<Shown> shown;
  private final Clock clock;
  private final Semaphore open = new Semaphore(MOST_OPEN);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile long startedNanos = System.nanoTime();

  /**
   * @param run prefix of all ids, so that two runs against one cluster do not meet
   */
  ChatApp(
      ChatSimulator simulator,
      String run,
      RecordSender sender,
      ScoreClient client,
      EventLedger ledger,
      Prequential prequential,
      UserFreshness freshness,
      Consumer<Shown> shown,
      Clock clock) {
    this.simulator = simulator;
    this.run = run;
    this.sender = sender;
    this.client = client;
    this.ledger = ledger;
    this.prequential = prequential;
    this.freshness = freshness;
    this.shown = shown;
    this.clock = clock;
  }

  /**
   * Starts encounters at a steady rate, fewer where the answers do not keep up.
   *
   * @param perSecond encounters
   * @param everySecond called about once a second with the seconds so far
   */
  void run(double perSecond, double seconds, Consumer<Double> everySecond)
      throws InterruptedException {
    startedNanos = System.nanoTime();
    long number = 0;
    double nextReport = 1;
    double nextEncounter = 0;
    while (elapsed() < seconds) {
      check();
      double now = elapsed();
      if (now >= nextReport) {
        everySecond.accept(now);
        nextReport = Math.floor(now) + 1;
      }
      if (now >= nextEncounter && open.tryAcquire(100, TimeUnit.MILLISECONDS)) {
        meet(simulator.encounter(number++));
        // What could not be started in time is left out, not caught up on.
        nextEncounter = Math.max(nextEncounter + 1 / perSecond, elapsed() - 1 / perSecond);
      } else if (now < nextEncounter) {
        double pause = Math.min(nextEncounter, Math.min(nextReport, seconds)) - now;
        TimeUnit.NANOSECONDS.sleep((long) (Math.max(0, pause) * 1e9) + 1);
      }
    }
  }

  /** Waits until all encounters have ended; false if the limit comes first. */
  boolean awaitChoices(long seconds) throws InterruptedException {
    boolean ended = open.tryAcquire(MOST_OPEN, seconds, TimeUnit.SECONDS);
    if (ended) {
      open.release(MOST_OPEN);
    }
    sender.flush();
    check();
    return ended;
  }

  /** Throws where the app has failed. */
  void check() {
    Throwable cause = failure.get();
    if (cause != null) {
      throw new IllegalStateException("the simulated chat app has failed", cause);
    }
    client.check();
  }

  private double elapsed() {
    return (System.nanoTime() - startedNanos) / 1e9;
  }

  private void meet(Encounter encounter) {
    String id = run + "-" + encounter.number();
    String domain = encounter.user().domain();
    CompletableFuture<ScoreResult> own = client.score(request(encounter, id, domain));
    CompletableFuture<ScoreResult> generic =
        domain.equals(ChatSimulator.GENERAL)
            ? own
            : client.score(request(encounter, id + "-generic", ChatSimulator.GENERAL));
    var unused =
        own.thenAcceptBoth(generic, (mine, baseline) -> answered(encounter, id, mine, baseline))
            .whenComplete(
                (done, cause) -> {
                  open.release();
                  if (cause != null) {
                    failure.compareAndSet(null, cause);
                  }
                });
  }

  private ScoreRequest request(Encounter encounter, String id, String domain) {
    return ScoreRequest.newBuilder()
        .setRequestId(id)
        .setUserId(encounter.user().id())
        .setDomain(domain)
        .setPrompt(List.of(new Turn("user", encounter.prompt())))
        .setCandidates(candidates(encounter))
        .build();
  }

  private void answered(Encounter encounter, String id, ScoreResult own, ScoreResult generic) {
    Option chosen = simulator.choose(encounter);
    if (own.getError() == ScoreErrorCode.NONE && generic.getError() == ScoreErrorCode.NONE) {
      int at = encounter.indexOf(chosen.id());
      prequential.add(
          new Outcome(
              elapsed(),
              encounter.user().domain(),
              PairAccuracy.of(lengths(encounter), at),
              PairAccuracy.of(rewards(generic, CandidateScore::getDomainReward), at),
              PairAccuracy.of(rewards(own, CandidateScore::getDomainReward), at),
              PairAccuracy.of(rewards(own, CandidateScore::getReward), at)));
      shown.accept(new Shown(encounter, chosen, own));
    }
    PreferenceEvent event = event(encounter, id, id, chosen.id());
    var unused =
        send(event)
            .thenAccept(
                place -> freshness.appended(event.getUserId(), place.offset(), place.timestamp()));
    misbehave(encounter, id, event);
  }

  private void misbehave(Encounter encounter, String id, PreferenceEvent event) {
    switch (Mischief.after(encounter.number())) {
      case NONE -> {}
      case BAD_BYTES ->
          count(
              sender.sendBytes(
                  Topics.PREFERENCES,
                  encounter.user().id(),
                  "not avro".getBytes(StandardCharsets.US_ASCII)));
      case RETRY -> {
        var unused = send(event);
      }
      case UNKNOWN_CANDIDATE -> {
        var unused = send(event(encounter, id, id + "-unknown", "not-shown"));
      }
    }
  }

  private PreferenceEvent event(
      Encounter encounter, String requestId, String eventId, String chosenId) {
    return PreferenceEvent.newBuilder()
        .setEventId(eventId)
        .setUserId(encounter.user().id())
        .setDomain(encounter.user().domain())
        .setOccurredAt(clock.instant())
        .setRequestId(requestId)
        .setPrompt(List.of(new Turn("user", encounter.prompt())))
        .setCandidates(candidates(encounter))
        .setSignal(new Choice(chosenId))
        .build();
  }

  private CompletableFuture<RecordMetadata> send(PreferenceEvent event) {
    CompletableFuture<RecordMetadata> sent =
        sender.send(Topics.PREFERENCES, event.getUserId(), event);
    count(sent);
    return sent;
  }

  private void count(CompletableFuture<RecordMetadata> sent) {
    var unused =
        sent.whenComplete(
            (place, cause) -> {
              if (cause == null) {
                ledger.sent(new Place(place.partition(), place.offset()));
              } else {
                failure.compareAndSet(null, cause);
              }
            });
  }

  private static List<Candidate> candidates(Encounter encounter) {
    return encounter.options().stream().map(o -> new Candidate(o.id(), o.text())).toList();
  }

  private static double[] lengths(Encounter encounter) {
    return encounter.options().stream().mapToDouble(o -> o.text().length()).toArray();
  }

  private static double[] rewards(ScoreResult result, ToDoubleFunction<CandidateScore> reward) {
    return result.getCandidates().stream().mapToDouble(reward).toArray();
  }
}
