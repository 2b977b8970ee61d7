package dev.attune.trainer.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.model.reward.PreferenceExample;
import dev.attune.model.reward.PreferenceExample.Pair;
import dev.attune.model.reward.UserKey;
import dev.attune.model.text.Turn;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnlineLearnersTest {
  @Test
  void shouldPassComparisonsAndJudgementsOnAsTheyAre() {
    // Given
    Feedback compared = Buckets.feedback("law", 1);
    compared.setComparisons(
        List.of(new Comparison(1, 0, 0.5f, 0.25f, false), new Comparison(0, 1, 1f, 0f, true)));
    Feedback judged = Buckets.feedback("law", 2);
    judged.setComparisons(List.of());
    judged.setJudgements(List.of(new Judgement(1, false, 0.5f)));
    PreferenceBucket bucket = Buckets.with("law", 0, List.of(compared, judged));
    bucket.setUserText("I read contracts.");

    // When
    List<PreferenceExample> examples = OnlineLearners.examples(bucket);

    // Then
    assertThat(examples)
        .containsExactly(
            new PreferenceExample(
                List.of(new Turn("user", "What is number 1?")),
                List.of("It belongs to law.", "I do not know."),
                List.of(new Pair(1, 0, 0.5f, 0.25f, false), new Pair(0, 1, 1f, 0f, true)),
                List.of(),
                "I read contracts.",
                UserKey.of("user-0"),
                false),
            new PreferenceExample(
                List.of(new Turn("user", "What is number 2?")),
                List.of("It belongs to law.", "I do not know."),
                List.of(),
                List.of(new PreferenceExample.Judgement(1, false, 0.5f)),
                "I read contracts.",
                UserKey.of("user-0"),
                true));
  }
}
