package dev.attune.model.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Precision;
import dev.attune.model.engine.Torch;
import dev.attune.model.head.ReplyFeatures.Candidates;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TinyBase;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceDecoder.Lora;
import dev.attune.model.reference.TextBatch;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplyFeaturesTest {
  private static final int MOST = 16;

  @TempDir private static Path folder;
  private static BaseModel base;

  @BeforeAll
  static void loadBase() {
    base = BaseModel.load(TinyBase.write(folder.resolve("base"), 1), Precision.FP32);
  }

  @AfterAll
  static void closeBase() {
    base.close();
  }

  @Test
  void shouldBeTheMeanAndTheLastStateOfPlainArrayOperations() {
    // Given: a reply that fits and one that is cut
    Candidates candidates = candidates(new Random(1), 2, 30);
    try (ReplyFeatures features = new ReplyFeatures(base, MOST, MOST);
        ModelFolder files = ModelFolder.open(base.folder());
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {

      // When
      float[][] found = features.of(List.of(candidates)).get(0);

      // Then
      DialogueTemplate template = new DialogueTemplate(base.tokenizer(), MOST, MOST);
      for (int r = 0; r < 2; r++) {
        int[] prompt = template.prompt(candidates.prompt());
        String text = candidates.replies().get(r);
        int[] reply = template.reply(text);
        TextBatch read = new TextBatch(List.of(TextBatch.Text.of(prompt, reply)));
        NDArray states = oracle.states(manager, read, Lora.NONE).get(0);
        float[] mean = states.get(prompt.length + ":").mean(new int[] {0}).toFloatArray();
        float[] last = states.get(prompt.length + reply.length - 1).toFloatArray();
        int width = base.config().hiddenSize();
        assertThat(Arrays.copyOf(found[r], width)).containsExactly(mean, within(1e-4f));
        assertThat(Arrays.copyOfRange(found[r], width, 2 * width))
            .containsExactly(last, within(1e-4f));
        assertThat((double) found[r][2 * width])
            .isCloseTo(Math.log(1 + base.tokenizer().encode(text).length), within(1e-5));
        assertThat(found[r]).hasSize(features.size());
      }
    }
  }

  @Test
  void shouldNotDependOnTheRestOfTheBatch() {
    // Given: enough for several batches
    Random random = new Random(2);
    List<Candidates> all = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      all.add(candidates(random, 1 + random.nextInt(4), 1 + random.nextInt(12)));
    }
    try (ReplyFeatures features = new ReplyFeatures(base, MOST, MOST)) {

      // When
      List<float[][]> together = features.of(all);

      // Then
      for (int i = 0; i < all.size(); i += 37) {
        float[][] alone = features.of(List.of(all.get(i))).get(0);
        for (int r = 0; r < alone.length; r++) {
          assertThat(together.get(i)[r]).containsExactly(alone[r], within(1e-5f));
        }
      }
    }
  }

  @Test
  void shouldRefuseLimitsBeyondTheBase() {
    // Given a base of 128 positions
    // When / Then
    assertThatThrownBy(() -> new ReplyFeatures(base, 100, 100))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("128");
  }

  private static Candidates candidates(Random random, int replies, int words) {
    List<String> texts = new ArrayList<>();
    for (int r = 0; r < replies; r++) {
      texts.add(TinyBase.sentence(random, r == 0 ? 3 : words));
    }
    return new Candidates(List.of(new Turn("user", TinyBase.sentence(random, 2))), texts);
  }
}
