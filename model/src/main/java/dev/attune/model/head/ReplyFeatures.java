package dev.attune.model.head;

import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The features h of a reply that users' heads are linear in: the mean of the reply's last hidden
 * states after its prompt, the last of them, and log(1 + tokens), which counts the tokens that are
 * cut off too. They come from the frozen base without any adapter, so they never change, and what
 * is kept of them stays valid. The replies to a prompt share one pass over it ({@code
 * head.reply_features}).
 *
 * <p>Safe for use by several threads.
 */
public final class ReplyFeatures implements AutoCloseable {
  /** Tokens of a batch, counted with the padding of attention; bounds memory. */
  private static final int BATCH_TOKENS = 16_384;

  private final BaseModel base;
  private final DialogueTemplate template;
  private final NDManager manager = Torch.newManager();

  /**
   * A prompt and replies to it.
   *
   * @param prompt the turns before a reply
   * @param replies at least one
   */
  public record Candidates(List<Turn> prompt, List<String> replies) {
    /** Copies the lists. */
    public Candidates {
      prompt = List.copyOf(prompt);
      replies = List.copyOf(replies);
      if (replies.isEmpty()) {
        throw new IllegalArgumentException("a prompt without replies");
      }
    }
  }

  /**
   * Reads with a base, which it does not close.
   *
   * @param promptTokens most tokens of a prompt that are read
   * @param replyTokens most tokens of a reply that are read
   */
  public ReplyFeatures(BaseModel base, int promptTokens, int replyTokens) {
    if (promptTokens + replyTokens > base.maxTokens()) {
      throw new IllegalArgumentException(
          "%d and %d tokens; the base reads %d"
              .formatted(promptTokens, replyTokens, base.maxTokens()));
    }
    this.base = base;
    this.template = new DialogueTemplate(base.tokenizer(), promptTokens, replyTokens);
  }

  /** Returns how many features a reply has: twice the base's hidden size, and one. */
  public int size() {
    return 2 * base.config().hiddenSize() + 1;
  }

  /**
   * Reads replies.
   *
   * @return for each prompt, in order, the features of each of its replies, in order: [replies][d]
   */
  public List<float[][]> of(List<Candidates> candidates) {
    List<TokenBatch.Row> rows = candidates.stream().map(this::row).toList();
    List<float[][]> features = new ArrayList<>();
    for (Candidates one : candidates) {
      features.add(new float[one.replies().size()][]);
    }
    for (List<Integer> batch : batches(rows)) {
      read(batch, rows, candidates, features);
    }
    return features;
  }

  private TokenBatch.Row row(Candidates candidates) {
    return new TokenBatch.Row(
        template.prompt(candidates.prompt()),
        candidates.replies().stream().map(template::reply).toList());
  }

  /** Indices of rows that are read together: alike in length, and few enough. */
  private static List<List<Integer>> batches(List<TokenBatch.Row> rows) {
    List<Integer> sorted =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> longest(rows.get(i))))
            .toList();
    List<List<Integer>> batches = new ArrayList<>();
    List<Integer> batch = new ArrayList<>();
    int replies = 0;
    int longestPrompt = 0;
    for (int i : sorted) {
      TokenBatch.Row row = rows.get(i);
      replies += row.replies().size();
      longestPrompt = Math.max(longestPrompt, row.prompt().length);
      if (!batch.isEmpty() && replies * (longestPrompt + longest(row)) > BATCH_TOKENS) {
        batches.add(batch);
        batch = new ArrayList<>();
        replies = row.replies().size();
        longestPrompt = row.prompt().length;
      }
      batch.add(i);
    }
    if (!batch.isEmpty()) {
      batches.add(batch);
    }
    return batches;
  }

  private static int longest(TokenBatch.Row row) {
    return row.replies().stream().mapToInt(reply -> reply.length).max().orElse(0);
  }

  private void read(
      List<Integer> batch,
      List<TokenBatch.Row> rows,
      List<Candidates> candidates,
      List<float[][]> features) {
    float[] matrix;
    try (NDManager scratch = manager.newSubManager();
        Dictionary inputs =
            new Dictionary(
                new TokenBatch(batch.stream().map(rows::get).toList())
                    .tensors(scratch, base.config()));
        Dictionary none = new Dictionary(Map.of())) {
      matrix =
          Tensors.floats(
              TorchScript.SHARED.infer(
                  scratch,
                  "reply_features",
                  inputs,
                  base.weights(),
                  none,
                  base.shape(),
                  base.config().rmsNormEps()));
    }
    int width = size() - 1;
    int reply = 0;
    for (int i : batch) {
      for (int r = 0; r < features.get(i).length; r++) {
        float[] one = Arrays.copyOfRange(matrix, reply * width, reply * width + size());
        one[width] = logLength(candidates.get(i).replies().get(r));
        features.get(i)[r] = one;
        reply++;
      }
    }
  }

  private float logLength(String reply) {
    return (float) Math.log1p(base.tokenizer().encode(reply).length);
  }

  @Override
  public void close() {
    manager.close();
  }
}
