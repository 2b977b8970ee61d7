package dev.attune.model.personal;

import ai.djl.ndarray.NDManager;
import dev.attune.model.adapter.AdapterStack;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.generate.Generation;
import dev.attune.model.generate.GenerationRequest;
import dev.attune.model.generate.Generator;
import dev.attune.model.generate.Sampling;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.personal.UserModelConfig.Join;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies as for users: y ~ π(·|x, u) of a personal policy (Li et al. 2024, arXiv
 * 2402.05133). A prompt is read as the policy was trained to read it, with the user's vectors and
 * text.
 *
 * <p>Safe for use by several threads; close it before the model, which it does not close.
 */
public final class PersonalGenerator implements AutoCloseable {
  private static final float[][] NO_VECTORS = {};
  private static final float[] NO_VECTOR = {};

  private final PersonalModel model;
  private final PersonalConfig config;
  private final PassBuilder builder;
  private final DialogueTemplate template;
  private final AdapterStack adapter;
  private final Generator generator;

  /**
   * A reply to be written.
   *
   * @param row the user's; null is the generic user
   * @param userText what the user says of themself; null is nothing
   * @param seed what is drawn is a function of it and of the rest of this item
   */
  public record Item(
      @Nullable UserRow row,
      @Nullable String userText,
      List<Turn> prompt,
      Sampling sampling,
      long seed) {}

  /**
   * Copies the model's adapter to native memory once more.
   *
   * @throws IllegalArgumentException if the model is a reward model and no policy
   */
  public PersonalGenerator(PersonalModel model) {
    this.model = model;
    this.config = model.weights().config();
    if (!config.learnsPolicy()) {
      throw new IllegalArgumentException(
          "objective is " + config.loss().objective() + "; a policy is needed");
    }
    BaseModel base = model.base();
    this.builder = new PassBuilder(config, base.tokenizer());
    this.template =
        new DialogueTemplate(base.tokenizer(), config.promptTokens(), config.replyTokens());
    this.adapter = AdapterStack.of(List.of(model.weights().adapter(base.config())));
    this.generator = new Generator(base, adapter);
  }

  /**
   * Writes replies for many users at a time. A text does not depend on what is beside it.
   *
   * @return a text for each item, in order
   * @throws IllegalArgumentException if a row is of another size than the policy's
   */
  public List<Generation> generate(List<Item> items) {
    List<float[][]> vectors = vectors(items);
    boolean soft = config.users().join() == Join.SOFT_PROMPT;
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      float[][] own = vectors.get(i);
      requests.add(
          new GenerationRequest(
              builder.prompt(template.prompt(item.prompt()), item.userText()),
              soft ? own : NO_VECTORS,
              soft || own.length == 0 ? NO_VECTOR : own[0],
              0,
              item.sampling(),
              item.seed()));
    }
    return generator.generate(requests);
  }

  /** Each user's vectors, [T_u][D]. */
  private List<float[][]> vectors(List<Item> items) {
    int tokens = config.users().tokens();
    int width = model.base().config().hiddenSize();
    List<@Nullable UserRow> rows = new ArrayList<>();
    for (Item item : items) {
      UserRow row = config.users().hasRows() ? item.row() : null;
      rows.add(row);
      if (row != null && row.size() != config.users().rowSize(width)) {
        throw new IllegalArgumentException(
            "a row of %d numbers; the user model asks for %d"
                .formatted(row.size(), config.users().rowSize(width)));
      }
    }
    float[] flat = new float[0];
    if (tokens > 0 && !items.isEmpty()) {
      try (NDManager scratch = Torch.newManager()) {
        flat = Tensors.floats(model.vectors(scratch, rows));
      }
    }
    List<float[][]> vectors = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      float[][] own = new float[tokens][];
      for (int t = 0; t < tokens; t++) {
        int from = (i * tokens + t) * width;
        own[t] = Arrays.copyOfRange(flat, from, from + width);
      }
      vectors.add(own);
    }
    return vectors;
  }

  @Override
  public void close() {
    generator.close();
    adapter.close();
  }
}
