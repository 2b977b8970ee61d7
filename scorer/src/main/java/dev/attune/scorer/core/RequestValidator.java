package dev.attune.scorer.core;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Says whether a request can be scored here. Immutable. */
public final class RequestValidator {
  private final RequestLimits limits;
  private final String base;

  /**
   * @param base sha-256 of the base that is loaded
   */
  public RequestValidator(RequestLimits limits, String base) {
    this.limits = limits;
    this.base = base;
  }

  /** What is wrong with the request itself, whenever it is looked at; empty where nothing is. */
  public Optional<Rejection> check(ScoreRequest request) {
    if (request.getUserId().isBlank()) {
      return reject(ScoreErrorCode.EMPTY_USER_ID, "userId must not be empty");
    }
    if (request.getCandidates().isEmpty() && !asksForReplies(request)) {
      return reject(ScoreErrorCode.NO_CANDIDATES, "candidates must hold at least one candidate");
    }
    if (asksForReplies(request) && limits.replies() == 0) {
      return reject(
          ScoreErrorCode.NO_CANDIDATES,
          "candidates must hold at least one candidate: no replies are generated here");
    }
    Optional<Rejection> tooLong = checkLength(request);
    if (tooLong.isPresent()) {
      return tooLong;
    }
    Set<String> ids = new HashSet<>();
    for (Candidate candidate : request.getCandidates()) {
      if (!ids.add(candidate.getId())) {
        return reject(ScoreErrorCode.DUPLICATE_CANDIDATE, "two candidates have the same id");
      }
    }
    if (request.getAfter() != null
        && !request.getAfter().getTopic().equals(Topics.PREFERENCES.name())) {
      return reject(
          ScoreErrorCode.MALFORMED, "after must be a position in " + Topics.PREFERENCES.name());
    }
    if (request.getBase() != null && !request.getBase().equals(base)) {
      return reject(ScoreErrorCode.UNKNOWN_BASE, "the base served here is " + base);
    }
    return Optional.empty();
  }

  /** Whether replies are to be written; those that were sent are scored whatever it asks for. */
  static boolean asksForReplies(ScoreRequest request) {
    return request.getCandidates().isEmpty() && request.getGenerate() > 0;
  }

  /** Whether an answer comes too late for the caller. */
  static Optional<Rejection> checkDeadline(ScoreRequest request, Instant now) {
    Instant deadline = request.getDeadline();
    return deadline != null && now.isAfter(deadline)
        ? Optional.of(deadlinePassed(deadline))
        : Optional.empty();
  }

  /** Said of a request whose answer comes too late. */
  static Rejection deadlinePassed(Instant deadline) {
    return new Rejection(ScoreErrorCode.DEADLINE_PASSED, "the deadline was " + deadline);
  }

  private Optional<Rejection> checkLength(ScoreRequest request) {
    if (request.getCandidates().size() > limits.candidates()) {
      return reject(
          ScoreErrorCode.TOO_LONG,
          request.getCandidates().size() + " candidates, at most " + limits.candidates());
    }
    if (asksForReplies(request) && request.getGenerate() > limits.replies()) {
      return reject(
          ScoreErrorCode.TOO_LONG,
          request.getGenerate() + " replies asked for, at most " + limits.replies());
    }
    if (tooLong(request.getRequestId())
        || tooLong(request.getUserId())
        || (request.getDomain() != null && tooLong(request.getDomain()))
        || request.getCandidates().stream().anyMatch(candidate -> tooLong(candidate.getId()))) {
      return reject(
          ScoreErrorCode.TOO_LONG,
          "requestId, userId, domain and candidate ids have at most "
              + RequestLimits.IDENTIFIER
              + " characters each");
    }
    long characters = request.getUserText() == null ? 0 : request.getUserText().length();
    for (Turn turn : request.getPrompt()) {
      characters += turn.getRole().length() + turn.getText().length();
    }
    for (Candidate candidate : request.getCandidates()) {
      characters += candidate.getText().length();
    }
    return characters > limits.characters()
        ? reject(
            ScoreErrorCode.TOO_LONG, characters + " characters, at most " + limits.characters())
        : Optional.empty();
  }

  private static boolean tooLong(String identifier) {
    return identifier.length() > RequestLimits.IDENTIFIER;
  }

  private static Optional<Rejection> reject(ScoreErrorCode code, String message) {
    return Optional.of(new Rejection(code, message));
  }
}
