package dev.attune.cli.stream;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.EventSource;
import dev.attune.cli.imports.ImportItem;
import dev.attune.cli.personalize.ArrivingUsers;
import dev.attune.cli.personalize.PersonalComparison;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.stream.StreamResult.People;
import dev.attune.cli.stream.StreamResult.Simulated;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * Both streams: people's judgments, and simulated users who come and go. Each on a running system
 * of its own; where the system was used before, a run's users are new in it. One thread.
 */
final class StreamEvaluation {
  private static final String CHAT = "chat";
  private static final String FIRST = "a1";
  private static final String SECOND = "a2";
  private static final int CURVE_POINTS = 40;

  private final StreamSettings settings;
  private final Console console;
  private final String run = "stream-" + UUID.randomUUID().toString().substring(0, 8);

  StreamEvaluation(StreamSettings settings, Console console) {
    this.settings = settings;
    this.console = console;
  }

  /**
   * Sends people's judgments, each in the domain {@code general.<its own>}: the general reward
   * model learns from all of them, with a head for each domain beside the pooled one, which answers
   * the other request.
   *
   * @param folder of UKPConvArg1
   */
  People people(Path folder, LocalStack stack) throws InterruptedException {
    long start = System.nanoTime();
    List<Occasion> judgments = judgments(folder);
    StreamFigures figures = new StreamFigures(Math.max(1, judgments.size() / CURVE_POINTS));
    Map<String, Integer> earlier = new HashMap<>();
    try (ClosedLoop loop = new ClosedLoop(stack, Domains.GENERAL, run + "-people");
        Progress progress = console.progress("Judgments", "events", judgments.size())) {
      for (int from = 0; from < judgments.size(); from += settings.chunk()) {
        int to = Math.min(judgments.size(), from + settings.chunk());
        for (Served served : loop.round(judgments.subList(from, to), settings.mostUnlearned())) {
          String user = served.occasion().event().getUserId();
          int known = earlier.merge(user, 1, Integer::sum) - 1;
          figures.add(
              served.chosen() < 0
                  ? null
                  : new Predicted(
                      user,
                      known,
                      served.longer(),
                      served.otherDomain(),
                      served.domain(),
                      served.personal()));
        }
        progress.note(note(figures.all(), Means.By.DOMAIN, loop.behind()));
        progress.to(to);
      }
      return new People(figures, loop.settle(), loop.models(), seconds(start));
    }
  }

  /** Nothing is learned from a choice between two equal texts: those are left out. */
  private List<Occasion> judgments(Path folder) {
    Iterator<ImportItem> items = new EventSource(null, Clock.systemUTC()).ukp(folder);
    List<Occasion> judgments = new ArrayList<>();
    while (items.hasNext() && judgments.size() < settings.judgments()) {
      ImportItem item = items.next();
      if (!(item instanceof ImportItem.Event row)) {
        throw new CliException("a judgment gives no event: " + item);
      }
      List<Candidate> texts = row.event().getCandidates();
      if (texts.get(0).getText().equals(texts.get(1).getText())) {
        continue;
      }
      String user = run + "-" + row.event().getUserId();
      PreferenceEvent event =
          PreferenceEvent.newBuilder(row.event())
              .setEventId(run + "-" + row.event().getEventId())
              .setUserId(user)
              .setDomain(Domains.GENERAL + "." + row.event().getDomain())
              .build();
      judgments.add(new Occasion(event, user, Domains.GENERAL));
    }
    return judgments;
  }

  /**
   * Lets simulated users choose, each once a round; the other request is that of a user who is not
   * known.
   *
   * @param queries whose responses are chosen from
   */
  Simulated simulated(List<DspQuery> queries, LocalStack stack) throws InterruptedException {
    long start = System.nanoTime();
    ArrivingUsers users =
        new ArrivingUsers(queries, settings.users(), settings.usersAtOnce(), settings.seed());
    Random order = new Random(settings.seed());
    SimulatedFigures figures = new SimulatedFigures();
    Map<String, Integer> earlier = new HashMap<>();
    try (ClosedLoop loop = new ClosedLoop(stack, Domains.modelName(CHAT), run + "-simulated");
        Progress progress = console.progress("Simulated users", "users", settings.users())) {
      for (List<PersonalComparison> round = users.round();
          !round.isEmpty();
          round = users.round()) {
        List<Occasion> occasions = round.stream().map(choice -> occasion(choice, order)).toList();
        for (Served served : loop.round(occasions, settings.mostUnlearned())) {
          String user = served.occasion().event().getUserId();
          int known = earlier.merge(user, 1, Integer::sum) - 1;
          figures.add(
              new Predicted(
                  user,
                  known,
                  served.longer(),
                  served.otherPersonal(),
                  served.domain(),
                  served.personal()));
        }
        progress.note(note(figures.known(), Means.By.PERSONAL, loop.behind()));
        progress.to(users.arrived());
      }
      return new Simulated(figures, users.arrived(), loop.settle(), loop.models(), seconds(start));
    }
  }

  private Occasion occasion(PersonalComparison choice, Random order) {
    boolean preferredFirst = order.nextBoolean();
    String first = preferredFirst ? choice.preferred() : choice.other();
    String second = preferredFirst ? choice.other() : choice.preferred();
    PreferenceEvent event =
        PreferenceEvent.newBuilder()
            .setEventId(UUID.randomUUID().toString())
            .setUserId(run + "-" + choice.user())
            .setDomain(CHAT)
            .setOccurredAt(Instant.now())
            .setPrompt(
                choice.prompt().stream().map(turn -> new Turn(turn.role(), turn.text())).toList())
            .setCandidates(List.of(new Candidate(FIRST, first), new Candidate(SECOND, second)))
            .setSignal(new Choice(preferredFirst ? FIRST : SECOND))
            .setAttributes(Map.of())
            .build();
    return new Occasion(event, run + "-nobody", CHAT);
  }

  private static String note(Means means, Means.By by, long behind) {
    double accuracy = means.accuracy(by);
    String learned = behind + " not learned";
    // There is none before a first choice counts.
    return Double.isNaN(accuracy)
        ? learned
        : String.format(Locale.ROOT, "%s %.3f, %s", by.field(), accuracy, learned);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
