package dev.attune.model.personal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TrainingPass;
import dev.attune.model.personal.ParameterGroup.Slot;
import dev.attune.model.personal.PersonalWeights.Identity;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns a personal model: what all users share, and the rows of the users that it meets, by the
 * loss of Li et al. 2024 (arXiv 2402.05133, equation 7). A user's row is made when the user is
 * first seen, read for each batch that the user is in, and put back changed; rows of others never
 * move.
 *
 * <p>A learner restored from its {@link #state}, with its users' rows, goes on as if it had never
 * stopped, bit for bit (same precision and number of threads). To be used by one thread at a time.
 */
public final class PersonalLearner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PersonalLearner.class);
  private static final double BETA1 = 0.9;

  private final BaseModel base;
  private final PersonalConfig config;
  private final UserRows rows;
  private final PassBuilder builder;
  private final ReferenceModel reference;
  private final PersonalScript script;
  private final NDManager manager = Torch.newManager();
  private final ParameterGroup adapter;
  private final ParameterGroup vectors;
  private final ParameterGroup logits;
  private final Dictionary frozen;
  private final RewardShift shift;
  private final double vectorLearningRate;
  private long steps;

  private PersonalLearner(
      BaseModel base, PersonalConfig config, UserRows rows, PersonalLearnerState state) {
    this.base = base;
    this.config = config;
    this.rows = rows;
    this.builder = new PassBuilder(config, base.tokenizer());
    this.reference = new ReferenceModel(base, config);
    this.script = new PersonalScript(base, config);
    Map<String, Slot> shared = new LinkedHashMap<>(state.slots());
    Map<String, Slot> ofVectors = new LinkedHashMap<>();
    Map<String, Slot> ofLogits = new LinkedHashMap<>();
    take(shared, ofVectors, UserVectors.GENERIC);
    take(shared, ofVectors, UserVectors.CLUSTERS);
    take(shared, ofLogits, UserVectors.LOGITS);
    this.adapter = new ParameterGroup(manager, shared);
    this.vectors = new ParameterGroup(manager, ofVectors);
    this.logits = new ParameterGroup(manager, ofLogits);
    float[] scaling = {(float) config.lora().scaling()};
    this.frozen =
        new Dictionary(Map.of("scaling", Tensors.owned(manager, scaling, TorchScript.FLOAT32)));
    this.shift = state.shift();
    this.vectorLearningRate =
        config.optimizer().vectorLearningRate() * UserVectors.scale(base, config.users());
    this.steps = state.steps();
  }

  private static void take(Map<String, Slot> from, Map<String, Slot> to, String name) {
    Slot slot = from.remove(name);
    if (slot != null) {
      to.put(name, slot);
    }
  }

  /**
   * Starts a model that has learned nothing.
   *
   * @param rows where the users' rows are kept
   */
  public static PersonalLearner start(BaseModel base, PersonalConfig config, UserRows rows) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    PersonalWeights.untrained(base, config)
        .parameters()
        .forEach((name, p) -> slots.put(name, Slot.fresh(p.shape(), p.values())));
    PersonalLearnerState state =
        new PersonalLearnerState(Identity.of(base, config), 0, new RewardShift(), slots);
    return new PersonalLearner(base, config, rows, state);
  }

  /**
   * Starts from what another run has learned, with an optimiser that has seen nothing yet.
   *
   * @param rows where the users' rows are kept
   * @param weights where it starts
   * @throws IllegalArgumentException if the weights do not fit the base or the configuration
   */
  public static PersonalLearner start(
      BaseModel base, PersonalConfig config, UserRows rows, PersonalWeights weights) {
    Identity identity = Identity.of(base, config);
    identity.requireFit(weights.identity());
    weights.requireFit(base);
    Map<String, Slot> slots = new LinkedHashMap<>();
    weights.parameters().forEach((name, p) -> slots.put(name, Slot.fresh(p.shape(), p.values())));
    return new PersonalLearner(
        base, config, rows, new PersonalLearnerState(identity, 0, new RewardShift(), slots));
  }

  /**
   * Goes on from a state.
   *
   * @param rows the users' rows as they were when the state was taken
   * @throws IllegalArgumentException if the state does not fit the base or the configuration
   */
  public static PersonalLearner restore(
      BaseModel base, PersonalConfig config, UserRows rows, byte[] state) {
    PersonalLearnerState read = PersonalLearnerState.read(state);
    Identity.of(base, config).requireFit(read.identity());
    read.weights().requireFit(base);
    return new PersonalLearner(base, config, rows, read);
  }

  /** Returns the replies as tokens with the reference's log-probabilities, to be kept with them. */
  public List<ReferencedReplies> encode(List<Candidates> candidates) {
    return reference.encode(candidates);
  }

  /**
   * Takes {@code count} steps over examples in a random order that the seed decides, again and
   * again where they do not suffice; goes on in that order when called again with the same
   * examples.
   *
   * @param size examples of a step
   */
  public void train(List<PersonalExample> examples, int count, int size) {
    if (examples.isEmpty() || size < 1) {
      throw new IllegalArgumentException(
          "%d examples, %d a step; allowed are 1 or more".formatted(examples.size(), size));
    }
    long epoch = -1;
    List<PersonalExample> order = new ArrayList<>(examples);
    for (int i = 0; i < count; i++) {
      List<PersonalExample> batch = new ArrayList<>();
      for (long at = steps * size; at < (steps + 1) * size; at++) {
        if (at / examples.size() != epoch) {
          epoch = at / examples.size();
          order = new ArrayList<>(examples);
          Collections.shuffle(order, new Random(31 * config.seed() + epoch));
        }
        batch.add(order.get((int) (at % examples.size())));
      }
      step(batch);
    }
  }

  /**
   * Takes one step of the optimiser on a batch, however many passes through the model it needs.
   *
   * @return the loss before the step
   */
  public double step(List<PersonalExample> batch) {
    List<PersonalExample> examples = batch.stream().filter(e -> e.weight() > 0).toList();
    steps++;
    if (examples.isEmpty()) {
      return 0;
    }
    try (NDManager scratch = manager.newSubManager()) {
      Map<String, NDArray> learned = new LinkedHashMap<>();
      learned.putAll(adapter.weights());
      learned.putAll(vectors.weights());
      learned.putAll(logits.weights());
      GatheredRows users = null;
      Map<String, Integer> numbers = Map.of();
      Set<String> present = users(examples);
      if (!present.isEmpty()) {
        users = new GatheredRows(scratch, present, this::row);
        numbers = users.numbers();
        learned.put(UserVectors.ROWS, users.values());
      }
      List<NDArray> gradients = new ArrayList<>();
      List<Pass> passes = passes(examples, numbers);
      List<float[]> outcomes = new ArrayList<>();
      double total = examples.stream().mapToDouble(PersonalExample::weight).sum();
      double loss = gradients(scratch, passes, total, learned, gradients, outcomes);
      NDArray norm =
          TorchScript.SHARED.train(scratch, "clip", gradients, config.optimizer().clip()).get(0);
      if (Double.isFinite(loss + Tensors.floats(norm)[0])) {
        update(scratch, gradients, users);
        shift.add(passes, concatenate(outcomes), config.loss().scale());
      } else {
        LOG.atWarn()
            .addKeyValue("step", steps)
            .log("a step was left out: its loss or gradient is not finite");
      }
      return loss;
    }
  }

  /** The users of a batch whose rows are learned. */
  private Set<String> users(List<PersonalExample> examples) {
    Set<String> users = new LinkedHashSet<>();
    if (config.users().hasRows() && config.loss().alpha() > 0) {
      examples.stream().map(PersonalExample::user).filter(u -> u != null).forEach(users::add);
    }
    return users;
  }

  private UserRow row(String user) {
    return UserVectors.row(
        rows, user, config.users(), base.config().hiddenSize(), this::userParameter);
  }

  private float[] userParameter(String name) {
    ParameterGroup group = name.equals(UserVectors.LOGITS) ? logits : vectors;
    return Tensors.floats(group.weights().get(name));
  }

  /** Adds up the gradients of all passes, under one shift; returns the loss. */
  private double gradients(
      NDManager scratch,
      List<Pass> passes,
      double total,
      Map<String, NDArray> learned,
      List<NDArray> gradients,
      List<float[]> outcomes) {
    double loss = 0;
    int next = 0;
    try (Dictionary parameters = new Dictionary(learned)) {
      for (List<Pass> part : Pass.cut(passes, config.batchTokens())) {
        Map<String, NDArray> tensors = PassTensors.inputs(scratch, base, config, part);
        PassTensors.putTargets(scratch, tensors, config, part, total);
        training(next++).putTensors(scratch, tensors);
        List<NDArray> results =
            script.gradients(scratch, tensors, parameters, frozen, shift.value());
        loss += Tensors.floats(results.get(0))[0];
        outcomes.add(Tensors.floats(results.get(1)));
        PersonalScript.add(scratch, gradients, results.subList(2, results.size()));
      }
    }
    return loss;
  }

  private static float[] concatenate(List<float[]> parts) {
    FloatBuffer whole = FloatBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(whole::put);
    return whole.array();
  }

  /** Each part of a step drops inputs of its own. */
  private TrainingPass training(int part) {
    long seed = new SplittableRandom(31 * (31 * config.seed() + steps) + part).nextLong();
    return new TrainingPass(config.optimizer().checkpointing(), config.lora().dropout(), seed);
  }

  private List<Pass> passes(List<PersonalExample> examples, Map<String, Integer> numbers) {
    double alpha = config.loss().alpha();
    List<Pass> passes = new ArrayList<>();
    for (PersonalExample example : examples) {
      Integer number = example.user() == null ? null : numbers.get(example.user());
      if (number == null) {
        passes.add(builder.learned(example, 0, 1));
      } else {
        passes.add(builder.learned(example, number, alpha));
        if (alpha < 1) {
          passes.add(builder.learned(example, 0, 1 - alpha));
        }
      }
    }
    return passes;
  }

  private void update(NDManager scratch, List<NDArray> gradients, @Nullable GatheredRows users) {
    PersonalOptimizer o = config.optimizer();
    double schedule = o.schedule(steps);
    int first = adapter.weights().size();
    int second = first + vectors.weights().size();
    int third = second + logits.weights().size();
    adapter.step(
        scratch,
        gradients.subList(0, first),
        schedule * o.learningRate(),
        o.beta1(),
        o.beta2(),
        o.weightDecay());
    vectors.step(
        scratch,
        gradients.subList(first, second),
        schedule * vectorLearningRate,
        BETA1,
        o.vectorBeta2(),
        0);
    logits.step(
        scratch,
        gradients.subList(second, third),
        schedule * o.logitLearningRate(),
        BETA1,
        o.vectorBeta2(),
        0);
    if (users != null) {
      boolean clusters = config.users().kind() == UserModelConfig.Kind.CLUSTER;
      double decay = o.plannedSteps() > 0 ? schedule : 1;
      double rate = decay * (clusters ? o.logitLearningRate() : vectorLearningRate);
      users.step(scratch, gradients.get(third), rate, BETA1, o.vectorBeta2());
      users.scatter(rows);
    }
  }

  /** Returns what all users share, as it is now. */
  public PersonalWeights weights() {
    return snapshot().weights();
  }

  private PersonalLearnerState snapshot() {
    return new PersonalLearnerState(Identity.of(base, config), steps, shift, slots());
  }

  private Map<String, Slot> slots() {
    Map<String, Slot> slots = new LinkedHashMap<>();
    adapter.copyTo(slots);
    vectors.copyTo(slots);
    logits.copyTo(slots);
    return slots;
  }

  /** Returns everything that {@link #restore} needs, but the users' rows. */
  public byte[] state() {
    return snapshot().toBytes();
  }

  /** Returns how many steps were taken, restores included. */
  public long steps() {
    return steps;
  }

  @Override
  public void close() {
    frozen.close();
    manager.close();
  }
}
