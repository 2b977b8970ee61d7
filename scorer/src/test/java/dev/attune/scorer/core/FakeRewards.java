package dev.attune.scorer.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.model.io.SafetensorsException;
import dev.attune.model.policy.Policy;
import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewards without a language model: the reply's length times the model's scale, negated under a
 * head other than the pooled one; features as in {@link Policies}. Weights are the text {@code fake
 * SCALE HEAD,HEAD}. Replies that say {@code NaN} or {@code throw} do that. A reply that it writes
 * is some g, how many is said by its seed.
 */
public final class FakeRewards implements RewardFunction {
  public static final String BASE = "fake-base";

  /** A reply that cannot be split into tokens. */
  public static final String NO_TOKENS = "no tokens";

  /** r_p of a reply is this times its length, whoever the user is. */
  static final double ROW = 10;

  private static final Pattern WEIGHTS = Pattern.compile("fake (\\S+) (\\S+)");

  /** Sizes of the batches that were asked for. */
  public final List<Integer> batches = new CopyOnWriteArrayList<>();

  /** Requests whose replies were asked for together, by their ids. */
  public final List<List<String>> generated = new CopyOnWriteArrayList<>();

  /** What replies were drawn with, all in the order in which they were written. */
  public final List<Long> seeds = new CopyOnWriteArrayList<>();

  /** Whoever writes replies waits for it. */
  public volatile CountDownLatch mayWrite = new CountDownLatch(0);

  /** What a model of this scale and these further heads is published as. */
  public static byte[] weights(double scale, String... heads) {
    Set<String> all = new TreeSet<>(List.of(heads));
    all.add(Domains.POOLED_HEAD);
    return ("fake " + scale + " " + String.join(",", all)).getBytes(UTF_8);
  }

  @Override
  public String base() {
    return BASE;
  }

  @Override
  public FakeModel load(byte[] weights) throws ModelRejectedException {
    Matcher matcher = WEIGHTS.matcher(new String(weights, UTF_8));
    if (!matcher.matches()) {
      throw new ModelRejectedException(Reason.WEIGHTS, "not a fake model");
    }
    return new FakeModel(
        Double.parseDouble(matcher.group(1)), Set.of(matcher.group(2).split(",", -1)));
  }

  @Override
  public void warmUp() {}

  @Override
  public int tokens(ScoreRequest request) {
    if (request.getCandidates().stream().anyMatch(each -> each.getText().equals(NO_TOKENS))) {
      throw new IllegalStateException("asked to");
    }
    return request.getCandidates().stream().mapToInt(each -> each.getText().length()).sum();
  }

  @Override
  public FakePolicy loadPolicy(byte[] bytes) throws ModelRejectedException {
    try {
      return new FakePolicy(Policy.read(bytes), false);
    } catch (SafetensorsException e) {
      throw new ModelRejectedException(Reason.WEIGHTS, "not a policy", e);
    }
  }

  @Override
  public List<Parts> parts(List<Task> tasks) {
    batches.add(tasks.size());
    return tasks.stream().map(FakeRewards::parts).toList();
  }

  @Override
  public List<List<GeneratedReply>> generate(List<Draft> drafts, GenerationConfig config) {
    generated.add(drafts.stream().map(draft -> draft.request().getRequestId()).toList());
    try {
      mayWrite.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    drafts.forEach(draft -> seeds.addAll(draft.seeds()));
    return drafts.stream().map(FakeRewards::generate).toList();
  }

  private static List<GeneratedReply> generate(Draft draft) {
    if (draft.request().getRequestId().equals("throw")) {
      throw new IllegalStateException("asked to");
    }
    return draft.seeds().stream()
        .map(seed -> 1 + Math.floorMod(seed, 1000))
        .map(length -> new GeneratedReply("g".repeat(length), length))
        .toList();
  }

  private static Parts parts(Task task) {
    List<String> replies = task.request().getCandidates().stream().map(Candidate::getText).toList();
    LoadedPolicy policy = task.policy();
    return new Parts(
        replies.stream().mapToDouble(reply -> reward(task, reply)).toArray(),
        policy == null
            ? null
            : replies.stream()
                .map(reply -> policy.policy().coordinates(Policies.features(reply)))
                .toArray(float[][]::new),
        task.row() == null
            ? null
            : replies.stream().mapToDouble(reply -> ROW * reply.length()).toArray());
  }

  @Override
  public void close() {}

  private static double reward(Task task, String reply) {
    if (reply.equals("throw")) {
      throw new IllegalStateException("asked to");
    }
    if (reply.equals("NaN")) {
      return Double.NaN;
    }
    if (!(task.model() instanceof FakeModel model)) {
      return 0;
    }
    if (model.closed) {
      throw new IllegalStateException("a freed model was used");
    }
    double sign = task.head().equals(Domains.POOLED_HEAD) ? 1 : -1;
    return sign * model.scale * reply.length();
  }

  /** A policy; that it has rows is what it says. */
  public record FakePolicy(Policy policy, boolean hasRows) implements LoadedPolicy {
    @Override
    public void close() {}
  }

  /** A loaded fake. */
  public static final class FakeModel implements LoadedModel {
    public volatile boolean closed;
    private final double scale;
    private final Set<String> heads;

    FakeModel(double scale, Set<String> heads) {
      this.scale = scale;
      this.heads = heads;
    }

    @Override
    public Set<String> heads() {
      return heads;
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public String toString() {
      return "fake " + scale + " " + Arrays.toString(heads.toArray());
    }
  }
}
