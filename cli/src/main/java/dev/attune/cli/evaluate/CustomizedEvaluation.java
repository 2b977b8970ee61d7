package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.evaluate.RewardProbe.Item;
import dev.attune.cli.imports.EventSource;
import dev.attune.cli.imports.ImportItem;
import dev.attune.cli.stack.LocalStack;
import dev.attune.cli.traffic.Bookkeeper;
import dev.attune.cli.traffic.EventAccounts;
import dev.attune.cli.traffic.EventLedger;
import dev.attune.cli.traffic.ModelBoard;
import dev.attune.cli.traffic.Place;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.Turn;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The experiment of Cheng et al. 2023 (customized reward models and what they forget), carried out
 * by the running system: everything is taught as preference events and asked as score requests.
 * Single use, one thread.
 */
final class CustomizedEvaluation implements AutoCloseable {
  /** Nothing new from a service for so long means that it hangs. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final CustomizedData data;
  private final CustomizedFigures figures;
  private final long seed;
  private final LocalStack stack;
  private final Console console;
  private final EventLedger ledger = new EventLedger();
  private final ModelBoard models = new ModelBoard(Instant.now());
  private final AtomicReference<@Nullable Throwable> sendFailure = new AtomicReference<>();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final RecordSender sender;
  private final Bookkeeper bookkeeper;
  private final ScoreClient client;
  private final RewardProbe probe;

  CustomizedEvaluation(CustomizedData data, long seed, LocalStack stack, Console console) {
    this.data = data;
    this.figures = new CustomizedFigures(data);
    this.seed = seed;
    this.stack = stack;
    this.console = console;
    this.sender = new RecordSender(stack.kafka(), "attune-evaluate");
    this.bookkeeper = new Bookkeeper(stack.kafka(), ledger, models);
    this.client = new ScoreClient(stack.kafka(), sender);
    this.probe = new RewardProbe(client);
  }

  /**
   * Runs all phases.
   *
   * @param stage1Seconds what making the base took
   * @throws CliException where a service hangs or fails, or an event is not accounted for
   */
  CustomizedResult run(double stage1Seconds) throws InterruptedException {
    seconds.put("base", stage1Seconds);
    Map<String, LexicalFloor> floors = timed("floors", figures::floors);
    timed("learn_general", () -> teach("general preferences", generalEvents()));
    long general = serve(Domains.GENERAL, Domains.GENERAL);
    Map<String, List<double[]>> before =
        timed("score_before", () -> scoreDomains(d -> Domains.GENERAL, d -> general));
    Map<String, PairAccuracy> generalBefore =
        scoreGeneral(set -> Domains.GENERAL + "." + set, Domains.GENERAL, general);
    Map<String, PairAccuracy> pooledBefore =
        scoreGeneral(set -> Domains.GENERAL, Domains.GENERAL, general);
    timed("learn_domains", () -> teach("domain preferences", domainEvents()));
    Map<String, Long> versions = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      versions.put(domain, serve(domain, Domains.modelName(domain)));
    }
    Map<String, List<double[]>> after =
        timed("score_after", () -> scoreDomains(Domains::modelName, versions::get));
    Map<String, Map<String, PairAccuracy>> generalAfter = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      generalAfter.put(
          domain, scoreGeneral(set -> domain, Domains.modelName(domain), versions.get(domain)));
    }
    return new CustomizedResult(
        new CustomizedAccuracies(
            figures.inDomains(before, after, floors),
            figures.onGeneral(generalBefore, pooledBefore, generalAfter)),
        ledger.accounts(),
        models.newest(),
        Collections.unmodifiableMap(seconds),
        seed,
        data.dsp().train().size(),
        data.dsp().test().size());
  }

  // ---- teaching -----------------------------------------------------------------------------

  private List<PreferenceEvent> generalEvents() {
    EventSource source = new EventSource(null, Clock.systemUTC());
    return shuffled(
        data.general().entrySet().stream()
            .flatMap(set -> source.pairs(set.getKey(), set.getValue().train())));
  }

  private List<PreferenceEvent> domainEvents() {
    return shuffled(new EventSource(null, Clock.systemUTC()).dsp(data.dsp().train()));
  }

  /** In a seeded order, the candidates of each in a seeded order too: a place must tell nothing. */
  private List<PreferenceEvent> shuffled(Stream<ImportItem> items) {
    Random random = new Random(seed);
    List<PreferenceEvent> events = new ArrayList<>();
    items.forEach(
        item -> {
          if (item instanceof ImportItem.Event event) {
            List<Candidate> shown = new ArrayList<>(event.event().getCandidates());
            Collections.shuffle(shown, random);
            events.add(PreferenceEvent.newBuilder(event.event()).setCandidates(shown).build());
          }
        });
    Collections.shuffle(events, random);
    return events;
  }

  private Void teach(String what, List<PreferenceEvent> events) throws InterruptedException {
    long before = models.comparisonsLearned();
    for (PreferenceEvent event : events) {
      count(sender.send(Topics.PREFERENCES, event.getUserId(), event));
    }
    sender.flush();
    awaitAccounted(what, events.size());
    long more = 0;
    for (String model : bookkeeper.fed()) {
      more += bookkeeper.comparisons(model);
    }
    try (Progress progress = console.progress("Learning " + what, "comparisons", more - before)) {
      Patience patience = new Patience("the trainer has not learned all " + what);
      while (!bookkeeper.fed().stream().allMatch(bookkeeper::caughtUp)) {
        long learned = models.comparisonsLearned() - before;
        progress.to(learned);
        patience.step(learned);
      }
      progress.to(models.comparisonsLearned() - before);
    }
    return null;
  }

  private void count(CompletableFuture<RecordMetadata> sent) {
    var unused =
        sent.whenComplete(
            (place, failure) -> {
              if (failure == null) {
                ledger.sent(new Place(place.partition(), place.offset()));
              } else {
                sendFailure.compareAndSet(null, failure);
              }
            });
  }

  private void awaitAccounted(String what, int events) throws InterruptedException {
    Patience patience = new Patience("ingest has not accounted for all " + what);
    EventAccounts accounts = ledger.accounts();
    while (!accounts.balanced()) {
      if (accounts.repeated() > 0) {
        throw new CliException("ingest has counted " + accounts.repeated() + " events twice");
      }
      patience.step(accounts.open());
      accounts = ledger.accounts();
    }
    console.say("%s: %d events, %d rejected in all".formatted(what, events, accounts.rejected()));
  }

  // ---- asking -------------------------------------------------------------------------------

  /** Waits until requests of a domain are answered by the newest version of a model. */
  private long serve(String domain, String model) throws InterruptedException {
    ModelVersion manifest = models.newest(model);
    if (manifest == null) {
      throw new CliException("the trainer has published no model " + model);
    }
    Patience patience = new Patience("the scorer does not serve " + model);
    ScoreVersions serving = probe.serving(domain);
    while (!serving.getDomainModel().equals(model)
        || serving.getDomainModelVersion() < manifest.getVersion()) {
      patience.step(serving.getDomainModelVersion());
      serving = probe.serving(domain);
    }
    return serving.getDomainModelVersion();
  }

  private interface ByDomain<T> {
    T of(String domain);
  }

  private Map<String, List<double[]>> scoreDomains(ByDomain<String> model, ByDomain<Long> version)
      throws InterruptedException {
    List<Item> items =
        data.dsp().test().stream()
            .map(
                query ->
                    new Item(
                        List.of(new Turn("user", query.query())),
                        List.copyOf(query.responses().values())))
            .toList();
    Map<String, List<double[]>> rewards = new LinkedHashMap<>();
    for (String domain : data.domains()) {
      rewards.put(domain, probe.score(domain, items, model.of(domain), version.of(domain)));
    }
    return rewards;
  }

  private Map<String, PairAccuracy> scoreGeneral(
      ByDomain<String> domainOfSet, String model, long version) throws InterruptedException {
    return timed(
        "score_general",
        () -> {
          Map<String, PairAccuracy> accuracies = new LinkedHashMap<>();
          for (String set : data.general().keySet()) {
            List<Item> items =
                figures.untied(set).stream()
                    .map(pair -> new Item(pair.prompt(), List.of(pair.first(), pair.second())))
                    .toList();
            accuracies.put(
                set,
                figures.onGeneral(set, probe.score(domainOfSet.of(set), items, model, version)));
          }
          return accuracies;
        });
  }

  // ---- waiting ------------------------------------------------------------------------------

  private interface Phase<T> {
    T run() throws InterruptedException;
  }

  private <T> T timed(String phase, Phase<T> work) throws InterruptedException {
    long start = System.nanoTime();
    T result = work.run();
    seconds.merge(phase, (System.nanoTime() - start) / 1e9, Double::sum);
    return result;
  }

  /** Waits as long as there is something new now and then. */
  private final class Patience {
    private final String failure;
    private long seen = Long.MIN_VALUE;
    private long giveUpAt;

    Patience(String failure) {
      this.failure = failure;
    }

    void step(long state) throws InterruptedException {
      bookkeeper.check();
      client.check();
      Throwable cause = sendFailure.get();
      if (cause != null) {
        throw new CliException("an event could not be sent: " + cause.getMessage(), cause);
      }
      if (!stack.live()) {
        throw new CliException("a service has failed: " + stack.failed() + "; see the log");
      }
      long now = System.nanoTime();
      if (state != seen) {
        seen = state;
        giveUpAt = now + PATIENCE.toNanos();
      } else if (now > giveUpAt) {
        throw new CliException(failure + ", and nothing new for " + PATIENCE.toSeconds() + " s");
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  @Override
  public void close() {
    client.close();
    bookkeeper.close();
    sender.close();
  }
}
