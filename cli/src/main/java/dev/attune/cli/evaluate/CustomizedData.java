package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.imports.DspQuery;
import dev.attune.cli.imports.TextPair;
import dev.attune.schemas.events.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
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
    general = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(general));
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
    List<DspQuery> queries = DspQuery.read(data.resolve("dsp"));
    Map<String, Split<TextPair>> general = new LinkedHashMap<>();
    if (test == null) {
      for (String set : SETS) {
        general.put(
            set, Split.byGroup(pairs(data, set), CustomizedData::promptOf, TEST_SHARE, seed));
      }
      return new CustomizedData(Split.byGroup(queries, DspQuery::query, TEST_SHARE, seed), general);
    }
    requireFolder("--test", test);
    for (String set : SETS) {
      general.put(set, new Split<>(pairs(data, set), pairs(test, set)));
    }
    return new CustomizedData(new Split<>(queries, DspQuery.read(test.resolve("dsp"))), general);
  }

  /** The domains of the queries, in the data's order. */
  public List<String> domains() {
    return dsp.train().get(0).domains();
  }

  /**
   * What the base and its tokenizer learn from: the training parts, less any text that the test
   * parts have too.
   */
  public List<String> trainingTexts() {
    Set<String> held = new HashSet<>();
    dsp.test().forEach(query -> held.addAll(texts(query)));
    for (Split<TextPair> split : general.values()) {
      split.test().forEach(pair -> held.addAll(texts(pair)));
    }
    List<String> texts = new ArrayList<>();
    dsp.train().forEach(query -> texts.addAll(texts(query)));
    for (Split<TextPair> split : general.values()) {
      split.train().forEach(pair -> texts.addAll(texts(pair)));
    }
    Set<String> seen = new HashSet<>();
    return texts.stream().filter(text -> !held.contains(text) && seen.add(text)).toList();
  }

  private static List<String> texts(DspQuery query) {
    return Stream.concat(Stream.of(query.query()), query.responses().values().stream()).toList();
  }

  private static List<String> texts(TextPair pair) {
    return Stream.concat(Stream.of(promptOf(pair)), Stream.of(pair.first(), pair.second()))
        .toList();
  }

  private static String promptOf(TextPair pair) {
    StringBuilder text = new StringBuilder();
    for (Turn turn : pair.prompt()) {
      text.append(turn.getText()).append("\n");
    }
    return text.toString();
  }

  private static List<TextPair> pairs(Path data, String set) {
    return TextPair.read(data.resolve("general").resolve(set + ".json"));
  }

  private static void requireFolder(String option, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CliException(option + " " + folder + ": no such folder");
    }
  }
}
