package dev.attune.scorer.core;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Requests and prompts for tests. */
public final class Requests {
  public static final Instant APPENDED = Instant.parse("2026-01-01T00:00:00Z");

  private Requests() {}

  /** A request of user u with these replies; their ids are c0, c1 and so on. */
  public static ScoreRequest.Builder of(String requestId, String... replies) {
    List<Candidate> candidates = new ArrayList<>();
    for (String reply : replies) {
      candidates.add(new Candidate("c" + candidates.size(), reply));
    }
    return ScoreRequest.newBuilder()
        .setRequestId(requestId)
        .setUserId("u")
        .setPrompt(List.of(new Turn("user", "Why?")))
        .setCandidates(candidates);
  }

  static Prompt prompt(int partition, long offset, ScoreRequest request) {
    int tokens = request.getCandidates().stream().mapToInt(c -> c.getText().length()).sum();
    return new Prompt(partition, offset, "u", APPENDED, request, null, tokens);
  }
}
