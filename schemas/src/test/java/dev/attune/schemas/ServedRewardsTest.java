package dev.attune.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.RewardComponents;
import dev.attune.schemas.serde.TrustedRecords;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServedRewardsTest {
  static {
    TrustedRecords.trust();
  }

  private static final Comparison SECOND_PREFERRED =
      Comparison.newBuilder().setPreferred(1).setOther(0).build();

  @Test
  void shouldSayByHowMuchTheDomainPreferredWhatWasPreferred() {
    // When
    double lead = ServedRewards.domainLead(event(0.25, 1.5), SECOND_PREFERRED);

    // Then
    assertThat(lead).isEqualTo(1.25);
  }

  @ParameterizedTest
  @CsvSource({"1.5,", ",1.5", ",", "NaN,1", "1,-Infinity", "Infinity,Infinity"})
  void shouldSayNothingWhereBothWereNotServed(@Nullable Double first, @Nullable Double second) {
    // When
    double lead = ServedRewards.domainLead(event(first, second), SECOND_PREFERRED);

    // Then
    assertThat(lead).isZero();
  }

  private static Feedback event(@Nullable Double first, @Nullable Double second) {
    return Feedback.newBuilder()
        .setEventId("e")
        .setOffset(0)
        .setOccurredAt(Instant.EPOCH)
        .setPrompt(List.of())
        .setReplies(List.of(reply("a", first), reply("b", second)))
        .build();
  }

  private static Reply reply(String id, @Nullable Double domain) {
    return Reply.newBuilder()
        .setId(id)
        .setText(id)
        .setServedComponents(domain == null ? null : new RewardComponents(domain, null, null, null))
        .build();
  }
}
