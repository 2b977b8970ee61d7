package dev.attune.cli.evaluate;

import dev.attune.cli.CliException;
import dev.attune.cli.traffic.ScoreClient;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.CandidateScore;
import dev.attune.schemas.events.ScoreErrorCode;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.schemas.events.ScoreVersions;
import dev.attune.schemas.events.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks the running system for domainRewards, some requests at a time, and insists on the model that
 * must have been used. Belongs to one thread.
 */
final class RewardProbe {
  /** A prompt and replies that are scored together. */
  record Item(List<Turn> prompt, List<String> replies) {}

  private static final String USER = "evaluation";
  private static final int MOST_OPEN = 64;
  private static final long LIMIT_SECONDS = 120;

  private final ScoreClient client;
  private long requests;

  RewardProbe(ScoreClient client) {
    this.client = client;
  }

  /** Which model answers requests of a domain now. */
  ScoreVersions serving(String domain) throws InterruptedException {
    Item item = new Item(List.of(new Turn("user", "Hello")), List.of("Hello."));
    return versions(await(ask(domain, item)));
  }

  /**
   * The domainRewards of each item's replies.
   *
   * @param model the name that must have answered
   * @param version the least version that must have answered
   * @throws CliException where a request failed or another model answered
   */
  List<double[]> score(String domain, List<Item> items, String model, long version)
      throws InterruptedException {
    Semaphore open = new Semaphore(MOST_OPEN);
    List<CompletableFuture<ScoreResult>> results = new ArrayList<>();
    for (Item item : items) {
      if (!open.tryAcquire(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new CliException("the scorer gives no result within " + LIMIT_SECONDS + " s");
      }
      CompletableFuture<ScoreResult> result = ask(domain, item);
      var unused = result.whenComplete((done, failure) -> open.release());
      results.add(result);
    }
    List<double[]> rewards = new ArrayList<>();
    for (CompletableFuture<ScoreResult> future : results) {
      ScoreResult result = await(future);
      ScoreVersions used = versions(result);
      if (!used.getDomainModel().equals(model) || used.getDomainModelVersion() < version) {
        throw new CliException(
            "domain %s was scored with %s version %d, expected %s version %d"
                .formatted(
                    domain, used.getDomainModel(), used.getDomainModelVersion(), model, version));
      }
      rewards.add(
          result.getCandidates().stream().mapToDouble(CandidateScore::getDomainReward).toArray());
    }
    return rewards;
  }

  private CompletableFuture<ScoreResult> ask(String domain, Item item) {
    List<Candidate> candidates = new ArrayList<>();
    for (String reply : item.replies()) {
      candidates.add(new Candidate("r" + candidates.size(), reply));
    }
    return client.score(
        ScoreRequest.newBuilder()
            .setRequestId("evaluate-" + requests++)
            .setUserId(USER)
            .setDomain(domain)
            .setPrompt(item.prompt())
            .setCandidates(candidates)
            .build());
  }

  private ScoreResult await(CompletableFuture<ScoreResult> future) throws InterruptedException {
    client.check();
    try {
      return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CliException("a request could not be sent: " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new CliException("the scorer gives no result within " + LIMIT_SECONDS + " s", e);
    }
  }

  private static ScoreVersions versions(ScoreResult result) {
    ScoreVersions versions = result.getVersions();
    if (result.getError() != ScoreErrorCode.NONE || versions == null) {
      throw new CliException(
          "a request got the error " + result.getError() + ": " + result.getErrorMessage());
    }
    return versions;
  }
}
