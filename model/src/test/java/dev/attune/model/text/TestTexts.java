package dev.attune.model.text;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Text made up from a seed, and what tests read from a tokenizer's file. */
final class TestTexts {
  private static final String[] SYLLABLES = {
    "ka", "lo", "men", "tri", "so", "é", "ra", "ün", "ти", "語", "st", "ing", "er", "the", "'s"
  };
  private static final String[] GAPS = {" ", " ", " ", " ", ", ", ". ", "\n", "  ", "! 42 "};

  private TestTexts() {}

  /** Sentences of invented words, a few of them frequent. */
  static List<String> sentences(int count, long seed) {
    Random random = new Random(seed);
    List<String> sentences = new ArrayList<>();
    for (int s = 0; s < count; s++) {
      StringBuilder text = new StringBuilder();
      for (int w = 0; w < 12; w++) {
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
          double skewed = random.nextDouble() * random.nextDouble();
          text.append(SYLLABLES[(int) (skewed * SYLLABLES.length)]);
        }
        text.append(GAPS[random.nextInt(GAPS.length)]);
      }
      sentences.add(text.toString());
    }
    return sentences;
  }

  /** Any characters at all: controls, surrogates in pairs or alone, all planes. */
  static String anything(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      switch (random.nextInt(5)) {
        case 0 -> text.append((char) random.nextInt(128));
        case 1 -> text.append((char) random.nextInt(0x10000));
        case 2 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
        case 3 -> text.append((char) (Character.MIN_SURROGATE + random.nextInt(2048)));
        default -> text.append("<|eos|>", 0, random.nextInt(8));
      }
    }
    return text.toString();
  }

  static List<String> merges(Path tokenizerJson) throws IOException {
    List<String> merges = new ArrayList<>();
    new JsonMapper()
        .readTree(tokenizerJson.toFile())
        .at("/model/merges")
        .forEach(merge -> merges.add(merge.asText()));
    return merges;
  }
}
