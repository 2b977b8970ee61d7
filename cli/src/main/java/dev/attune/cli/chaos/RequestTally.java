package dev.attune.cli.chaos;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * Every request counted, and every answer.
 *
 * @param acknowledged by the brokers
 * @param inLog found in attune.prompts
 * @param acknowledgedLost acknowledged and not found: the brokers' fault, must be 0
 * @param logTwice found more than once: the producer's or the brokers' fault, must be 0
 * @param answers found in attune.rewards, committed
 * @param lost places of attune.prompts that no answer names, must be 0
 * @param twice places that more than one names, must be 0 where each is answered once
 * @param idsLost request ids that no answer names, must be 0
 * @param idsTwice the same of request ids
 * @param strangers answers to what was never asked, must be 0
 * @param wrong answers that do not say what they have to, by what is wrong; must be empty
 * @param codes answers by their code
 * @param after of requests that name the user's feedback
 * @param repeats of requests that were sent more than once
 * @param versions how many versions of each reward model answers were computed with
 */
record RequestTally(
    long sent,
    long acknowledged,
    @JsonProperty("in_log") long inLog,
    @JsonProperty("acknowledged_lost") long acknowledgedLost,
    @JsonProperty("log_twice") long logTwice,
    long answers,
    long lost,
    long twice,
    @JsonProperty("ids_lost") long idsLost,
    @JsonProperty("ids_twice") long idsTwice,
    long strangers,
    Map<String, Long> wrong,
    Map<String, CodeCounts> codes,
    AfterCounts after,
    RepeatCounts repeats,
    Map<String, Integer> versions) {

  /** Answers with a code: so many as there must be, and so many as there are. */
  record CodeCounts(long expected, long found) {}

  /**
   * Requests that name the user's feedback.
   *
   * @param stale answered without it although nobody had waited for long enough, must be 0
   * @param waitedInVain answered without it after the whole wait, as the contract allows
   */
  record AfterCounts(
      long requests, long stale, @JsonProperty("waited_in_vain") long waitedInVain) {}

  /**
   * Requests that were sent more than once and answered by the same versions.
   *
   * @param different whose rewards were not equal, must be 0
   * @param largestDifference between their rewards; of rewards above 1, as a share of them
   */
  record RepeatCounts(
      long compared,
      long different,
      @JsonProperty("largest_difference") double largestDifference) {}

  /**
   * Whether every request has its answer, and every answer is right.
   *
   * @param once whether none may have more than one
   */
  boolean right(boolean once) {
    return complete()
        && logTwice + strangers + after.stale + repeats.different == 0
        && (!once || twice + idsTwice == 0)
        && wrong.isEmpty();
  }

  /** Whether nothing is missing; something may be too much. */
  boolean complete() {
    return sent == acknowledged && acknowledgedLost + lost + idsLost == 0;
  }
}
