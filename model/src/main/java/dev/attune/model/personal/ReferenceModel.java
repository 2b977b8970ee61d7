package dev.attune.model.personal;

import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.Torch;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import dev.attune.model.text.DialogueTemplate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Turns replies into tokens and computes the reference's log-probabilities log π_ref(y|x), once:
 * those of the base without adapter, users' vectors and users' texts, so that they are the same for
 * all users. Safe for use by several threads.
 */
public final class ReferenceModel {
  private final BaseModel base;
  private final PersonalConfig config;
  private final DialogueTemplate template;
  private final PassBuilder builder;

  /** Makes a reference over a base, which it does not own. */
  public ReferenceModel(BaseModel base, PersonalConfig config) {
    config.requireFit(base);
    this.base = base;
    this.config = config;
    this.template =
        new DialogueTemplate(base.tokenizer(), config.promptTokens(), config.replyTokens());
    this.builder = new PassBuilder(config, base.tokenizer());
  }

  /** Returns the replies as tokens; with zeros for log-probabilities where a reward is learned. */
  public ReferencedReplies encode(Candidates candidates) {
    return encode(List.of(candidates)).get(0);
  }

  /** Like {@link #encode(Candidates)}, for many at a time. */
  public List<ReferencedReplies> encode(List<Candidates> candidates) {
    List<ReferencedReplies> encoded = new ArrayList<>();
    for (Candidates c : candidates) {
      List<int[]> replies = c.replies().stream().map(template::reply).toList();
      encoded.add(
          new ReferencedReplies(template.prompt(c.prompt()), replies, new double[replies.size()]));
    }
    if (config.learnsPolicy()) {
      // Texts of similar length together: little padding in attention.
      List<ReferencedReplies> sorted = new ArrayList<>(encoded);
      sorted.sort(Comparator.comparingInt(ReferencedReplies::tokens));
      try (NDManager manager = Torch.newManager()) {
        Pass.cut(sorted.stream().map(builder::reference).toList(), config.batchTokens())
            .forEach(part -> fill(manager, part));
      }
    }
    return encoded;
  }

  private void fill(NDManager manager, List<Pass> passes) {
    try (NDManager scratch = manager.newSubManager();
        Dictionary inputs =
            new Dictionary(
                new TokenBatch(passes.stream().map(Pass::tokens).toList())
                    .tensors(scratch, base.config()))) {
      float[] logProbs =
          Tensors.floats(
              TorchScript.SHARED.infer(
                  scratch,
                  "reference_log_probs",
                  inputs,
                  base.weights(),
                  base.shape(),
                  base.config().rmsNormEps()));
      int next = 0;
      for (Pass pass : passes) {
        for (int i = 0; i < pass.reference().length; i++) {
          pass.reference()[i] = logProbs[next++];
        }
      }
    }
  }
}
