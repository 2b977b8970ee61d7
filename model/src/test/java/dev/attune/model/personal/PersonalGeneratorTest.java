package dev.attune.model.personal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.attune.model.generate.Generation;
import dev.attune.model.generate.Sampling;
import dev.attune.model.text.DialogueTemplate;
import dev.attune.model.text.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PersonalGeneratorTest extends PersonalTestBase {
  private static final List<Turn> PROMPT = List.of(new Turn("user", "gold river"));
  private static final Sampling SAMPLING = new Sampling(1, 0, 1, 12, Set.of());

  /** The probability that a text is drawn with is the one that it is scored with. */
  @ParameterizedTest
  @MethodSource("dev.attune.model.personal.PersonalModelTest#allUserModels")
  void shouldDrawFromTheDistributionThatIsScored(UserModelConfig users) {
    // Given
    PersonalConfig config = config(users);
    UserRowTable rows = PersonalModelTest.rows(users, 2);
    List<PersonalGenerator.Item> items = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      String text = i % 2 == 0 ? "moon salt wind" : null;
      items.add(new PersonalGenerator.Item(rows.find(user(i)), text, PROMPT, SAMPLING, i));
    }
    int[] prompt =
        new DialogueTemplate(base.tokenizer(), config.promptTokens(), config.replyTokens())
            .prompt(PROMPT);
    try (PersonalModel model = new PersonalModel(base, PersonalModelTest.random(config));
        PersonalGenerator generator = new PersonalGenerator(model)) {
      // When
      List<Generation> texts = generator.generate(items);

      // Then
      for (int i = 0; i < items.size(); i++) {
        ReferencedReplies reply =
            new ReferencedReplies(prompt, List.of(texts.get(i).ids()), new double[1]);
        double[] scored =
            model.score(rows, new PersonalItem(user(i), items.get(i).userText(), reply));
        assertThat(texts.get(i).logProbability())
            .isCloseTo(scored[0] / config.loss().scale(), within(1e-3));
      }
    }
  }

  /** The last is nobody. */
  private static String user(int i) {
    return i < 4 ? "user-" + i % 2 : "nobody";
  }

  @Test
  void shouldRefuseARewardModel() {
    // Given
    PersonalConfig config = config(UserModelConfig.individual()).with(PersonalLoss.reward());
    try (PersonalModel model = new PersonalModel(base, PersonalWeights.untrained(base, config))) {
      // When
      Throwable refused = catchThrowable(() -> new PersonalGenerator(model));

      // Then
      assertThat(refused)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("REWARD");
    }
  }
}
