package dev.attune.model.generate;

import ai.djl.ndarray.NDManager;
import dev.attune.model.adapter.AdapterStack;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Torch;
import dev.attune.model.lm.BaseModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Continues texts. One call may mix users, adapters, ways of sampling and lengths: rows are sorted
 * by the room that they need and cut into batches under a budget of cached tokens. A row's text
 * does not depend on the rows beside it (up to roundings in its probabilities, fp32: 1e-5).
 *
 * <p>Under dynamically scaled rotary positions a text ends where the model's original context does.
 *
 * <p>Safe for use by several threads.
 */
public final class Generator implements AutoCloseable {
  /** Tokens that the caches of a batch have room for; bounds memory. */
  private static final int CACHED_TOKENS = 16_384;

  private final BaseModel base;
  private final int adapters;
  private final @Nullable AdapterStack stack;
  private final Dictionary none = new Dictionary(Map.of());
  private final NDManager manager = Torch.newManager();

  /** Makes a generator of a base, which it does not close. */
  public Generator(BaseModel base) {
    this(base, null);
  }

  /** Makes a generator of a base with adapters; it closes neither. */
  public Generator(BaseModel base, @Nullable AdapterStack stack) {
    this.base = base;
    this.stack = stack;
    this.adapters = stack == null ? 1 : stack.size();
  }

  /** Returns how many tokens a prompt and its continuation may have together. */
  public int maxTokens() {
    return Math.min(base.maxTokens(), base.config().maxPositions());
  }

  /**
   * Continues each prompt.
   *
   * @return a text for each request, in order
   * @throws IllegalArgumentException if a prompt leaves no room for a token, or a vector or an
   *     adapter does not fit
   */
  public List<Generation> generate(List<GenerationRequest> requests) {
    requests.forEach(this::requireFit);
    Generation[] results = new Generation[requests.size()];
    List<Integer> order =
        IntStream.range(0, results.length)
            .boxed()
            .sorted(Comparator.comparingInt(n -> room(requests.get(n))))
            .toList();
    List<Integer> batch = new ArrayList<>();
    for (int n : order) {
      if (!batch.isEmpty() && (batch.size() + 1) * room(requests.get(n)) > CACHED_TOKENS) {
        run(requests, batch, results);
        batch.clear();
      }
      batch.add(n);
    }
    if (!batch.isEmpty()) {
      run(requests, batch, results);
    }
    return Arrays.asList(results);
  }

  private void run(List<GenerationRequest> requests, List<Integer> batch, Generation[] results) {
    List<GeneratingRow> rows =
        batch.stream()
            .map(n -> new GeneratingRow(requests.get(n), mostTokens(requests.get(n))))
            .toList();
    int room = batch.stream().mapToInt(n -> room(requests.get(n))).max().orElse(0);
    Dictionary lora = stack == null ? none : stack.tensors();
    try (GenerationBatch running =
        new GenerationBatch(base, lora, adapters > 1, manager, rows, room)) {
      running.run();
    }
    for (int i = 0; i < batch.size(); i++) {
      results[batch.get(i)] = rows.get(i).result();
    }
  }

  /** Returns how many tokens a request's row may hold. */
  private int room(GenerationRequest request) {
    return request.prompt().length + mostTokens(request);
  }

  private int mostTokens(GenerationRequest request) {
    return Math.min(request.sampling().maxTokens(), maxTokens() - request.prompt().length);
  }

  private void requireFit(GenerationRequest request) {
    if (request.prompt().length >= maxTokens()) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens; the model reads %d at most, with what follows"
              .formatted(request.prompt().length, maxTokens()));
    }
    if (request.adapter() >= adapters) {
      throw new IllegalArgumentException(
          "adapter is %d; there are %d".formatted(request.adapter(), adapters));
    }
    int vocabulary = base.config().vocabularySize();
    if (IntStream.of(request.prompt()).anyMatch(id -> id >= vocabulary)) {
      throw new IllegalArgumentException("a token id beyond the vocabulary of " + vocabulary);
    }
    for (float[] vector : request.softPrompt()) {
      requireWidth(vector);
    }
    if (request.added().length > 0) {
      requireWidth(request.added());
    }
  }

  private void requireWidth(float[] vector) {
    if (vector.length != base.config().hiddenSize()) {
      throw new IllegalArgumentException(
          "a vector of %d numbers; the model's hidden size is %d"
              .formatted(vector.length, base.config().hiddenSize()));
    }
  }

  @Override
  public void close() {
    none.close();
    manager.close();
  }
}
