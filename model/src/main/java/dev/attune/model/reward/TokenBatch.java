package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * Prompts with their replies, laid out for the script {@code packed_states}: tokens are packed
 * without padding, each prompt once, and index tables say where in the padded layout of attention
 * each of them belongs.
 *
 * @param rows at least one
 */
record TokenBatch(List<Row> rows) {
  /** A prompt and at least one reply to it, none of them empty. */
  record Row(int[] prompt, List<int[]> replies) {
    int longestReply() {
      return replies.stream().mapToInt(reply -> reply.length).max().orElse(0);
    }
  }

  /** Returns the tensors of the batch by their names in the script. */
  Map<String, NDArray> tensors(NDManager manager) {
    List<int[]> prompts = rows.stream().map(Row::prompt).toList();
    List<int[]> replies = new ArrayList<>();
    long[] owner = new long[rows.stream().mapToInt(row -> row.replies.size()).sum()];
    for (int e = 0; e < rows.size(); e++) {
      for (int[] reply : rows.get(e).replies) {
        owner[replies.size()] = e;
        replies.add(reply);
      }
    }
    Packed p = new Packed(prompts);
    Packed r = new Packed(replies);
    long[] positions = new long[p.ids.length + r.ids.length];
    long[] unpad = new long[positions.length];
    p.place(positions, unpad, 0, 0, n -> 0);
    r.place(positions, unpad, p.ids.length, p.at.length, n -> prompts.get((int) owner[n]).length);
    Map<String, NDArray> tensors = new HashMap<>();
    tensors.put("prompt_ids", Tensors.of(manager, p.ids, p.ids.length));
    tensors.put("reply_ids", Tensors.of(manager, r.ids, r.ids.length));
    tensors.put("positions", Tensors.of(manager, positions, positions.length));
    tensors.put("prompt_at", Tensors.of(manager, p.at, prompts.size(), p.longest));
    tensors.put("prompt_length", Tensors.of(manager, p.lengths, prompts.size()));
    tensors.put("reply_at", Tensors.of(manager, r.at, replies.size(), r.longest));
    tensors.put("reply_length", Tensors.of(manager, r.lengths, replies.size()));
    tensors.put("owner", Tensors.of(manager, owner, owner.length));
    tensors.put("unpad", Tensors.of(manager, unpad, unpad.length));
    return tensors;
  }

  /** Sequences laid end to end, and where each would be in a padded matrix. */
  private static final class Packed {
    final int longest;
    final long[] ids;
    final long[] at;
    final long[] lengths;

    Packed(List<int[]> sequences) {
      longest = sequences.stream().mapToInt(sequence -> sequence.length).max().orElse(0);
      ids = sequences.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
      lengths = sequences.stream().mapToLong(sequence -> sequence.length).toArray();
      at = new long[sequences.size() * longest];
      int start = 0;
      for (int n = 0; n < lengths.length; n++) {
        for (int t = 0; t < longest; t++) {
          at[n * longest + t] = start + Math.min(t, lengths[n] - 1);
        }
        start += (int) lengths[n];
      }
    }

    /** Fills positions and padded places of these sequences' tokens, the first at {@code token}. */
    void place(
        long[] positions, long[] unpad, int token, int firstPlace, IntUnaryOperator firstPosition) {
      int next = token;
      for (int n = 0; n < lengths.length; n++) {
        int first = firstPosition.applyAsInt(n);
        for (int t = 0; t < lengths[n]; t++) {
          positions[next] = (long) first + t;
          unpad[next++] = firstPlace + (long) n * longest + t;
        }
      }
    }
  }
}
