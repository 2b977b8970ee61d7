package dev.attune.cli.personalize;

import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.evaluate.Split;
import dev.attune.model.engine.Torch;
import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.PopulationPrior;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.personal.ReferenceModel;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The experiments of Li et al. 2024 (arXiv 2402.05133) on a small base: trainings that do not
 * depend on each other run side by side, as many as there are processors. Single use, one thread.
 */
final class PersonalizedEvaluation implements AutoCloseable {
  /** Names of the streams in the results. */
  static final String ROW_SUBSPACE = "row, subspace";

  static final String ROW_ADAM = "row, Adam";
  static final String HEAD = "head";

  private final CustomizedData data;
  private final BaseModel base;
  private final long seed;
  private final PersonalizedSettings settings;
  private final PersonalConfig config;
  private final ReplyFeatures reader;
  private final FeatureStore features;
  private final ReferenceStore references;
  private final Map<String, Integer> lengths = new ConcurrentHashMap<>();
  private final ExecutorService workers;
  private final AtomicLong done = new AtomicLong();
  private volatile String latest = "";
  private final List<Future<?>> started = new ArrayList<>();

  /** Prepares the experiments of the documentation on a base, which is not closed with this. */
  PersonalizedEvaluation(CustomizedData data, BaseModel base, long seed) {
    this(data, base, seed, PersonalizedSettings.standard());
  }

  PersonalizedEvaluation(
      CustomizedData data, BaseModel base, long seed, PersonalizedSettings settings) {
    this.data = data;
    this.base = base;
    this.seed = seed;
    this.settings = settings;
    this.config =
        PersonalConfig.defaults().withLengths(settings.promptTokens(), settings.replyTokens());
    this.reader = new ReplyFeatures(base, settings.promptTokens(), settings.replyTokens());
    this.features = new FeatureStore(reader);
    this.references = new ReferenceStore(new ReferenceModel(base, config));
    int processors = Runtime.getRuntime().availableProcessors();
    this.workers =
        Executors.newFixedThreadPool(
            Math.max(1, processors / Torch.threads()),
            task -> {
              Thread thread = new Thread(task, "attune-evaluate");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Runs everything.
   *
   * @param baseSeconds what making the base took
   * @throws CliException where there is too little data
   */
  PersonalizedResult run(double baseSeconds, Console console) throws InterruptedException {
    long start = System.nanoTime();
    Split<ReplyPair> pairs = ReplyPair.ofAll(data);
    List<Population> conflicts = new ArrayList<>();
    for (int run = 0; run < settings.seeds(); run++) {
      conflicts.add(conflict(pairs, false, seed + run));
    }
    Population texts = conflict(pairs, true, seed);
    Population six = profiles();
    List<Future<PolicyRun>> individual = new ArrayList<>();
    List<Future<PolicyRun>> dpo = new ArrayList<>();
    List<Future<Outcome>> cluster = new ArrayList<>();
    List<Future<HeadRun>> head = new ArrayList<>();
    for (int run = 0; run < conflicts.size(); run++) {
      Population population = conflicts.get(run);
      boolean first = run == 0;
      long itsSeed = seed + run;
      individual.add(submit(() -> policy(Variant.INDIVIDUAL, population, itsSeed, first)));
      dpo.add(submit(() -> policy(Variant.DPO, population, itsSeed, first)));
      cluster.add(submit(() -> policy(Variant.CLUSTER, population, itsSeed, false).outcome()));
      head.add(submit(() -> head(population, settings.events())));
    }
    Map<String, Future<Outcome>> ablations = new LinkedHashMap<>();
    for (Variant variant : Variant.ABLATIONS) {
      ablations.put(
          variant.name(), submit(() -> policy(variant, conflicts.get(0), seed, false).outcome()));
    }
    Future<Outcome> text = submit(() -> policy(Variant.TEXT, texts, seed, false).outcome());
    Map<String, Future<GroupAccuracies>> profiles = new LinkedHashMap<>();
    for (Variant variant : List.of(Variant.DPO, Variant.INDIVIDUAL)) {
      profiles.put(
          variant.name(), submit(() -> policy(variant, six, seed, false).outcome().seen()));
    }
    profiles.put(HEAD, submit(() -> head(six, List.of()).outcome().seen()));
    await(console);
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("base", baseSeconds);
    seconds.put("experiments", (System.nanoTime() - start) / 1e9);
    return result(individual, dpo, cluster, head, ablations, text, profiles, seconds);
  }

  private PersonalizedResult result(
      List<Future<PolicyRun>> individual,
      List<Future<PolicyRun>> dpo,
      List<Future<Outcome>> cluster,
      List<Future<HeadRun>> head,
      Map<String, Future<Outcome>> ablations,
      Future<Outcome> text,
      Map<String, Future<GroupAccuracies>> profiles,
      Map<String, Double> phaseSeconds)
      throws InterruptedException {
    List<PolicyRun> policies = values(individual);
    List<PolicyRun> plain = values(dpo);
    List<HeadRun> heads = values(head);
    Map<String, List<Outcome>> methods = new LinkedHashMap<>();
    methods.put(Variant.DPO.name(), plain.stream().map(PolicyRun::outcome).toList());
    methods.put(Variant.INDIVIDUAL.name(), policies.stream().map(PolicyRun::outcome).toList());
    methods.put(Variant.CLUSTER.name(), values(cluster));
    methods.put(HEAD, heads.stream().map(HeadRun::outcome).toList());
    Map<String, Outcome> varied = new LinkedHashMap<>();
    for (Map.Entry<String, Future<Outcome>> ablation : ablations.entrySet()) {
      varied.put(ablation.getKey(), value(ablation.getValue()));
    }
    Map<String, GroupAccuracies> ofProfiles = new LinkedHashMap<>();
    for (Map.Entry<String, Future<GroupAccuracies>> one : profiles.entrySet()) {
      ofProfiles.put(one.getKey(), value(one.getValue()));
    }
    Map<String, Map<String, Double>> written = new LinkedHashMap<>();
    written.put(Variant.DPO.name(), plain.get(0).lengths());
    written.put(Variant.INDIVIDUAL.name(), policies.get(0).lengths());
    return new PersonalizedResult(
        methods,
        heads.stream().map(HeadRun::stream).toList(),
        policies.get(0).streams(),
        varied,
        value(text),
        ofProfiles,
        written,
        base.sha256(),
        seed,
        settings,
        phaseSeconds);
  }

  // ---- populations --------------------------------------------------------------------------

  private Population conflict(Split<ReplyPair> pairs, boolean withText, long itsSeed) {
    Population population =
        Population.of(
            ConflictingLengths.users("seen-", withText, this::length, itsSeed),
            ConflictingLengths.users("new-", withText, this::length, itsSeed + 1000),
            pairs.train(),
            pairs.test(),
            settings.conflicting(),
            itsSeed);
    requireTests(population);
    return population;
  }

  private Population profiles() {
    Split<ReplyPair> pairs = ReplyPair.ofQueries(data.dsp());
    List<String> replies = pairs.train().stream().map(ReplyPair::first).distinct().toList();
    Population population =
        Population.of(
            Profiles.users(replies),
            List.of(),
            pairs.train(),
            pairs.test(),
            settings.profiles(),
            seed);
    requireTests(population);
    return population;
  }

  private static void requireTests(Population population) {
    population
        .tests()
        .forEach(
            (user, tests) -> {
              if (tests.isEmpty()) {
                throw new CliException(
                    "too little data: user " + user + " has no pair to be tested with");
              }
            });
  }

  /** Tokens that are read of a reply. */
  private int length(String reply) {
    return lengths.computeIfAbsent(
        reply, text -> Math.min(settings.replyTokens(), base.tokenizer().encode(text).length));
  }

  // ---- runs ---------------------------------------------------------------------------------

  /**
   * A policy's results.
   *
   * @param streams by name; of the first individual policy only
   * @param lengths mean tokens of generated replies by whom they are for; of the first policies
   *     only
   */
  private record PolicyRun(
      Outcome outcome, Map<String, List<Checkpoint>> streams, Map<String, Double> lengths) {}

  private record HeadRun(Outcome outcome, List<Checkpoint> stream) {}

  private PolicyRun policy(Variant variant, Population population, long itsSeed, boolean more) {
    PersonalConfig its = variant.change().of(config).withSeed(itsSeed);
    try (PolicyMethod method = new PolicyMethod(base, references, its, settings.steps())) {
      Outcome outcome = Outcome.of(method, population);
      remark(variant.name(), itsSeed, outcome);
      Map<String, List<Checkpoint>> streams = new LinkedHashMap<>();
      Map<String, Double> written = new LinkedHashMap<>();
      if (more) {
        written.putAll(lengths(method, population, variant.hasRows()));
        if (variant.hasRows()) {
          streams.put(ROW_SUBSPACE, stream(method, RowStream.How.SUBSPACE, population));
          streams.put(ROW_ADAM, stream(method, RowStream.How.ADAM, population));
        }
      }
      return new PolicyRun(outcome, streams, written);
    }
  }

  private List<Checkpoint> stream(PolicyMethod method, RowStream.How how, Population population) {
    try (RowStream stream = method.newcomers(how)) {
      return Checkpoint.of(stream, population, settings.events());
    }
  }

  /** Lengths of replies for the generic user and for the users in training, by group. */
  private Map<String, Double> lengths(
      PolicyMethod method, Population population, boolean personal) {
    List<List<Turn>> prompts =
        population.tests(population.seen()).stream()
            .map(PersonalComparison::prompt)
            .distinct()
            .limit(settings.generated())
            .toList();
    Map<String, String> readers = new LinkedHashMap<>();
    readers.put("generic", PersonalComparison.GENERIC);
    if (personal) {
      population.seen().forEach(user -> readers.putIfAbsent(user.group(), user.id()));
    }
    Map<String, Double> means = new LinkedHashMap<>();
    readers.forEach(
        (name, user) -> {
          int[] tokens = method.lengths(prompts, user, settings.replyTokens(), seed);
          double sum = 0;
          for (int one : tokens) {
            sum += one;
          }
          means.put(name, sum / tokens.length);
        });
    return means;
  }

  private HeadRun head(Population population, List<Integer> events) {
    try (HeadMethod method =
        new HeadMethod(features, BasisLearner.DEFAULT, PopulationPrior.DEFAULT)) {
      Outcome outcome = Outcome.of(method, population);
      return new HeadRun(outcome, Checkpoint.of(method, population, events));
    }
  }

  // ---- workers ------------------------------------------------------------------------------

  private <T> Future<T> submit(Callable<T> run) {
    Future<T> future =
        workers.submit(
            () -> {
              T value = run.call();
              done.incrementAndGet();
              return value;
            });
    started.add(future);
    return future;
  }

  private void await(Console console) throws InterruptedException {
    try (Progress progress = console.progress("Experiments", "runs", started.size())) {
      for (Future<?> future : started) {
        while (!future.isDone()) {
          TimeUnit.MILLISECONDS.sleep(200);
          progress.note(latest);
          progress.to(done.get());
        }
        value(future);
      }
      progress.note(latest);
      progress.to(done.get());
    }
  }

  /** What the last run that ended came to. */
  private void remark(String method, long itsSeed, Outcome outcome) {
    latest =
        String.format(
            Locale.ROOT,
            "%s, seed %d: top %.3f, generic %.3f, majority %.3f, minority %.3f",
            method,
            itsSeed,
            outcome.seen().all(),
            outcome.generic().all(),
            outcome.seen().group(ConflictingLengths.MAJORITY),
            outcome.seen().group(ConflictingLengths.MINORITY));
  }

  private static <T> List<T> values(List<Future<T>> futures) throws InterruptedException {
    List<T> values = new ArrayList<>();
    for (Future<T> future : futures) {
      values.add(value(future));
    }
    return values;
  }

  private static <T> T value(Future<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
    try {
      // a training must not go on over a base that is closed next
      boolean ended = false;
      while (!ended) {
        ended = workers.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    reader.close();
  }
}
