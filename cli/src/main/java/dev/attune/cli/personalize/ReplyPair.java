package dev.attune.cli.personalize;

import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.evaluate.Split;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.TextPair;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.List;

/**
 * Two different replies to one prompt, for a simulated user to choose from.
 *
 * @param prompt the turns before the replies
 * @param first a reply
 * @param second another reply
 */
record ReplyPair(List<Turn> prompt, String first, String second) {
  ReplyPair {
    prompt = List.copyOf(prompt);
  }

  /** Every pair of a query's responses, for each query. */
  static Split<ReplyPair> ofQueries(Split<DspQuery> queries) {
    return new Split<>(ofQueries(queries.train()), ofQueries(queries.test()));
  }

  /** The pairs of the general sets, and of each query its plain response with each other one. */
  static Split<ReplyPair> ofAll(CustomizedData data) {
    List<ReplyPair> train = new ArrayList<>(withNormal(data.dsp().train()));
    List<ReplyPair> test = new ArrayList<>(withNormal(data.dsp().test()));
    for (Split<TextPair> set : data.general().values()) {
      set.train().forEach(pair -> add(train, of(pair)));
      set.test().forEach(pair -> add(test, of(pair)));
    }
    return new Split<>(train, test);
  }

  /** The same choice of a user who prefers the first. */
  PersonalComparison chosenBy(String user, String userText, boolean prefersFirst) {
    return new PersonalComparison(
        user, userText, prompt, prefersFirst ? first : second, prefersFirst ? second : first);
  }

  /** Every pair of each query's responses. */
  static List<ReplyPair> ofQueries(List<DspQuery> queries) {
    List<ReplyPair> pairs = new ArrayList<>();
    for (DspQuery query : queries) {
      List<String> replies = List.copyOf(query.responses().values());
      for (int i = 0; i < replies.size(); i++) {
        for (int j = i + 1; j < replies.size(); j++) {
          add(pairs, new ReplyPair(prompt(query), replies.get(i), replies.get(j)));
        }
      }
    }
    return pairs;
  }

  private static List<ReplyPair> withNormal(List<DspQuery> queries) {
    List<ReplyPair> pairs = new ArrayList<>();
    for (DspQuery query : queries) {
      String normal = query.responses().get(DspQuery.NORMAL);
      for (String domain : query.domains()) {
        if (normal != null) {
          add(pairs, new ReplyPair(prompt(query), normal, query.responses().get(domain)));
        }
      }
    }
    return pairs;
  }

  private static List<Turn> prompt(DspQuery query) {
    return List.of(new Turn("user", query.query()));
  }

  private static ReplyPair of(TextPair pair) {
    return new ReplyPair(
        pair.prompt().stream().map(turn -> new Turn(turn.getRole(), turn.getText())).toList(),
        pair.first(),
        pair.second());
  }

  private static void add(List<ReplyPair> pairs, ReplyPair pair) {
    if (!pair.first().equals(pair.second())) {
      pairs.add(pair);
    }
  }
}
