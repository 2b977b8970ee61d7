package dev.attune.bench;

import dev.attune.bench.ModelReport.CandidatesCell;
import dev.attune.bench.ModelReport.Ratio;
import dev.attune.bench.ModelReport.SizeRow;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.reference.ReferenceAdamW;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How fast the model learns and scores, on models with random weights and on random tokens: beside
 * the same mathematics in plain array operations, and beside what this machine's matrix products
 * allow. A training step is all of it: LoRA of rank 8 on every linear layer and a reward head, the
 * ranking loss, gradients, clipping and AdamW. All is timed in rounds, see {@link Rounds}.
 */
public final class ModelBenchmark {
  private static final ReferenceAdamW.Settings OPTIMIZER =
      new ReferenceAdamW.Settings(1e-3, .9, .98, .01, 1);
  private static final int[] CANDIDATES = {1, 2, 4, 8};
  private static final int FEWEST_ROUNDS = 5;
  private static final int USERS = 64;
  private static final int ADAPTERS = 8;
  private static final int SOFT_PROMPT = 4;

  private final Work work;
  private final Settings settings;
  private final BenchProgress progress;

  private ModelBenchmark(Work work, Settings settings, BenchProgress progress) {
    this.work = work;
    this.settings = settings;
    this.progress = progress;
  }

  /** What is measured. */
  public enum Work {
    /** Training steps. */
    TRAIN,
    /** Rewards of replies. */
    SCORE
  }

  /**
   * How it is measured.
   *
   * @param sizes in order, at least one; {@link ModelSize#MEDIUM} gives the headline where it is
   *     there, otherwise the last
   * @param rounds of the headline; other sizes take a quarter
   * @param precision of the scripts
   */
  public record Settings(List<ModelSize> sizes, int rounds, Precision precision, Clock clock) {
    /** Checks every component. */
    public Settings {
      sizes = List.copyOf(sizes);
      if (sizes.isEmpty() || rounds < 1) {
        throw new IllegalArgumentException(
            "%d sizes, %d rounds; allowed is one or more".formatted(sizes.size(), rounds));
      }
    }

    ModelSize headline() {
      return sizes.contains(ModelSize.MEDIUM) ? ModelSize.MEDIUM : sizes.get(sizes.size() - 1);
    }
  }

  /**
   * Measures.
   *
   * @throws IllegalArgumentException if the clock is the processor's and several threads work
   */
  public static ModelReport run(Work work, Settings settings, BenchProgress progress) {
    if (settings.clock() == Clock.CPU && Torch.threads() > 1) {
      throw new IllegalArgumentException(
          "the cpu clock with %d threads; allowed is one (-D%s=1)"
              .formatted(Torch.threads(), Torch.THREADS));
    }
    return new ModelBenchmark(work, settings, progress).run();
  }

  private ModelReport run() {
    boolean small = settings.headline() == ModelSize.TINY;
    progress.begin("products of matrices", 1);
    GemmPeak peak = GemmPeak.measure(small ? 64 : 1024, 10);
    progress.done(1);
    List<SizeRow> sizes = new ArrayList<>();
    List<Ratio> ratios = new ArrayList<>();
    for (ModelSize size : settings.sizes()) {
      try (RandomModel model = new RandomModel(size.config(), settings.precision(), 1)) {
        sizes.add(candidates(size, model, peak));
        if (size == settings.headline()) {
          ratios.add(sharing(model, small));
          ratios.addAll(costs(model, small));
        }
      }
    }
    return new ModelReport(
        work,
        settings.precision(),
        settings.clock(),
        Torch.threads(),
        peak,
        sizes,
        settings.headline(),
        ratios.get(0),
        ratios.subList(1, ratios.size()));
  }

  private SizeRow candidates(ModelSize size, RandomModel model, GemmPeak peak) {
    ModelConfig config = size.config();
    int length = size == ModelSize.TINY ? 8 : 128;
    int texts = size == ModelSize.LARGE || size == ModelSize.TINY ? 8 : 16;
    Map<Integer, Workload> workloads = new LinkedHashMap<>();
    for (int candidates : CANDIDATES) {
      workloads.put(
          candidates, Workload.random(texts, candidates, length, length, config.vocabularySize()));
    }
    Workload alone = workloads.get(1);
    try (Tasks tasks = new Tasks();
        ReferenceSide reference =
            new ReferenceSide(model.reference(), alone, Learned.ADAPTER, OPTIMIZER)) {
      tasks.add("yardstick", work == Work.TRAIN ? reference::step : reference::score);
      workloads.forEach((n, load) -> tasks.add("" + n, model, load, Learned.ADAPTER));
      int rounds =
          size == settings.headline()
              ? settings.rounds()
              : Math.min(settings.rounds(), Math.max(FEWEST_ROUNDS, settings.rounds() / 4));
      Rounds times = tasks.run(size + ", 1 to 8 candidates", rounds);
      double yardstick = times.median("yardstick");
      List<CandidatesCell> cells = new ArrayList<>();
      workloads.forEach(
          (n, load) -> {
            double seconds = times.median("" + n);
            cells.add(
                new CandidatesCell(
                    n,
                    load.textTokens() / seconds,
                    flops(config, load) / seconds / peak.of(settings.precision()),
                    times.ratio("yardstick", "" + n)));
          });
      return new SizeRow(
          size,
          alone.textTokens(),
          alone.textTokens() / yardstick,
          flops(config, alone) / yardstick / peak.fp32(),
          cells);
    }
  }

  private double flops(ModelConfig config, Workload load) {
    return FlopCount.of(config, load.rows(), Learned.ADAPTER.rank(), work == Work.TRAIN);
  }

  /** Four replies to each prompt, which are a quarter of a text. */
  private Ratio sharing(RandomModel model, boolean small) {
    int vocabulary = model.base().config().vocabularySize();
    Workload shared =
        small
            ? Workload.random(4, 4, 12, 4, vocabulary)
            : Workload.random(8, 4, 300, 100, vocabulary);
    try (Tasks tasks = new Tasks()) {
      tasks.add("shared", model, shared, Learned.ADAPTER);
      tasks.add("unshared", model, shared.unshared(), Learned.ADAPTER);
      Rounds times = tasks.run("prompts shared and not", settings.rounds());
      return new Ratio("prompt sharing", settings.rounds(), times.ratio("unshared", "shared"));
    }
  }

  /** A batch of as many texts as users, of one user or adapter and of many. */
  private List<Ratio> costs(RandomModel model, boolean small) {
    int length = small ? 4 : 32;
    int vocabulary = model.base().config().vocabularySize();
    Workload plain = Workload.random(USERS, 1, length, length, vocabulary);
    Learned base = Learned.ADAPTER;
    String users = " " + USERS + " users";
    String adapters = " " + ADAPTERS + " adapters";
    try (Tasks tasks = new Tasks()) {
      tasks.add("added one", model, plain.withUsers(e -> 0, 0), base.withUsers(1, 0));
      tasks.add("added" + users, model, plain.withUsers(e -> e, 0), base.withUsers(USERS, 0));
      tasks.add(
          "soft one", model, plain.withUsers(e -> 0, SOFT_PROMPT), base.withUsers(1, SOFT_PROMPT));
      tasks.add(
          "soft" + users,
          model,
          plain.withUsers(e -> e, SOFT_PROMPT),
          base.withUsers(USERS, SOFT_PROMPT));
      tasks.add("adapter one", model, plain, base);
      tasks.add(
          "adapter" + adapters,
          model,
          plain.withAdapters(e -> e % ADAPTERS),
          base.withAdapters(ADAPTERS));
      Rounds times = tasks.run("many users and adapters in a batch", settings.rounds());
      return List.of(
          cost("added vectors of" + users, times.ratio("added" + users, "added one")),
          cost("soft prompts of" + users, times.ratio("soft" + users, "soft one")),
          cost(ADAPTERS + " adapters", times.ratio("adapter" + adapters, "adapter one")));
    }
  }

  private Ratio cost(String name, MedianInterval interval) {
    return new Ratio(name, settings.rounds(), interval);
  }

  /** Tasks of one measurement, and what they hold. */
  private final class Tasks implements AutoCloseable {
    private final Map<String, Runnable> tasks = new LinkedHashMap<>();
    private final List<ScriptSide> sides = new ArrayList<>();

    void add(String name, Runnable task) {
      tasks.put(name, task);
    }

    void add(String name, RandomModel model, Workload load, Learned learned) {
      ScriptSide side = new ScriptSide(model.base(), load, learned, OPTIMIZER);
      sides.add(side);
      add(name, work == Work.TRAIN ? side::step : side::score);
    }

    Rounds run(String task, int rounds) {
      progress.begin(task.toLowerCase(Locale.ROOT), Rounds.all(rounds));
      return Rounds.run(tasks, rounds, settings.clock(), progress::done);
    }

    @Override
    public void close() {
      sides.forEach(ScriptSide::close);
    }
  }
}
