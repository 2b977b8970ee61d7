package dev.attune.ingest.event;

import static dev.attune.ingest.event.TextRules.require;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks an event as a whole; whether its signal fits the candidates is for {@link SignalReader}.
 * Pure.
 */
public final class EventValidator {
  /** No chat product is older; an event in seconds instead of milliseconds seems to be. */
  private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");

  private final EventLimits limits;
  private final AllowedDomains domains;

  EventValidator(EventLimits limits, AllowedDomains domains) {
    this.limits = limits;
    this.domains = domains;
  }

  /**
   * Checks everything; of a withdrawal ids, key, domain and revision only, for nothing else of it
   * is used.
   *
   * @param key the record's key; null: it has none or is not UTF-8
   * @param appendedAt the broker's time of the record
   * @throws RejectedEventException for the first rule that is broken
   */
  void check(PreferenceEvent event, @Nullable String key, Instant appendedAt) {
    identity(event, key);
    if (!event.getWithdrawn()) {
      times(event.getOccurredAt(), appendedAt);
      if (event.getRequestId() != null && !event.getRequestId().isEmpty()) {
        TextRules.id("requestId", event.getRequestId(), limits.maxIdLength());
      }
      attributes(event.getAttributes());
      texts(event);
    }
  }

  /** Checks what a {@link TextRedactor} may have changed. */
  void texts(PreferenceEvent event) {
    prompt(event.getPrompt());
    candidates(event.getCandidates());
    if (event.getSignal() instanceof Edit edit) {
      TextRules.text("correctedText", edit.getCorrectedText(), limits.maxCorrectionLength());
    }
    if (event.getUserText() != null) {
      TextRules.text("userText", event.getUserText(), limits.maxUserTextLength());
    }
  }

  private void identity(PreferenceEvent event, @Nullable String key) {
    String userId = event.getUserId();
    require(!TextRules.blank(userId), RejectionReason.EMPTY_USER_ID, "userId is empty");
    require(
        !TextRules.blank(event.getEventId()), RejectionReason.EMPTY_EVENT_ID, "eventId is empty");
    TextRules.id("userId", userId, limits.maxIdLength());
    TextRules.id("eventId", event.getEventId(), limits.maxIdLength());
    require(
        userId.equals(key),
        RejectionReason.KEY_MISMATCH,
        "the record's key is not the event's userId");
    domain(Domains.orGeneral(event.getDomain()));
    require(
        event.getRevision() >= (event.getWithdrawn() ? 1 : 0),
        RejectionReason.INVALID_REVISION,
        "revision is " + event.getRevision() + ", at least 0, and of a withdrawal 1");
  }

  private void domain(String domain) {
    require(
        domain.length() <= limits.maxIdLength(),
        RejectionReason.ID_TOO_LONG,
        "domain has " + domain.length() + " characters, at most " + limits.maxIdLength());
    require(
        AllowedDomains.wellFormed(domain),
        RejectionReason.INVALID_DOMAIN,
        "domain must be labels of letters, digits, - and _ parted by dots");
    require(
        domains.allows(domain),
        RejectionReason.DOMAIN_NOT_ALLOWED,
        "domain is none of ingest.domains.allowed");
  }

  private void times(Instant occurredAt, Instant appendedAt) {
    require(
        !occurredAt.isBefore(EARLIEST),
        RejectionReason.INVALID_TIMESTAMP,
        "occurredAt is before the year 2000; it is in milliseconds since 1970");
    require(
        !occurredAt.isAfter(appendedAt.plus(limits.clockSkew())),
        RejectionReason.FUTURE_TIMESTAMP,
        "occurredAt is later than the broker's time by more than "
            + limits.clockSkew().toMillis()
            + " ms");
  }

  private void attributes(Map<String, String> attributes) {
    require(
        attributes.size() <= limits.maxAttributes(),
        RejectionReason.TOO_MANY_ATTRIBUTES,
        attributes.size() + " attributes, at most " + limits.maxAttributes());
    attributes.forEach(
        (name, value) -> {
          TextRules.text("an attribute's name", name, limits.maxIdLength());
          TextRules.text("an attribute", value, limits.maxAttributeLength());
        });
  }

  private void prompt(List<Turn> prompt) {
    require(
        prompt.size() <= limits.maxTurns(),
        RejectionReason.TOO_MANY_TURNS,
        prompt.size() + " turns, at most " + limits.maxTurns());
    for (Turn turn : prompt) {
      require(
          limits.roles().contains(turn.getRole()),
          RejectionReason.INVALID_ROLE,
          "a turn's role is none of ingest.roles");
      TextRules.text("a turn", turn.getText(), limits.maxTurnLength());
    }
    require(
        prompt.stream().anyMatch(turn -> !TextRules.blank(turn.getText())),
        RejectionReason.EMPTY_PROMPT,
        "prompt has no turn with text");
  }

  private void candidates(List<Candidate> candidates) {
    require(!candidates.isEmpty(), RejectionReason.NO_CANDIDATES, "candidates is empty");
    require(
        candidates.size() <= limits.maxCandidates(),
        RejectionReason.TOO_MANY_CANDIDATES,
        candidates.size() + " candidates, at most " + limits.maxCandidates());
    Set<String> ids = new HashSet<>();
    for (Candidate candidate : candidates) {
      require(
          !TextRules.blank(candidate.getId()),
          RejectionReason.INVALID_ID,
          "a candidate's id is empty");
      TextRules.id("a candidate's id", candidate.getId(), limits.maxIdLength());
      TextRules.text("a candidate", candidate.getText(), limits.maxReplyLength());
      require(
          ids.add(candidate.getId()),
          RejectionReason.DUPLICATE_CANDIDATE,
          "two candidates have one id");
    }
  }
}
