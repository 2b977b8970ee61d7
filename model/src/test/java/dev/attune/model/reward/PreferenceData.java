package dev.attune.model.reward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.text.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The preference sets of the development data, as examples. */
final class PreferenceData {
  static final List<String> DOMAINS = List.of("academy", "business", "entertainment", "literature");
  static final List<String> SOURCES = List.of("helpful", "harmless", "webgpt");

  private static final Pattern MARK =
      Pattern.compile("(?:\\A|\\s*\\n\\n)(?:## )?(Human|Assistant):\\s*");

  private final Path data;

  private PreferenceData(Path data) {
    this.data = data;
  }

  /** Returns the data named by ATTUNE_DATA, or ../shared/data beside the repository. */
  static PreferenceData find() {
    String named = System.getenv("ATTUNE_DATA");
    Path root = Path.of("").toAbsolutePath();
    while (named == null && root.getParent() != null) {
      if (Files.isDirectory(root.resolve("shared/data"))) {
        return new PreferenceData(root.resolve("shared/data"));
      }
      root = root.getParent();
    }
    return new PreferenceData(Path.of(named == null ? "../shared/data" : named));
  }

  /** DSP queries with the reply of each domain and "normal", shuffled by the seed. */
  List<JsonNode> queries(long seed) {
    List<JsonNode> queries = new ArrayList<>();
    read("dsp/domain_specific_preference.json").forEach(queries::add);
    Collections.shuffle(queries, new Random(seed));
    return queries;
  }

  static PreferenceExample choice(JsonNode query, String domain) {
    List<String> replies = new ArrayList<>();
    replies.add(query.get("responses").get(domain).asText());
    query
        .get("responses")
        .properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals(domain)) {
                replies.add(entry.getValue().asText());
              }
            });
    return PreferenceExample.choice(
        List.of(new Turn("user", query.get("query").asText())), replies, 0);
  }

  static List<List<Turn>> dialogues(JsonNode query) {
    List<List<Turn>> dialogues = new ArrayList<>();
    for (JsonNode reply : query.get("responses")) {
      dialogues.add(
          List.of(
              new Turn("user", query.get("query").asText()),
              new Turn("assistant", reply.asText())));
    }
    return dialogues;
  }

  /** A general set's comparisons, shuffled by the seed; ties are kept. */
  List<PreferenceExample> general(String source, long seed) {
    List<PreferenceExample> examples = new ArrayList<>();
    for (JsonNode node : read("general/" + source + ".json")) {
      List<Turn> first = turns(node.get("text").get(0).asText());
      List<Turn> second = turns(node.get("text").get(1).asText());
      double x = node.get("score").get(0).asDouble();
      double y = node.get("score").get(1).asDouble();
      List<Turn> prompt = first.subList(0, first.size() - 1);
      int better = x >= y ? 0 : 1;
      examples.add(
          new PreferenceExample(
              prompt,
              List.of(first.get(first.size() - 1).text(), second.get(second.size() - 1).text()),
              List.of(new PreferenceExample.Pair(better, 1 - better, 1, 0, x == y)),
              null));
    }
    Collections.shuffle(examples, new Random(seed));
    return examples;
  }

  private static List<Turn> turns(String dialogue) {
    List<Turn> turns = new ArrayList<>();
    Matcher matcher = MARK.matcher(dialogue);
    String role = "user";
    int start = 0;
    while (matcher.find()) {
      if (matcher.start() > 0) {
        turns.add(new Turn(role, dialogue.substring(start, matcher.start())));
      }
      role = matcher.group(1).equals("Human") ? "user" : "assistant";
      start = matcher.end();
    }
    turns.add(new Turn(role, dialogue.substring(start)));
    return turns;
  }

  private JsonNode read(String file) {
    try {
      return new JsonMapper().readTree(data.resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
