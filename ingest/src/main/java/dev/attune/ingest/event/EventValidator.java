package dev.attune.ingest.event;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks an event as a whole; what its signal says is checked by {@link SignalReader}. Pure. */
public final class EventValidator {
  private static final Pattern DOMAIN =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9][A-Za-z0-9_-]*)*");

  private final EventLimits limits;

  EventValidator(EventLimits limits) {
    this.limits = limits;
  }

  /**
   * Checks everything but the signal.
   *
   * @param key the record's key; null: it has none or is not UTF-8
   * @param appendedAt the broker's time of the record
   * @throws RejectedEventException for the first rule that is broken
   */
  void check(PreferenceEvent event, @Nullable String key, Instant appendedAt) {
    String userId = event.getUserId();
    require(!userId.isBlank(), RejectionReason.EMPTY_USER_ID, "userId is empty");
    require(!event.getEventId().isBlank(), RejectionReason.EMPTY_EVENT_ID, "eventId is empty");
    id("userId", userId);
    id("eventId", event.getEventId());
    require(
        userId.equals(key),
        RejectionReason.KEY_MISMATCH,
        "the record's key is not the event's userId");
    domain(event.getDomain());
    require(
        !event.getOccurredAt().isAfter(appendedAt.plus(limits.clockSkew())),
        RejectionReason.FUTURE_TIMESTAMP,
        "occurredAt is later than the broker's time by more than "
            + limits.clockSkew().toMillis()
            + " ms");
    prompt(event.getPrompt());
    candidates(event.getCandidates());
    if (event.getUserText() != null) {
      text("userText", event.getUserText());
    }
  }

  /** Checks a text that a signal carries. */
  void text(String field, String text) {
    require(
        text.length() <= limits.maxTextLength(),
        RejectionReason.TEXT_TOO_LONG,
        field + " has " + text.length() + " characters, at most " + limits.maxTextLength());
    unicode(field, text);
  }

  private void prompt(List<Turn> prompt) {
    require(
        prompt.stream().anyMatch(turn -> !turn.getText().isBlank()),
        RejectionReason.EMPTY_PROMPT,
        "prompt has no turn with text");
    for (Turn turn : prompt) {
      id("a turn's role", turn.getRole());
      text("a turn", turn.getText());
    }
  }

  private void candidates(List<Candidate> candidates) {
    require(!candidates.isEmpty(), RejectionReason.NO_CANDIDATES, "candidates is empty");
    require(
        candidates.size() <= limits.maxCandidates(),
        RejectionReason.TOO_MANY_CANDIDATES,
        candidates.size() + " candidates, at most " + limits.maxCandidates());
    Set<String> ids = new HashSet<>();
    for (Candidate candidate : candidates) {
      id("a candidate's id", candidate.getId());
      text("a candidate", candidate.getText());
      require(
          ids.add(candidate.getId()),
          RejectionReason.DUPLICATE_CANDIDATE,
          "two candidates have one id");
    }
  }

  private static void domain(@Nullable String given) {
    String domain = Domains.orGeneral(given);
    require(
        domain.length() <= EventLimits.MAX_ID_LENGTH && DOMAIN.matcher(domain).matches(),
        RejectionReason.INVALID_DOMAIN,
        "domain must be labels of letters, digits, - and _ parted by dots, at most "
            + EventLimits.MAX_ID_LENGTH
            + " characters");
  }

  private static void id(String field, String id) {
    require(
        id.length() <= EventLimits.MAX_ID_LENGTH,
        RejectionReason.ID_TOO_LONG,
        field + " has " + id.length() + " characters, at most " + EventLimits.MAX_ID_LENGTH);
    unicode(field, id);
  }

  private static void unicode(String field, String text) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(unit)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      require(
          unit != 0 && (pair || !Character.isSurrogate(unit)),
          RejectionReason.INVALID_UNICODE,
          field + " has a NUL or half of a surrogate pair");
      if (pair) {
        i++;
      }
    }
  }

  private static void require(boolean holds, RejectionReason reason, String message) {
    if (!holds) {
      throw new RejectedEventException(reason, message);
    }
  }
}
