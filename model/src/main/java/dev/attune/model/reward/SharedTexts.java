package dev.attune.model.reward;

import dev.attune.model.reward.PreferenceExample.Judgement;
import dev.attune.model.reward.PreferenceExample.Pair;
import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The examples of a batch with those that share head and prompt put together, and each of their
 * replies there once: people judge the same texts, and one pass over a text is enough for all who
 * do. Loss and gradient stay the sums over all comparisons and judgements. A batch in which no
 * prompt repeats stays as it is. Immutable.
 *
 * @param merged what to learn from; user and served of several examples together are the first's
 * @param rows of each example that was given: where its replies are among those of all merged
 */
record SharedTexts(List<EncodedExample> merged, List<int[]> rows) {
  /** What examples must have in common; buffers compare their elements. */
  private record PromptKey(String head, IntBuffer ids) {}

  private record ReplyKey(IntBuffer ids, int characters) {}

  /**
   * Merges examples; a group stands where its first example stood.
   *
   * @param mostTokens of a group of several
   */
  static SharedTexts of(List<EncodedExample> examples, int mostTokens) {
    List<Group> groups = new ArrayList<>();
    List<Group> groupOf = new ArrayList<>();
    Map<PromptKey, Group> open = new HashMap<>();
    for (EncodedExample example : examples) {
      PromptKey key = new PromptKey(example.head(), IntBuffer.wrap(example.dialogue().prompt()));
      Group group = open.get(key);
      if (group == null || group.tokens + example.dialogue().tokens() > mostTokens) {
        group = new Group();
        groups.add(group);
        open.put(key, group);
      }
      group.add(example);
      groupOf.add(group);
    }
    return laidOut(groups, groupOf);
  }

  /** Leaves every example alone. */
  static SharedTexts apart(List<EncodedExample> examples) {
    List<Group> groups = new ArrayList<>();
    for (EncodedExample example : examples) {
      Group group = new Group();
      group.add(example);
      groups.add(group);
    }
    return laidOut(groups, groups);
  }

  private static SharedTexts laidOut(List<Group> groups, List<Group> groupOf) {
    List<EncodedExample> merged = new ArrayList<>();
    int row = 0;
    for (Group group : groups) {
      group.firstRow = row;
      EncodedExample example = group.merged();
      merged.add(example);
      row += example.dialogue().replies().size();
    }
    List<int[]> rows = groupOf.stream().map(Group::nextRows).toList();
    return new SharedTexts(List.copyOf(merged), rows);
  }

  /** Examples that become one. */
  private static final class Group {
    private final List<EncodedExample> examples = new ArrayList<>();
    private final List<EncodedReply> replies = new ArrayList<>();
    private final Map<ReplyKey, Integer> places = new HashMap<>();
    private final Deque<int[]> placesOf = new ArrayDeque<>();
    private int tokens;
    private int firstRow;

    void add(EncodedExample example) {
      examples.add(example);
      tokens += example.dialogue().tokens();
    }

    /** One example stays as it is, with replies that it may have twice. */
    EncodedExample merged() {
      EncodedExample first = examples.get(0);
      if (examples.size() == 1) {
        placesOf.add(IntStream.range(0, first.dialogue().replies().size()).toArray());
        return first;
      }
      List<Pair> pairs = new ArrayList<>();
      List<Judgement> judgements = new ArrayList<>();
      for (EncodedExample example : examples) {
        int[] at = example.dialogue().replies().stream().mapToInt(this::place).toArray();
        placesOf.add(at);
        for (Pair pair : example.pairs()) {
          pairs.add(
              new Pair(
                  at[pair.preferred()],
                  at[pair.other()],
                  pair.weight(),
                  pair.margin(),
                  pair.tie()));
        }
        for (Judgement judgement : example.judgements()) {
          judgements.add(
              new Judgement(at[judgement.reply()], judgement.good(), judgement.weight()));
        }
      }
      EncodedDialogue dialogue = new EncodedDialogue(first.dialogue().prompt(), replies);
      return new EncodedExample(
          first.head(), first.user(), first.served(), dialogue, pairs, judgements);
    }

    private int place(EncodedReply reply) {
      return places.computeIfAbsent(
          new ReplyKey(IntBuffer.wrap(reply.ids()), reply.characters()),
          key -> {
            replies.add(reply);
            return replies.size() - 1;
          });
    }

    /** The rows of the next example's replies. */
    int[] nextRows() {
      return IntStream.of(placesOf.remove()).map(place -> firstRow + place).toArray();
    }
  }
}
