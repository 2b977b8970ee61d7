package dev.attune.model.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Torch;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Stage1Test {
  @TempDir Path temporary;

  @Test
  void shouldSaveTheModelThatItTrained() {
    // Given
    Path folder = temporary.resolve("base");
    List<Double> losses = new ArrayList<>();

    // When
    double loss =
        Stage1.train(
            TinyBase.dialogues(200, 1),
            TinyBase.config(60, 1),
            Precision.FP32,
            folder,
            (done, total, measure) -> losses.add(measure));

    // Then: other texts of the same kind are as probable as training said, by the loaded folder
    assertThat(losses).hasSize(60);
    assertThat(loss).isLessThan(losses.get(0) - 1.5);
    assertThat(lossOf(folder, TinyBase.dialogues(50, 2))).isLessThan(loss + 0.3);
  }

  @Test
  void shouldGiveTheSameBaseForTheSameSeed() {
    // Given
    Path first = TinyBase.write(temporary.resolve("first"), 3);

    // When
    Path second = TinyBase.write(temporary.resolve("second"), 3);

    // Then
    try (BaseModel one = BaseModel.load(first, Precision.FP32);
        BaseModel other = BaseModel.load(second, Precision.FP32)) {
      assertThat(other.sha256()).isEqualTo(one.sha256());
    }
  }

  @Test
  void shouldRefuseToLearnFromNothing() {
    // Given
    List<List<Turn>> none = List.of();

    // When / Then
    assertThatThrownBy(
            () ->
                Stage1.train(
                    none,
                    TinyBase.config(1, 1),
                    Precision.FP32,
                    temporary.resolve("base"),
                    Progress.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no texts");
  }

  private static double lossOf(Path folder, List<List<Turn>> dialogues) {
    double sum = 0;
    int tokens = 0;
    try (BaseModel model = BaseModel.load(folder, Precision.FP32);
        NDManager manager = Torch.newManager()) {
      DialogueTemplate template = new DialogueTemplate(model.tokenizer(), 64, 64);
      for (List<Turn> turns : dialogues) {
        int[] prompt = template.prompt(turns.subList(0, 1));
        int[] reply = template.reply(turns.get(1).text());
        long[] ids =
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(reply)).asLongStream().toArray();
        NDArray logits = model.logits(manager, new long[][] {ids}).get(0).logSoftmax(1);
        for (int t = 1; t < ids.length; t++) {
          sum -= logits.getFloat(t - 1, ids[t]);
          tokens++;
        }
      }
    }
    return sum / tokens;
  }
}
