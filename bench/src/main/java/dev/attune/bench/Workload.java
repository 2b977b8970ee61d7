package dev.attune.bench;

import dev.attune.model.lm.TokenBatch;
import dev.attune.model.reference.ReferenceLosses.Comparison;
import dev.attune.model.reference.TextBatch;
import dev.attune.model.reference.TextBatch.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Prompts with candidate replies, all prompts of one length and all replies of one, so that no
 * layout gains by their differences.
 *
 * @param rows prompts with their replies
 * @param gathered whether the rows' adapters come from a stack
 */
record Workload(List<TokenBatch.Row> rows, boolean gathered) {
  /** Random tokens: {@code texts} replies, {@code candidates} of them to each prompt. */
  static Workload random(
      int texts, int candidates, int promptTokens, int replyTokens, int vocabulary) {
    Random random = new Random(1);
    List<TokenBatch.Row> rows = new ArrayList<>();
    for (int e = 0; e < texts / candidates; e++) {
      int[] prompt = random.ints(promptTokens, 0, vocabulary).toArray();
      List<int[]> replies = new ArrayList<>();
      for (int n = 0; n < candidates; n++) {
        replies.add(random.ints(replyTokens, 0, vocabulary).toArray());
      }
      rows.add(new TokenBatch.Row(prompt, replies));
    }
    return new Workload(rows, false);
  }

  /** The same texts, each with its own copy of its prompt. */
  Workload unshared() {
    return new Workload(
        rows.stream()
            .flatMap(
                row ->
                    row.replies().stream()
                        .map(
                            reply ->
                                new TokenBatch.Row(
                                    row.prompt(), List.of(reply), row.adapter(), row.user())))
            .toList(),
        gathered);
  }

  /** The same texts of users by the rows' numbers, with so many vectors before each text. */
  Workload withUsers(IntUnaryOperator user, int softPrompt) {
    return new Workload(
        IntStream.range(0, rows.size())
            .mapToObj(
                e -> {
                  TokenBatch.Row row = rows.get(e);
                  int[] slots = IntStream.range(0, softPrompt).map(t -> -1 - t).toArray();
                  int[] prompt =
                      IntStream.concat(IntStream.of(slots), IntStream.of(row.prompt())).toArray();
                  return new TokenBatch.Row(
                      prompt, row.replies(), row.adapter(), user.applyAsInt(e));
                })
            .toList(),
        gathered);
  }

  /** The same texts under adapters of a stack, by the rows' numbers. */
  Workload withAdapters(IntUnaryOperator adapter) {
    return new Workload(
        IntStream.range(0, rows.size())
            .mapToObj(
                e -> {
                  TokenBatch.Row row = rows.get(e);
                  return new TokenBatch.Row(
                      row.prompt(), row.replies(), adapter.applyAsInt(e), row.user());
                })
            .toList(),
        true);
  }

  /** For the scripts. */
  TokenBatch packed() {
    return new TokenBatch(rows, gathered);
  }

  /** For the yardstick. */
  TextBatch padded() {
    return new TextBatch(
        rows.stream()
            .flatMap(row -> row.replies().stream().map(reply -> Text.of(row.prompt(), reply)))
            .toList());
  }

  /** Each reply with an even number is preferred to the next; weights sum to 1. */
  List<Comparison> comparisons() {
    int pairs = rows.stream().mapToInt(row -> row.replies().size()).sum() / 2;
    return IntStream.range(0, pairs)
        .mapToObj(i -> new Comparison(2 * i, 2 * i + 1, 1f / pairs, 0, false))
        .toList();
  }

  /** Tokens of all texts, each with its own prompt. */
  long textTokens() {
    return rows.stream()
        .mapToLong(
            row -> row.replies().stream().mapToLong(r -> row.prompt().length + r.length).sum())
        .sum();
  }
}
