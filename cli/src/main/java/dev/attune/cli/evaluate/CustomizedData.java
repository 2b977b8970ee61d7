package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.TextPair;
import dev.attune.model.text.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What {@code evaluate customized} learns from and tests with.
 *
 * @param dsp queries of the Domain-Specific Preferences
 * @param general pairs by set: helpful, harmless, webgpt
 */
public record CustomizedData(Split<DspQuery> dsp, Map<String, Split<TextPair>> general) {
  /** The general sets, each a domain {@code general.<set>}. */
  public static final List<String> SETS = List.of("helpful", "harmless", "webgpt");

  private static final double TEST_SHARE = 0.2;

  public CustomizedData {
    general = Collections.unmodifiableMap(new LinkedHashMap<>(general));
  }

  /**
   * Reads a data folder ({@code dsp/}, {@code general/}).
   *
   * @param test the folder of the test set, laid out alike; null splits the data 80/20: by query,
   *     and by the prompt of the pairs
   * @throws CliException naming what is missing or broken
   */
  public static CustomizedData read(Path data, @Nullable Path test, long seed) {
    requireFolder("--data", data);
    List<DspQuery> queries = queries(data);
    Map<String, Split<TextPair>> general = new LinkedHashMap<>();
    if (test == null) {
      for (String set : SETS) {
        general.put(set, Split.byGroup(pairs(data, set), TextPair::prompt, TEST_SHARE, seed));
      }
      return new CustomizedData(Split.byGroup(queries, DspQuery::query, TEST_SHARE, seed), general);
    }
    requireFolder("--test", test);
    for (String set : SETS) {
      general.put(set, new Split<>(pairs(data, set), pairs(test, set)));
    }
    List<DspQuery> testQueries = queries(test);
    requireSameStyles(data, queries.get(0), test, testQueries);
    return new CustomizedData(new Split<>(queries, testQueries), general);
  }

  /** The domains of the queries, in the data's order. */
  public List<String> domains() {
    return dsp.train().get(0).domains();
  }

  /**
   * What the base and its tokenizer learn from: the training parts, less any dialogue with a prompt
   * or reply that the test parts have too.
   */
  public List<List<Turn>> trainingDialogues() {
    Set<List<Turn>> prompts = new HashSet<>();
    Set<String> replies = new HashSet<>();
    for (Dialogue dialogue : dialogues(dsp.test(), Split::test)) {
      prompts.add(dialogue.prompt());
      replies.add(dialogue.reply());
    }
    Set<List<Turn>> dialogues = new LinkedHashSet<>();
    for (Dialogue dialogue : dialogues(dsp.train(), Split::train)) {
      if (!prompts.contains(dialogue.prompt()) && !replies.contains(dialogue.reply())) {
        List<Turn> turns = new ArrayList<>(dialogue.prompt());
        turns.add(new Turn("assistant", dialogue.reply()));
        dialogues.add(List.copyOf(turns));
      }
    }
    return List.copyOf(dialogues);
  }

  private record Dialogue(List<Turn> prompt, String reply) {}

  private List<Dialogue> dialogues(
      List<DspQuery> queries, Function<Split<TextPair>, List<TextPair>> part) {
    List<Dialogue> dialogues = new ArrayList<>();
    for (DspQuery query : queries) {
      for (String response : query.responses().values()) {
        dialogues.add(new Dialogue(List.of(new Turn("user", query.query())), response));
      }
    }
    for (Split<TextPair> set : general.values()) {
      for (TextPair pair : part.apply(set)) {
        dialogues.add(new Dialogue(turns(pair), pair.first()));
        dialogues.add(new Dialogue(turns(pair), pair.second()));
      }
    }
    return dialogues;
  }

  private static List<Turn> turns(TextPair pair) {
    return pair.prompt().stream().map(turn -> new Turn(turn.getRole(), turn.getText())).toList();
  }

  private static List<TextPair> pairs(Path data, String set) {
    return TextPair.read(data.resolve("general").resolve(set + ".json"));
  }

  private static List<DspQuery> queries(Path data) {
    List<DspQuery> queries = DspQuery.read(data.resolve("dsp"));
    if (queries.size() < 2) {
      throw new CliException(data.resolve("dsp") + ": two queries or more are needed");
    }
    requireSameStyles(data, queries.get(0), data, queries);
    return queries;
  }

  /** Accuracies are over pairs of all styles, so each query must have a response in each. */
  private static void requireSameStyles(
      Path data, DspQuery first, Path folder, List<DspQuery> queries) {
    for (DspQuery query : queries) {
      if (!query.responses().keySet().equals(first.responses().keySet())) {
        throw new CliException(
            "%s:%d: has other responses than the first query of %s"
                .formatted(folder.resolve("dsp").resolve(DspQuery.FILE), query.line(), data));
      }
    }
  }

  private static void requireFolder(String option, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CliException(option + " " + folder + ": no such folder");
    }
  }
}
