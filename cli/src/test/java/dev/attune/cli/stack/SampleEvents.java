package dev.attune.cli.stack;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Files of made-up preference events, as {@code import --format jsonl} takes them. */
final class SampleEvents {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> DOMAINS = List.of("law", "cooking", "general", "general.web");

  private SampleEvents() {}

  /**
   * Events of ten users in four domains; every fifth is a tie, every seventh shows three replies.
   */
  static Path write(Path file, int events) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      List<Map<String, String>> candidates = new ArrayList<>();
      for (int c = 0; c < (i % 7 == 0 ? 3 : 2); c++) {
        candidates.add(Map.of("id", "c" + c, "text", "Reply " + c + " to question " + i));
      }
      Map<String, Object> signal =
          i % 5 == 0
              ? Map.of("Tie", Map.of("candidateIds", List.of("c0", "c1")))
              : Map.of("Choice", Map.of("chosenId", "c" + i % 2));
      lines.add(
          JSON.writeValueAsString(
              Map.of(
                  "eventId",
                  file.getFileName() + "-" + i,
                  "userId",
                  "user-" + i % 10,
                  "domain",
                  DOMAINS.get(i % DOMAINS.size()),
                  "prompt",
                  List.of(Map.of("role", "user", "text", "Question " + i + "?")),
                  "candidates",
                  candidates,
                  "signal",
                  signal)));
    }
    return Files.write(file, lines);
  }
}
