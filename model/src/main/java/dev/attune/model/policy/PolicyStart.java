package dev.attune.model.policy;

import dev.attune.model.head.BasisLearner;
import dev.attune.model.head.FeaturePair;
import dev.attune.model.head.GaussianWeights;
import dev.attune.model.head.HeadBasis;
import dev.attune.model.head.ReplyFeatures;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first epoch, from the base alone, so that heads learn from the first event on: the
 * coordinates are the length and the principal components of differences between sample replies of
 * many lengths and styles to a few prompts; weights are independent around zero, so that the
 * generic user's personal reward is 0. The same base gives the same policy.
 */
public final class PolicyStart {
  private static final String SAMPLE = "replies.txt";
  private static final String PROMPT = "? ";

  private PolicyStart() {}

  /**
   * Makes epoch 1.
   *
   * @throws IllegalArgumentException if the base cannot read so many tokens
   */
  public static Policy of(BaseModel base, PolicyConfig config) {
    BasisLearner wanted = config.basis();
    BasisLearner principal =
        new BasisLearner(
            0, wanted.learned() + wanted.principal(), wanted.penalty(), wanted.steps());
    HeadBasis basis = principal.learnWithLength(List.of(pairs(base, config)));
    GaussianWeights prior =
        config.prior().fit(HeadVariances.of(basis, config.prior().variance()), List.of());
    return new Policy(
        1,
        base.sha256(),
        config.promptTokens(),
        config.replyTokens(),
        basis,
        prior,
        null,
        null,
        List.of());
  }

  /** Each two replies to one prompt. */
  private static List<FeaturePair> pairs(BaseModel base, PolicyConfig config) {
    List<FeaturePair> pairs = new ArrayList<>();
    try (ReplyFeatures reader =
        new ReplyFeatures(base, config.promptTokens(), config.replyTokens())) {
      for (float[][] replies : reader.of(sample())) {
        for (int i = 0; i < replies.length; i++) {
          for (int j = i + 1; j < replies.length; j++) {
            pairs.add(new FeaturePair(replies[i], replies[j]));
          }
        }
      }
    }
    return pairs;
  }

  private static List<ReplyFeatures.Candidates> sample() {
    List<ReplyFeatures.Candidates> sample = new ArrayList<>();
    List<String> replies = new ArrayList<>();
    @Nullable String prompt = null;
    for (String paragraph : text().strip().split("\n\n", -1)) {
      if (paragraph.startsWith(PROMPT)) {
        if (prompt != null) {
          sample.add(candidates(prompt, replies));
        }
        prompt = paragraph.substring(PROMPT.length());
        replies.clear();
      } else {
        replies.add(paragraph);
      }
    }
    sample.add(candidates(prompt, replies));
    return sample;
  }

  private static ReplyFeatures.Candidates candidates(String prompt, List<String> replies) {
    return new ReplyFeatures.Candidates(List.of(new Turn("user", prompt)), replies);
  }

  private static String text() {
    try (InputStream in = PolicyStart.class.getResourceAsStream(SAMPLE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
