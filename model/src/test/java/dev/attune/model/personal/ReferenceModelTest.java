package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Torch;
import dev.attune.model.io.ModelFolder;
import dev.attune.model.reference.ReferenceDecoder;
import dev.attune.model.reference.ReferenceLosses;
import dev.attune.model.reference.TextBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReferenceModelTest extends PersonalTestBase {
  @Test
  void shouldComputeTheLogProbabilitiesOfPlainArrayOperations() {
    // Given: more replies than one chunk of tokens holds
    ReferenceModel reference = new ReferenceModel(base, config(UserModelConfig.individual()));

    // When
    List<ReferencedReplies> all = reference.encode(candidates(30, 1));

    // Then
    for (ReferencedReplies replies : all.subList(0, 6)) {
      for (int i = 0; i < 2; i++) {
        assertThat(replies.logProbs()[i])
            .isCloseTo(oracle(replies.prompt(), replies.replies().get(i)), within(2e-3));
      }
    }
  }

  @Test
  void shouldNotDependOnTheRestOfTheBatch() {
    // Given
    ReferenceModel reference = new ReferenceModel(base, config(UserModelConfig.individual()));
    List<Candidates> candidates = candidates(40, 2);

    // When
    List<ReferencedReplies> together = reference.encode(candidates);

    // Then
    for (int i = 0; i < candidates.size(); i += 7) {
      assertThat(together.get(i).logProbs())
          .containsExactly(reference.encode(candidates.get(i)).logProbs(), within(1e-3));
    }
  }

  @Test
  void shouldNeedNoPassWhereARewardIsLearned() {
    // Given
    PersonalConfig config = config(UserModelConfig.individual()).with(PersonalLoss.reward());

    // When
    ReferencedReplies replies = new ReferenceModel(base, config).encode(candidates(1, 3).get(0));

    // Then
    assertThat(replies.logProbs()).containsExactly(0, 0);
  }

  private static double oracle(int[] prompt, int[] reply) {
    try (ModelFolder files = ModelFolder.open(base.folder());
        ReferenceDecoder oracle = new ReferenceDecoder(files);
        NDManager manager = Torch.newManager()) {
      TextBatch text = new TextBatch(List.of(TextBatch.Text.of(prompt, reply)));
      NDArray logits = oracle.logits(oracle.states(manager, text, ReferenceDecoder.Lora.NONE));
      return ReferenceLosses.logProbabilities(logits, text).getFloat();
    }
  }
}
