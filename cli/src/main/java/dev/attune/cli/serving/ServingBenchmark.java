package dev.attune.cli.serving;

import dev.attune.bench.Clock;
import dev.attune.bench.FlopCount;
import dev.attune.bench.GemmPeak;
import dev.attune.cli.CliException;
import dev.attune.cli.console.Console;
import dev.attune.cli.console.Progress;
import dev.attune.cli.published.FixedPolicy;
import dev.attune.cli.published.ModelPublisher;
import dev.attune.cli.published.RandomReward;
import dev.attune.cli.published.RandomUsers;
import dev.attune.cli.serving.ServingReport.Row;
import dev.attune.cli.serving.ServingReport.Size;
import dev.attune.cli.traffic.RecordSender;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.embedded.EmbeddedCluster;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.personal.PersonalConfig;
import dev.attune.model.policy.UserState;
import dev.attune.model.reward.RewardModelConfig;
import dev.attune.model.reward.RewardWeights;
import dev.attune.platform.Configuration;
import dev.attune.platform.KafkaSettings;
import dev.attune.schemas.Domains;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.scorer.ScorerApp;
import dev.attune.scorer.ScorerConfig;
import dev.attune.trainer.users.UserEmbeddings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An embedded broker and a scorer in this process, and clients who ask in a closed loop; beside it
 * the same model that scores one candidate a pass, the same model in whole batches without any
 * topic, and the peak of this machine's matrix products. All take turns in rounds. Single use.
 */
public final class ServingBenchmark {
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final long LOOK_MILLIS = 20;
  private static final long SEED = 1;

  private static final String DOMAIN = "bench";
  private static final int MANY_USERS = 1_000;

  // Room for the marks around the texts, and for a last word.
  private static final int PROMPT_LIMIT = RequestTexts.PROMPT_TOKENS + 20;
  private static final int REPLY_LIMIT = RequestTexts.REPLY_TOKENS + 12;

  /** Requests of a batch without topics: some whole passes. */
  private static final int OFFLINE_BATCH = 64;

  private static final int PEAK_SIZE = 1024;
  private static final int PEAK_REPEATS = 20;

  /** Requests whose tokens are counted, and whose rewards are compared. */
  private static final int SAMPLE = 16;

  private static final String ONE_BY_ONE = "one candidate a pass";
  private static final String OFFLINE = "whole batches, no topic";
  private static final String SWAPPING = "swaps";

  private final ServingSettings settings;
  private final Console console;

  /** One measurement. */
  private interface Task {
    Throughput run(double seconds) throws InterruptedException;
  }

  public ServingBenchmark(ServingSettings settings, Console console) {
    this.settings = settings;
    this.console = console;
  }

  /**
   * Measures.
   *
   * @param dir where broker and scorer keep their files
   * @throws CliException where the scorer fails or leaves a request without rewards
   */
  public ServingReport run(Path dir) throws InterruptedException {
    GemmPeak peak = GemmPeak.measure(PEAK_SIZE, PEAK_REPEATS, Clock.WALL);
    try (EmbeddedCluster cluster = EmbeddedCluster.start(dir.resolve("kafka"));
        BaseModel base = BaseModel.load(settings.base(), settings.precision())) {
      KafkaSettings kafka = KafkaSettings.of(cluster.bootstrapServers(), cluster.registryUrl());
      try (RecordSender sender = new RecordSender(kafka, "attune-bench-client")) {
        return run(dir, kafka, sender, base, peak);
      }
    }
  }

  private ServingReport run(
      Path dir, KafkaSettings kafka, RecordSender sender, BaseModel base, GemmPeak peak)
      throws InterruptedException {
    FixedPolicy policy =
        FixedPolicy.of(
            base, PersonalConfig.defaults().withLengths(PROMPT_LIMIT, REPLY_LIMIT), SEED);
    RewardModelConfig usual = RewardModelConfig.defaults();
    RewardModelConfig config =
        new RewardModelConfig(
            usual.rank(),
            usual.alpha(),
            usual.pooling(),
            usual.length(),
            PROMPT_LIMIT,
            REPLY_LIMIT);
    RandomReward random = RandomReward.over(base, config);
    ModelSwaps swaps =
        new ModelSwaps(
            new ModelPublisher(sender, base.sha256(), base.precision()),
            Domains.modelName(DOMAIN),
            List.of(random.bytes(0), random.bytes(1)));
    policy.publish(sender);
    swaps.next();
    Map<String, UserState> users = publishUsers(sender, policy);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (DirectPasses passes =
            new DirectPasses(base, RewardWeights.read(swaps.first()), policy.policy(), users::get);
        ScorerApp scorer = new ScorerApp(config(kafka, dir), meters, base)) {
      scorer.start();
      awaitReady(scorer);
      RequestTexts texts = new RequestTexts(base.tokenizer());
      Size size = size(base, config.rank(), passes, texts);
      double difference = difference(kafka, sender, passes, texts);
      Map<String, Task> tasks = tasks(kafka, sender, passes, texts, swaps);
      warmUp(tasks);
      double swapsBefore = swapped(meters);
      Map<String, List<Throughput>> measured = rounds(tasks, scorer);
      double served = swapped(meters) - swapsBefore;
      return report(size, difference, measured, (long) served, base, peak);
    }
  }

  private static Map<String, UserState> publishUsers(RecordSender sender, FixedPolicy policy) {
    RandomUsers random = new RandomUsers(policy.policy(), SEED);
    Map<String, UserState> users = new HashMap<>();
    for (int i = 0; i < MANY_USERS; i++) {
      String id = RequestTexts.user(i);
      UserEmbedding state =
          random.state(id, 1, new Position(Topics.PREFERENCES.name(), 0, (long) i));
      users.put(id, UserEmbeddings.state(state));
      var unused = sender.send(Topics.USERS, id, state);
    }
    sender.flush();
    return users;
  }

  private ScorerConfig config(KafkaSettings kafka, Path dir) {
    Map<String, String> all = new HashMap<>();
    all.put("kafka.bootstrap.servers", kafka.bootstrapServers());
    all.put("schema.registry.url", kafka.registryUrl());
    all.put("scorer.base", settings.base().toString());
    all.put("scorer.instance", "bench");
    all.put("scorer.users.dir", dir.resolve("scorer").toString());
    all.putAll(settings.settings());
    Configuration configuration = Configuration.of(all);
    configuration.rejectUnknown(ScorerConfig.keys());
    return ScorerConfig.from(configuration);
  }

  private static void awaitReady(ScorerApp scorer) throws InterruptedException {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!scorer.ready()) {
      check(scorer);
      if (System.nanoTime() > end) {
        throw new CliException("the scorer is not ready after " + START_LIMIT.toMinutes() + " min");
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private static void check(ScorerApp scorer) {
    if (!scorer.live()) {
      throw new CliException("the scorer has failed; see the log");
    }
  }

  private static Size size(BaseModel base, int rank, DirectPasses passes, RequestTexts texts) {
    List<TokenBatch.Row> rows = new ArrayList<>();
    for (int i = 0; i < SAMPLE; i++) {
      rows.add(passes.tokens(texts.next(DOMAIN, MANY_USERS)));
    }
    double prompt = rows.stream().mapToInt(row -> row.prompt().length).average().orElse(0);
    double reply =
        rows.stream()
            .flatMap(row -> row.replies().stream())
            .mapToInt(each -> each.length)
            .average()
            .orElse(0);
    // The reward model's pass has an adapter, the features' has none.
    double flops =
        FlopCount.of(base.config(), rows, rank, false)
            + FlopCount.of(base.config(), rows, 0, false);
    return new Size(prompt, reply, flops / SAMPLE);
  }

  /** By how much the scorer's rewards differ from those of one candidate a pass, at most. */
  private static double difference(
      KafkaSettings kafka, RecordSender sender, DirectPasses passes, RequestTexts texts)
      throws InterruptedException {
    double largest = 0;
    try (ScoreClient client = new ScoreClient(kafka, sender)) {
      for (int i = 0; i < SAMPLE; i++) {
        ScoreRequest request = texts.next(DOMAIN, MANY_USERS);
        ScoreResult result = client.score(request).get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        List<CandidateScore> scores = result.getCandidates();
        double[] rewards = passes.oneByOne(request);
        if (scores.size() != rewards.length) {
          throw new CliException("a request has no rewards: " + result.getError());
        }
        for (int j = 0; j < rewards.length; j++) {
          largest = Math.max(largest, Math.abs(scores.get(j).getReward() - rewards[j]));
        }
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new CliException("a request was not answered: " + e, e);
    }
    return largest;
  }

  private Map<String, Task> tasks(
      KafkaSettings kafka,
      RecordSender sender,
      DirectPasses passes,
      RequestTexts texts,
      ModelSwaps swaps) {
    Map<String, Task> tasks = new LinkedHashMap<>();
    tasks.put(
        ONE_BY_ONE, seconds -> passes.oneByOne(seconds, () -> texts.next(DOMAIN, MANY_USERS)));
    tasks.put(
        OFFLINE,
        seconds -> passes.together(seconds, OFFLINE_BATCH, () -> texts.next(DOMAIN, MANY_USERS)));
    for (int users : List.of(1, MANY_USERS)) {
      for (int concurrent : settings.concurrent()) {
        tasks.put(
            name(users, concurrent),
            seconds ->
                ClosedClients.run(
                    kafka, sender, concurrent, seconds, () -> texts.next(DOMAIN, users)));
      }
    }
    tasks.put(
        SWAPPING,
        seconds ->
            swaps.during(
                () ->
                    ClosedClients.run(
                        kafka,
                        sender,
                        settings.headline(),
                        seconds,
                        () -> texts.next(DOMAIN, MANY_USERS))));
    return tasks;
  }

  private static String name(int users, int concurrent) {
    return users + " users, " + concurrent;
  }

  private void warmUp(Map<String, Task> tasks) throws InterruptedException {
    for (String name : List.of(ONE_BY_ONE, OFFLINE, name(MANY_USERS, settings.headline()))) {
      tasks.get(name).run(settings.seconds());
    }
  }

  /** Each round begins with another task. */
  private Map<String, List<Throughput>> rounds(Map<String, Task> tasks, ScorerApp scorer)
      throws InterruptedException {
    List<String> names = List.copyOf(tasks.keySet());
    Map<String, List<Throughput>> measured = new HashMap<>();
    int all = settings.rounds() * names.size();
    try (Progress progress = console.progress("bench score", "measurements", all)) {
      for (int round = 0; round < settings.rounds(); round++) {
        for (int i = 0; i < names.size(); i++) {
          String name = names.get((round + i) % names.size());
          Throughput one = tasks.get(name).run(settings.seconds());
          check(scorer);
          measured.computeIfAbsent(name, each -> new ArrayList<>()).add(one);
          progress.to((long) round * names.size() + i + 1);
        }
      }
    }
    return measured;
  }

  private static double swapped(SimpleMeterRegistry meters) {
    return meters.get("attune.scorer.model.swaps").counter().count();
  }

  private ServingReport report(
      Size size,
      double difference,
      Map<String, List<Throughput>> measured,
      long swapped,
      BaseModel base,
      GemmPeak peak) {
    List<Row> rows = new ArrayList<>();
    for (int users : List.of(1, MANY_USERS)) {
      for (int concurrent : settings.concurrent()) {
        rows.add(new Row(users, concurrent, measured.get(name(users, concurrent))));
      }
    }
    Row quiet =
        rows.stream()
            .filter(r -> r.users() == MANY_USERS && r.concurrent() == settings.headline())
            .findFirst()
            .orElseThrow();
    return new ServingReport(
        settings,
        base.config(),
        base.sha256(),
        size,
        peak,
        difference,
        measured.get(ONE_BY_ONE),
        OFFLINE_BATCH,
        measured.get(OFFLINE),
        rows,
        quiet,
        new Row(MANY_USERS, settings.headline(), measured.get(SWAPPING)),
        swapped);
  }
}
