package dev.attune.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The sample conversations of {@code conversations.jsonl}: original text, one JSON object a line.
 */
public final class SampleConversations {
  /** The styles that each prompt is answered in; they are the demo's domains too. */
  public static final List<String> STYLES = List.of("science", "business", "comedy", "poetry");

  private static final String RESOURCE = "conversations.jsonl";

  private SampleConversations() {}

  /** Reads the resource; a broken line is a defect of the build and named with its number. */
  public static List<SampleConversation> load() {
    try (InputStream in =
            Objects.requireNonNull(SampleConversations.class.getResourceAsStream(RESOURCE));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return read(lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<SampleConversation> read(BufferedReader lines) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<SampleConversation> all = new ArrayList<>();
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      try {
        all.add(parse(json, line));
      } catch (JsonProcessingException | IllegalArgumentException e) {
        throw new IllegalStateException(RESOURCE + " line " + number + " is broken", e);
      }
    }
    return List.copyOf(all);
  }

  private static SampleConversation parse(ObjectMapper json, String line)
      throws JsonProcessingException {
    JsonNode node = json.readTree(line);
    Map<String, String> replies =
        json.convertValue(node.path("replies"), new TypeReference<Map<String, String>>() {});
    String prompt = node.path("prompt").asText();
    if (prompt.isEmpty() || replies == null || !replies.keySet().equals(Set.copyOf(STYLES))) {
      throw new IllegalArgumentException("needs a prompt and a reply in each of " + STYLES);
    }
    return new SampleConversation(prompt, replies);
  }
}
