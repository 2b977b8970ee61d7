package dev.attune.cli.personalize;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.cli.evaluate.CustomizedData;
import dev.attune.cli.imports.DspQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A small data folder of made-up sentences, replies of many lengths. */
final class PersonalizedTexts {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> WORDS =
      List.of("gold", "lead", "river", "extraordinary", "you", "slow", "moonlight", "i", "wind");

  private PersonalizedTexts() {}

  static CustomizedData write(Path folder) throws IOException {
    Random random = new Random(1);
    List<Object> queries = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Map<String, String> responses = new LinkedHashMap<>();
      for (String style : List.of("academy", "business", "normal")) {
        responses.put(style, sentence(random));
      }
      queries.add(Map.of("query", "query " + i, "responses", responses));
    }
    write(folder.resolve("dsp").resolve(DspQuery.FILE), queries);
    for (String set : CustomizedData.SETS) {
      List<Object> pairs = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String prompt = "\n\nHuman: " + set + " question " + i + "\n\nAssistant: ";
        pairs.add(
            Map.of(
                "text",
                List.of(prompt + sentence(random), prompt + sentence(random)),
                "score",
                List.of(1, 0)));
      }
      write(folder.resolve("general").resolve(set + ".json"), pairs);
    }
    return CustomizedData.read(folder, null, 1);
  }

  private static String sentence(Random random) {
    List<String> words = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      words.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", words) + (random.nextInt(3) == 0 ? "!" : ".");
  }

  private static void write(Path file, Object content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, JSON.writeValueAsBytes(content));
  }
}
