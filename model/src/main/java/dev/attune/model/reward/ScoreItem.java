package dev.attune.model.reward;

import dev.attune.model.text.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replies to be scored.
 *
 * @param prompt the turns before the replies
 * @param replies texts; none gives no rewards
 * @param model the reward model; null is the untrained base, whose rewards are all 0
 * @param head the head; the pooled one stands in for a head that the model does not have
 */
public record ScoreItem(
    List<Turn> prompt, List<String> replies, @Nullable ResidentModel model, String head) {
  /** Copies the lists. */
  public ScoreItem {
    prompt = List.copyOf(prompt);
    replies = List.copyOf(replies);
  }
}
