package dev.attune.model.lm;

import dev.attune.model.engine.Precision;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A base that is trained in a second, on made-up sentences, for tests. */
public final class TinyBase {
  /** Words of the sentences. */
  public static final List<String> WORDS =
      List.of("gold", "lead", "river", "stone", "quick", "slow", "moon", "salt", "paper", "wind");

  private TinyBase() {}

  /** Returns a shape that trains in a second. */
  public static Stage1Config config(int steps, long seed) {
    return new Stage1Config(320, 32, 64, 2, 2, 128, 32, 4, steps, 0.02, 3e-3, seed);
  }

  /** Trains a base into {@code folder} and returns the folder. */
  public static Path write(Path folder, long seed) {
    Stage1.train(dialogues(200, seed), config(40, seed), Precision.FP32, folder, Progress.NONE);
    return folder;
  }

  /** Returns sentences as dialogues of a question and an answer. */
  public static List<List<Turn>> dialogues(int count, long seed) {
    Random random = new Random(seed);
    List<List<Turn>> dialogues = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      dialogues.add(
          List.of(
              new Turn("user", sentence(random, 3)), new Turn("assistant", sentence(random, 6))));
    }
    return dialogues;
  }

  /** Returns {@code words} random words. */
  public static String sentence(Random random, int words) {
    List<String> sentence = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      sentence.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", sentence);
  }
}
