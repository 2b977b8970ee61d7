package dev.attune.model.reward;

/**
 * Which of a reply's last hidden states its reward is read from (Cheng et al. 2023, arXiv
 * 2309.03126). Where a reply was cut off and has no end mark, its last token stands in for it.
 */
public enum Pooling {
  /** The mean over the reply's tokens, its end mark included. */
  MEAN,
  /** The largest value of each dimension over the reply's tokens, its end mark included. */
  MAX,
  /** The last token before the end mark; the end mark of a reply that has nothing else. */
  LAST,
  /** The end mark. */
  END;

  /** Returns the token of a reply that is read, or −1 where all are. */
  int token(int[] ids, int endOfReplyId) {
    int end = ids.length - 1;
    return switch (this) {
      case MEAN, MAX -> -1;
      case LAST -> end > 0 && ids[end] == endOfReplyId ? end - 1 : end;
      case END -> end;
    };
  }
}
