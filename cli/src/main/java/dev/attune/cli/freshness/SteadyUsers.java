package dev.attune.cli.freshness;

import dev.attune.cli.demo.SampleConversation;
import dev.attune.cli.demo.SampleConversations;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Users who, at a steady rate, have two replies scored and then choose one of them: mostly the one
 * in the style that their domain likes. Of some of their choices they ask whether these are in
 * their rewards yet, by a request that must include them. A thread of its own.
 */
final class SteadyUsers implements AutoCloseable {
  private static final double NOISE = .1;

  private final FreshnessSettings settings;
  private final RecordSender sender;
  private final ScoreClient scores;
  private final Timeline timeline;
  private final List<SampleConversation> conversations = SampleConversations.load();
  private final Random random;
  private final Thread thread;
  private volatile boolean sampling;
  private volatile boolean paused;
  private volatile boolean stopped;

  /** What a user is about to do. */
  private record Turns(
      int number,
      String user,
      String domain,
      List<Turn> prompt,
      List<Candidate> shown,
      int chosen) {}

  /** They begin at once. */
  SteadyUsers(
      FreshnessSettings settings, RecordSender sender, ScoreClient scores, Timeline timeline) {
    this.settings = settings;
    this.sender = sender;
    this.scores = scores;
    this.timeline = timeline;
    this.random = new Random(settings.seed());
    this.thread = new Thread(this::work, "attune-bench-users");
    thread.setDaemon(true);
    thread.start();
  }

  /** They rest, or go on. */
  void pause(boolean rest) {
    paused = rest;
  }

  /** From now on some choices are asked for. */
  void sample() {
    sampling = true;
  }

  void stop() throws InterruptedException {
    stopped = true;
    thread.join();
  }

  private void work() {
    long interval = TimeUnit.SECONDS.toNanos(1) / settings.rate();
    long due = System.nanoTime();
    for (int i = 0; !stopped; i++, due += interval) {
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      while (paused && !stopped) {
        LockSupport.parkNanos(interval);
        due = System.nanoTime();
      }
      ask(next(i));
    }
  }

  private Turns next(int number) {
    int user = random.nextInt(settings.users());
    List<String> styles = SampleConversations.STYLES;
    String liked = styles.get(user % styles.size());
    String other = styles.get((user + 1 + random.nextInt(styles.size() - 1)) % styles.size());
    SampleConversation conversation = conversations.get(random.nextInt(conversations.size()));
    boolean likedFirst = random.nextBoolean();
    boolean choosesLiked = random.nextDouble() >= NOISE;
    return new Turns(
        number,
        "user-" + user,
        liked,
        List.of(new Turn("user", conversation.prompt())),
        List.of(
            candidate(conversation, likedFirst ? liked : other),
            candidate(conversation, likedFirst ? other : liked)),
        likedFirst == choosesLiked ? 0 : 1);
  }

  private static Candidate candidate(SampleConversation conversation, String style) {
    return new Candidate(style, Objects.requireNonNull(conversation.replies().get(style)));
  }

  private void ask(Turns turns) {
    var unused =
        scores
            .score(request(turns, "ask-" + turns.number(), null))
            .whenComplete((result, failure) -> choose(turns));
  }

  private void choose(Turns turns) {
    boolean asks = sampling && turns.number() % settings.sampleEvery() == 0;
    var unused =
        sender
            .send(Topics.PREFERENCES, turns.user(), event(turns))
            .thenAccept(metadata -> chosen(turns, metadata, asks));
  }

  private void chosen(Turns turns, RecordMetadata metadata, boolean asks) {
    Place place = new Place(metadata.partition(), metadata.offset());
    timeline.appended(turns.user(), place, metadata.timestamp());
    if (asks) {
      timeline.asked(place);
      Position after = new Position(Topics.PREFERENCES.name(), place.partition(), place.offset());
      var unused =
          scores
              .score(request(turns, "after-" + turns.number(), after))
              .thenAccept(
                  result ->
                      timeline.scored(place, result.getIncluded(), System.currentTimeMillis()));
    }
  }

  private static ScoreRequest request(Turns turns, String id, @Nullable Position after) {
    return ScoreRequest.newBuilder()
        .setRequestId(id)
        .setUserId(turns.user())
        .setDomain(turns.domain())
        .setPrompt(turns.prompt())
        .setCandidates(turns.shown())
        .setAfter(after)
        .build();
  }

  private static PreferenceEvent event(Turns turns) {
    return PreferenceEvent.newBuilder()
        .setEventId("event-" + turns.number())
        .setUserId(turns.user())
        .setDomain(turns.domain())
        .setOccurredAt(Instant.now())
        .setRequestId("ask-" + turns.number())
        .setPrompt(turns.prompt())
        .setCandidates(turns.shown())
        .setSignal(new Choice(turns.shown().get(turns.chosen()).getId()))
        .setAttributes(Map.of())
        .build();
  }

  @Override
  public void close() throws InterruptedException {
    stop();
  }
}
