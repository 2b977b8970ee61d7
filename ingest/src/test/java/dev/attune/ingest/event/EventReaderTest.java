package dev.attune.ingest.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.attune.ingest.Events;
import dev.attune.ingest.event.TextRedactor.Field;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Turn;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {
  private static final SourceRecord SOURCE =
      new SourceRecord(
          new Position(Topics.PREFERENCES.name(), 3, 7L),
          Events.NOW.toEpochMilli(),
          ByteBuffer.allocate(0),
          Map.of(),
          false);

  private final EventReader reader = new EventReader(EventConfig.defaults());

  @Test
  void shouldReadOfAWithdrawalOnlyWhatItIsOf() {
    // Given
    PreferenceEvent withdrawal =
        Events.event("ann", "e1", 0)
            .setRevision(1)
            .setWithdrawn(true)
            .setOccurredAt(Instant.EPOCH)
            .setRequestId("\0")
            .setPrompt(List.of())
            .setCandidates(List.of())
            .setSignal(new Choice(""))
            .setUserText("\ud800")
            .setAttributes(Map.of("\0", "x".repeat(100_000)))
            .build();

    // When
    UserEvent event = reader.read(withdrawal, "ann", SOURCE);

    // Then
    assertThat(event)
        .isEqualTo(new UserEvent(SOURCE, "ann", "cooking", "e1", 1, null, null, null, false));
  }

  @Test
  void shouldTakeEmptyOptionalFieldsForAbsentOnes() {
    // Given
    PreferenceEvent given = Events.choice("ann", "e1", 2).setDomain("").setRequestId("").build();

    // When
    UserEvent event = reader.read(given, "ann", SOURCE);

    // Then
    assertThat(event.domain()).isEqualTo("general");
    assertThat(event.requestId()).isNull();
  }

  @Test
  void shouldTakeAReplyOfNothingForAReply() {
    // Given
    PreferenceEvent given =
        Events.choice("ann", "e1", 2)
            .setCandidates(List.of(new Candidate("a", "a reply"), new Candidate("b", "")))
            .build();

    // When
    UserEvent event = reader.read(given, "ann", SOURCE);

    // Then
    assertThat(event.feedback().getComparisons()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "a\udc00b", "\udc00\ud800"})
  void shouldRejectHalfSurrogatePairs(String text) {
    // Given
    PreferenceEvent event = Events.event("ann", "e1", 2).setSignal(new Edit("a", text)).build();

    // When
    RejectedEventException rejection = rejection(reader, event);

    // Then
    assertThat(rejection.reason()).isEqualTo(RejectionReason.INVALID_UNICODE);
  }

  @ParameterizedTest
  @CsvSource({
    "cooking, true",
    "cooking.soups, false",
    "general, false",
    "general.helpful, true",
    "general.a.b, true",
    "generals.a, false",
    "travel.city, true",
    "travel, false"
  })
  void shouldAllowListedDomainsAndThoseBelowAPrefix(String domain, boolean allowed) {
    // Given
    AllowedDomains domains = new AllowedDomains(Set.of("cooking", "general.*", "travel.city"));

    // When
    boolean allows = domains.allows(domain);

    // Then
    assertThat(allows).isEqualTo(allowed);
  }

  @Test
  void shouldRedactEveryTextBeforeItIsKept() {
    // Given
    Set<Field> seen = EnumSet.noneOf(Field.class);
    EventReader redacting =
        redacting(
            (field, text) -> {
              seen.add(field);
              return text.replace("Ann", field.name());
            });
    PreferenceEvent event =
        Events.event("ann", "e1", 0)
            .setPrompt(List.of(new Turn("user", "Ann asks")))
            .setCandidates(List.of(new Candidate("a", "Dear Ann")))
            .setSignal(new Edit("a", "Hello Ann"))
            .setUserText("Ann, 30")
            .build();

    // When
    UserEvent read = redacting.read(event, "ann", SOURCE);

    // Then
    Feedback feedback = read.feedback();
    assertThat(feedback.getPrompt()).containsExactly(new Turn("user", "PROMPT asks"));
    assertThat(feedback.getReplies())
        .extracting(Reply::getText)
        .containsExactly("Dear REPLY", "Hello CORRECTION");
    assertThat(read.userText()).isEqualTo("USER_TEXT, 30");
    assertThat(seen).containsExactlyInAnyOrder(Field.values());
  }

  @Test
  void shouldNotCompareRepliesThatAreEqualAfterRedaction() {
    // Given
    EventReader redacting = redacting((field, text) -> field == Field.REPLY ? "reply" : text);

    // When
    RejectedEventException rejection = rejection(redacting, Events.choice("ann", "e1", 3).build());

    // Then
    assertThat(rejection.reason()).isEqualTo(RejectionReason.NOTHING_TO_LEARN);
  }

  static Stream<Arguments> brokenRedactors() {
    return Stream.of(
        broken(
            (field, text) -> {
              throw new IllegalStateException(text);
            }),
        broken(
            (field, text) -> {
              throw new StackOverflowError();
            }),
        broken((field, text) -> null),
        broken((field, text) -> text + "\ud800"),
        broken((field, text) -> field == Field.PROMPT ? " " : text),
        broken((field, text) -> text.repeat(100_000)));
  }

  private static Arguments broken(TextRedactor redactor) {
    return Arguments.of(redactor);
  }

  @ParameterizedTest
  @MethodSource("brokenRedactors")
  void shouldRejectWhatARedactorFailsOn(TextRedactor redactor) {
    // Given
    PreferenceEvent event = Events.choice("ann", "e1", 2).build();

    // When
    RejectedEventException rejection = rejection(redacting(redactor), event);

    // Then
    assertThat(rejection.reason()).isEqualTo(RejectionReason.REDACTION_FAILED);
    assertThat(rejection).hasMessageNotContaining("leeks");
  }

  private static EventReader redacting(TextRedactor redactor) {
    EventConfig defaults = EventConfig.defaults();
    return new EventReader(
        new EventConfig(defaults.limits(), defaults.domains(), defaults.signals(), redactor));
  }

  private static RejectedEventException rejection(EventReader reader, PreferenceEvent event) {
    return catchThrowableOfType(
        RejectedEventException.class, () -> reader.read(event, "ann", SOURCE));
  }
}
