package dev.attune.trainer.users;

import dev.attune.model.policy.Policy;
import dev.attune.model.policy.UserState;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Retraction;
import dev.attune.schemas.events.UserEmbedding;
import dev.attune.trainer.core.TrainerException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Learns a bucket into its user's state under one policy: the head, and on its own the row. Of each
 * bucket, retractions come first, then its events in order. Nothing else matters to the result:
 * neither what other users do nor, unless it was read ahead, what is learned together. One thread
 * at a time, but heads may learn while another thread reads ahead for rows.
 */
public final class UserTrainer {
  private final PolicyPasses passes;
  private final PastEvents past;
  private final int references;
  private final FeatureCache cache;
  private final String base;
  private final @Nullable RowEventLearner rows;

  /**
   * @param passes of the policy; they stay the caller's to close
   * @param base sha-256 of the base
   * @param references how many of its latest events a state refers to
   */
  UserTrainer(
      PolicyPasses passes, String base, PastEvents past, int references, FeatureCache cache) {
    this.passes = passes;
    this.base = base;
    this.past = past;
    this.references = references;
    this.cache = cache;
    this.rows = passes.policy().rows() == null ? null : new RowEventLearner(passes);
  }

  public Policy policy() {
    return passes.policy();
  }

  /** Whether the policy has rows at all. */
  public boolean hasRows() {
    return rows != null;
  }

  /** Reads the features that the heads of these buckets will need in one pass. */
  void prefetch(List<PreferenceBucket> buckets, Tally tally) {
    coordinates(tally)
        .prefetch(buckets.stream().flatMap(bucket -> bucket.getFeedback().stream()).toList());
  }

  /**
   * The state with a bucket learned by the head.
   *
   * @param before null: nothing is known of the user
   * @param offset the bucket's offset in attune.buckets.by-user
   */
  UserEmbedding learnHead(
      String userId,
      @Nullable UserEmbedding before,
      long offset,
      PreferenceBucket bucket,
      Tally tally) {
    HeadLearner heads = new HeadLearner(policy(), coordinates(tally));
    UserEmbedding next =
        before == null
            ? UserEmbeddings.begin(userId, policy().generic(), offset)
            : UserEmbeddings.copy(before);
    Retractions.Result rest =
        new Retractions(heads, past)
            .apply(carried(next), next.getReferences(), bucket.getRetractions(), tally);
    for (Retraction retraction : rest.removed()) {
      next.setRetracted(next.getRetracted() + 1);
      next.setComparisons(Math.max(0, next.getComparisons() - retraction.getComparisons()));
      next.setJudgements(Math.max(0, next.getJudgements() - retraction.getJudgements()));
    }
    UserState state = rest.state();
    for (Feedback feedback : bucket.getFeedback()) {
      HeadLearner.Lessons lessons = heads.lessons(feedback);
      tally.predictions.addAll(heads.predict(state, lessons));
      UserState learned = heads.learn(state, lessons);
      tally.unchanged += learned.head().equals(state.head()) ? 1 : 0;
      state = learned;
      next.setComparisons(next.getComparisons() + feedback.getComparisons().size());
      next.setJudgements(next.getJudgements() + feedback.getJudgements().size());
      tally.comparisons += feedback.getComparisons().size();
      tally.judgements += feedback.getJudgements().size();
    }
    tally.buckets++;
    tally.events += bucket.getFeedback().size();
    UserEmbeddings.put(next, state);
    next.setReferences(latest(rest.references(), offset, bucket));
    next.setIncluded(UserEmbeddings.included(next.getIncluded(), bucket));
    if (bucket.getLastEventAt().isAfter(next.getLastEventAt())) {
      next.setLastEventAt(bucket.getLastEventAt());
    }
    return next;
  }

  /**
   * A bucket that rows are to learn.
   *
   * @param before its user's state by now
   */
  public record RowBucket(UserEmbedding before, PreferenceBucket bucket) {
    /** How many events it has. */
    public int events() {
      return bucket.getFeedback().size();
    }
  }

  /** Reads what rows will need of these buckets in one pass, in place of what was read before. */
  public void prefetchRows(List<RowBucket> buckets) {
    if (rows == null) {
      return;
    }
    // What is learned anew has passes of its own, for it is far from where it was.
    Set<String> refitted = new HashSet<>();
    for (RowBucket one : buckets) {
      if (!one.bucket().getRetractions().isEmpty()) {
        refitted.add(one.before().getUserId());
      }
    }
    List<RowEventLearner.Coming> coming = new ArrayList<>();
    for (RowBucket one : buckets) {
      if (!refitted.contains(one.before().getUserId())) {
        UserState state = carried(one.before());
        for (Feedback feedback : one.bucket().getFeedback()) {
          coming.add(
              new RowEventLearner.Coming(
                  state, new PastEvent(feedback, one.bucket().getUserText())));
        }
      }
    }
    rows.prefetch(coming);
  }

  /**
   * The state with a bucket learned by the row.
   *
   * @param before its head has learned the bucket
   * @throws IllegalStateException if the policy has no rows
   */
  UserEmbedding learnRow(UserEmbedding before, long offset, PreferenceBucket bucket, Tally tally) {
    if (rows == null) {
      throw new IllegalStateException("epoch " + policy().epoch() + " has no rows");
    }
    UserEmbedding next = UserEmbeddings.copy(before);
    Retractions.Result rest =
        new Retractions(rows, past)
            .apply(carried(next), next.getRowReferences(), bucket.getRetractions(), tally);
    UserState state = rest.state();
    for (Feedback feedback : bucket.getFeedback()) {
      state = rows.learn(state, new PastEvent(feedback, bucket.getUserText()));
    }
    tally.rowEvents += bucket.getFeedback().size();
    UserEmbeddings.put(next, state);
    next.setRowReferences(latest(rest.references(), offset, bucket));
    next.setRowIncluded(UserEmbeddings.included(next.getRowIncluded(), bucket));
    return next;
  }

  /** States are brought to the policy's epoch when they are needed. */
  private UserState carried(UserEmbedding embedding) {
    if (embedding.getEpoch() > policy().epoch()) {
      throw new TrainerException(
          "a user's state is of epoch "
              + embedding.getEpoch()
              + " but the newest policy is of epoch "
              + policy().epoch()
              + ": restore the models topic");
    }
    return policy().carry(UserEmbeddings.state(embedding));
  }

  private List<EventReference> latest(
      List<EventReference> before, long offset, PreferenceBucket bucket) {
    List<EventReference> all = new ArrayList<>(before);
    for (Feedback feedback : bucket.getFeedback()) {
      all.add(new EventReference(feedback.getOffset(), offset, bucket.getDomain()));
    }
    return List.copyOf(all.subList(Math.max(0, all.size() - references), all.size()));
  }

  private ReplyCoordinates coordinates(Tally tally) {
    return new ReplyCoordinates(passes, base, cache, tally.coordinates);
  }
}
