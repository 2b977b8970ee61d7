package dev.attune.cli.imports;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One query of the Domain-Specific Preference data (Cheng et al. 2023, "Everyone Deserves A
 * Reward"): for a domain d, d's response is preferred to each of the others.
 *
 * @param index its place in the file, from 0
 * @param line where it starts in the file, from 1
 * @param query the prompt
 * @param responses by domain, in the file's order; {@link #NORMAL} is no domain
 */
public record DspQuery(int index, long line, String query, Map<String, String> responses) {
  /** The key of the response in no particular style. */
  public static final String NORMAL = "normal";

  /** The file's name in its folder. */
  public static final String FILE = "domain_specific_preference.json";

  /** Copies the responses and keeps their order. */
  public DspQuery {
    responses = Collections.unmodifiableMap(new LinkedHashMap<>(responses));
  }

  /** The domains that have a response here, in the file's order. */
  public List<String> domains() {
    return responses.keySet().stream().filter(domain -> !domain.equals(NORMAL)).toList();
  }

  /**
   * Reads all queries.
   *
   * @param fileOrFolder the JSON file, or the folder that it lies in
   * @throws dev.attune.cli.CliException naming file and line of what is wrong
   */
  public static List<DspQuery> read(Path fileOrFolder) {
    Path file = BadInput.fileIn(fileOrFolder, FILE);
    List<DspQuery> queries = new ArrayList<>();
    JsonRows.ofArray(file).forEachRemaining(row -> queries.add(parse(row, queries.size())));
    return queries;
  }

  private static DspQuery parse(JsonRows.Row row, int index) {
    JsonNode responses = row.json().path("responses");
    if (!responses.isObject() || responses.size() < 2) {
      throw BadInput.at(
          row.file(), row.line(), "\"responses\" must be an object of two responses or more");
    }
    Map<String, String> byDomain = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> response : responses.properties()) {
      if (!response.getValue().isTextual()) {
        throw BadInput.at(
            row.file(), row.line(), "the response \"" + response.getKey() + "\" is no string");
      }
      byDomain.put(response.getKey(), response.getValue().textValue());
    }
    return new DspQuery(index, row.line(), row.text("query"), byDomain);
  }
}
