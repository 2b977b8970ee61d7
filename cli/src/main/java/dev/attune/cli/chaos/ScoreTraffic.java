package dev.attune.cli.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.cli.traffic.Place;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Made-up requests of some hundreds of users: most of them new, some that ask once more for what
 * was asked for before, some that name the user's feedback, some with a deadline that has passed or
 * is far away, some without candidates, and records that are no requests. A function of the seed,
 * but for the times and the feedback named. Not thread-safe.
 */
final class ScoreTraffic {
  static final int USERS = 400;
  private static final List<String> DOMAINS =
      List.of("general", "general.helpful", "law", "law", "cooking");
  private static final String[] WORDS =
      ("because the river measures what nobody would ask of a quiet harbour under seven old"
              + " lamps and then writes it down twice for those who come later")
          .split(" ");

  // Shares of all records, in thousandths; the rest are new requests.
  private static final int MALFORMED = 10;
  private static final int WITHOUT_CANDIDATES = 10;
  private static final int TOO_LATE = 10;
  private static final int REPEATED = 250;
  private static final int AFTER = 100;
  private static final int URGENT = 50;

  /** One of so many earlier requests is asked for once more. */
  private static final int REMEMBERED = 256;

  private static final Duration PAST = Duration.ofMinutes(1);
  private static final Duration FAR = Duration.ofDays(1);

  /** A record to be sent: what is expected of it, and its bytes. */
  record Sent(ChaosRequest request, byte @Nullable [] value) {}

  private final long seed;
  private final Random random;
  private final Function<ScoreRequest, byte[]> serializer;
  private final Function<String, @Nullable Place> published;
  private final List<ChaosRequest> recent = new ArrayList<>(REMEMBERED);
  private int number;

  /**
   * @param published up to where the published state of a user includes their feedback; null where
   *     there is none
   */
  ScoreTraffic(
      long seed,
      Function<ScoreRequest, byte[]> serializer,
      Function<String, @Nullable Place> published) {
    this.seed = seed;
    this.random = new Random(seed);
    this.serializer = serializer;
    this.published = published;
  }

  Sent next() {
    int kind = random.nextInt(1_000);
    Sent sent;
    if ((kind -= MALFORMED) < 0) {
      sent = malformed();
    } else if ((kind -= WITHOUT_CANDIDATES) < 0) {
      ChaosRequest request = fresh(0, null, ScoreErrorCode.NO_CANDIDATES);
      sent = sent(request, null);
    } else if ((kind -= TOO_LATE) < 0) {
      ChaosRequest request = fresh(shown(), null, ScoreErrorCode.DEADLINE_PASSED);
      sent = sent(request, Instant.now().minus(PAST));
    } else if (!recent.isEmpty() && (kind -= REPEATED) < 0) {
      sent = sent(repeated(), null);
    } else {
      String user = user();
      Place after = kind - AFTER < 0 ? published.apply(user) : null;
      ChaosRequest request = fresh(user, shown(), after, ScoreErrorCode.NONE);
      remember(request);
      sent = sent(request, random.nextInt(1_000) < URGENT ? Instant.now().plus(FAR) : null);
    }
    number++;
    return sent;
  }

  private ChaosRequest fresh(int shown, @Nullable Place after, ScoreErrorCode expected) {
    return fresh(user(), shown, after, expected);
  }

  private ChaosRequest fresh(
      String user, int shown, @Nullable Place after, ScoreErrorCode expected) {
    List<String> candidates = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      candidates.add("c" + i);
    }
    String domain = DOMAINS.get(random.nextInt(DOMAINS.size()));
    return new ChaosRequest(
        number, "request-" + number, user, domain, number, candidates, after, expected);
  }

  private ChaosRequest repeated() {
    ChaosRequest earlier = recent.get(random.nextInt(recent.size()));
    return new ChaosRequest(
        number,
        "request-" + number,
        earlier.userId(),
        earlier.domain(),
        earlier.text(),
        earlier.candidates(),
        null,
        ScoreErrorCode.NONE);
  }

  private void remember(ChaosRequest request) {
    if (recent.size() < REMEMBERED) {
      recent.add(request);
    } else {
      recent.set(random.nextInt(REMEMBERED), request);
    }
  }

  /** No record of the registry's wire format, one that breaks off, or no value at all. */
  private Sent malformed() {
    ChaosRequest request =
        new ChaosRequest(
            number, "", user(), "general", number, List.of(), null, ScoreErrorCode.MALFORMED);
    byte[] whole = serializer.apply(avro(fresh(shown(), null, ScoreErrorCode.NONE), null));
    byte[] value =
        switch (random.nextInt(3)) {
          case 0 -> ("not Avro " + number).getBytes(UTF_8);
          case 1 -> Arrays.copyOf(whole, whole.length / 2);
          default -> null;
        };
    return new Sent(request, value);
  }

  private Sent sent(ChaosRequest request, @Nullable Instant deadline) {
    return new Sent(request, serializer.apply(avro(request, deadline)));
  }

  private ScoreRequest avro(ChaosRequest request, @Nullable Instant deadline) {
    Random words = new Random(31 * seed + request.text());
    String question = text(words, 8);
    List<Candidate> candidates =
        request.candidates().stream()
            .map(id -> new Candidate(id, text(words, 4 + words.nextInt(12))))
            .toList();
    Place after = request.after();
    return ScoreRequest.newBuilder()
        .setRequestId(request.requestId())
        .setUserId(request.userId())
        .setDomain(request.domain())
        .setPrompt(List.of(new Turn("user", question)))
        .setCandidates(candidates)
        .setDeadline(deadline)
        .setAfter(
            after == null
                ? null
                : new Position(Topics.PREFERENCES.name(), after.partition(), after.offset()))
        .build();
  }

  private static String text(Random words, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : " ").append(WORDS[words.nextInt(WORDS.length)]);
    }
    return text.toString();
  }

  private int shown() {
    return random.nextInt(2, 5);
  }

  private String user() {
    return user(random.nextInt(USERS));
  }

  /** A user's name, by their number below {@link #USERS}. */
  static String user(int number) {
    return "user-" + number;
  }
}
