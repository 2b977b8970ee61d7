package dev.attune.model.personal;

import dev.attune.model.text.Turn;
import java.util.List;

/**
 * Replies to one prompt, as texts.
 *
 * @param prompt the turns before the replies
 * @param replies at least one text
 */
public record Candidates(List<Turn> prompt, List<String> replies) {
  /** Copies the lists. */
  public Candidates {
    prompt = List.copyOf(prompt);
    replies = List.copyOf(replies);
    if (replies.isEmpty()) {
      throw new IllegalArgumentException("no replies; allowed is one or more");
    }
  }
}
