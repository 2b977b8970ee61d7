package dev.attune.trainer;

import dev.attune.model.engine.Precision;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.Progress;
import dev.attune.model.lm.Stage1;
import dev.attune.model.lm.Stage1Config;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** A base that is trained for a moment, so that its features tell texts apart. */
public final class SmallBase {
  private SmallBase() {}

  /** Trains and loads it; the result is the caller's to close. */
  public static BaseModel train(Path folder) {
    write(folder);
    return BaseModel.load(folder, Precision.FP32);
  }

  /** Trains it into a folder. */
  static void write(Path folder) {
    List<List<Turn>> texts =
        IntStream.range(0, 60)
            .mapToObj(i -> List.of(new Turn("user", "It belongs to number " + i + ", I know.")))
            .toList();
    Stage1.train(
        texts,
        new Stage1Config(300, 16, 32, 1, 2, 128, 16, 2, 2, 0.02, 3e-3, 1),
        Precision.FP32,
        folder,
        Progress.NONE);
  }
}
