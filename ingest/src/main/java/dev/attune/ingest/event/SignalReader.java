package dev.attune.ingest.event;

import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.Choice;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Edit;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Judgement;
import dev.attune.schemas.events.PreferenceEvent;
import dev.attune.schemas.events.Ranking;
import dev.attune.schemas.events.Ratings;
import dev.attune.schemas.events.Regeneration;
import dev.attune.schemas.events.Reply;
import dev.attune.schemas.events.Thumb;
import dev.attune.schemas.events.Tie;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Turns an event's signal into comparisons and judgements, as docs/events.md says. The feedback
 * holds the replies that are compared or judged and no others, in the order shown. Two replies with
 * the same text are not compared: whatever was said of them is said of one text. Pure.
 */
public final class SignalReader {
  /** Added to a candidate's id to name the user's correction of it. */
  static final String EDIT_SUFFIX = "#edit";

  /** The position of a reply that was not among the candidates. */
  private static final int NOT_SHOWN = -1;

  /** Ratings that nearly agree still say which is better. */
  private static final double LEAST_RATING_WEIGHT = 0.01;

  private final SignalWeights weights;

  SignalReader(SignalWeights weights) {
    this.weights = weights;
  }

  /**
   * What the event teaches.
   *
   * @param event one that {@link EventValidator#check} let pass
   * @throws RejectedEventException if the signal does not fit the candidates or says nothing
   */
  Feedback read(PreferenceEvent event, long offset) {
    Object signal = event.getSignal();
    Builder feedback = new Builder(event.getCandidates(), weights.of(SignalKind.of(signal)));
    if (signal instanceof Choice choice) {
      choice(feedback, choice, event.getCandidates());
    } else if (signal instanceof Ranking ranking) {
      tiers(feedback, ranking.getTiers());
    } else if (signal instanceof Ratings ratings) {
      ratings(feedback, ratings.getRatings(), event.getCandidates());
    } else if (signal instanceof Thumb thumb) {
      feedback.judge(thumb.getCandidateId(), thumb.getUp());
    } else if (signal instanceof Edit edit) {
      edit(feedback, edit);
    } else if (signal instanceof Regeneration regeneration) {
      regeneration(feedback, regeneration);
    } else if (signal instanceof Tie tie) {
      tie(feedback, tie, event.getCandidates());
    }
    return feedback.build(event, offset);
  }

  /** Whether the user picked among replies shown beside each other. */
  static boolean sideBySide(Object signal) {
    return signal instanceof Choice || signal instanceof Ranking || signal instanceof Ratings;
  }

  private static void choice(Builder feedback, Choice choice, List<Candidate> candidates) {
    feedback.require(choice.getChosenId());
    for (Candidate other : candidates) {
      if (!other.getId().equals(choice.getChosenId())) {
        feedback.prefer(choice.getChosenId(), other.getId(), 1);
      }
    }
  }

  private static void tiers(Builder feedback, List<List<String>> tiers) {
    Set<String> seen = new HashSet<>();
    List<String> better = new ArrayList<>();
    for (List<String> tier : tiers) {
      for (int i = 0; i < tier.size(); i++) {
        String id = tier.get(i);
        feedback.require(id);
        once(seen, id);
        better.forEach(preferred -> feedback.prefer(preferred, id, 1));
        for (int j = 0; j < i; j++) {
          feedback.tie(tier.get(j), id);
        }
      }
      better.addAll(tier);
    }
  }

  private static void ratings(
      Builder feedback, Map<String, Double> ratings, List<Candidate> candidates) {
    TreeSet<Double> halves = new TreeSet<>();
    ratings.forEach(
        (id, rating) -> {
          feedback.require(id);
          if (!Double.isFinite(rating)) {
            throw new RejectedEventException(
                RejectionReason.INVALID_RATING, "a rating is not a finite number");
          }
          // Halves, because the range of two finite numbers may be infinite.
          halves.add(rating / 2);
        });
    double range = halves.isEmpty() ? 0 : halves.last() - halves.first();
    List<String> rated =
        candidates.stream().map(Candidate::getId).filter(ratings::containsKey).toList();
    for (int i = 0; i < rated.size(); i++) {
      for (int j = i + 1; j < rated.size(); j++) {
        double difference = ratings.get(rated.get(i)) / 2 - ratings.get(rated.get(j)) / 2;
        double weight = Math.max(LEAST_RATING_WEIGHT, Math.abs(difference) / range);
        if (difference > 0) {
          feedback.prefer(rated.get(i), rated.get(j), weight);
        } else if (difference < 0) {
          feedback.prefer(rated.get(j), rated.get(i), weight);
        } else {
          feedback.tie(rated.get(i), rated.get(j));
        }
      }
    }
  }

  private static void edit(Builder feedback, Edit edit) {
    feedback.require(edit.getCandidateId());
    if (TextRules.blank(edit.getCorrectedText())) {
      throw nothing("correctedText is blank");
    }
    String id = edit.getCandidateId() + EDIT_SUFFIX;
    feedback.replace(id, edit.getCorrectedText());
    feedback.prefer(id, edit.getCandidateId(), 1);
  }

  private static void regeneration(Builder feedback, Regeneration regeneration) {
    feedback.require(regeneration.getDiscardedId());
    feedback.require(regeneration.getKeptId());
    if (regeneration.getKeptId().equals(regeneration.getDiscardedId())) {
      throw nothing("keptId is discardedId");
    }
    feedback.prefer(regeneration.getKeptId(), regeneration.getDiscardedId(), 1);
  }

  private static void tie(Builder feedback, Tie tie, List<Candidate> candidates) {
    List<String> ids =
        tie.getCandidateIds().isEmpty()
            ? candidates.stream().map(Candidate::getId).toList()
            : tie.getCandidateIds();
    tiers(feedback, List.of(ids));
  }

  private static void once(Set<String> seen, String id) {
    if (!seen.add(id)) {
      throw new RejectedEventException(
          RejectionReason.DUPLICATE_CANDIDATE, "the signal names one candidate twice");
    }
  }

  private static RejectedEventException nothing(String message) {
    return new RejectedEventException(RejectionReason.NOTHING_TO_LEARN, message);
  }

  /** Collects pairs by candidate id, then numbers the replies that they need. */
  private static final class Builder {
    private final SignalWeights.Value value;
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<String, Candidate> candidates = new LinkedHashMap<>();
    private final int shown;
    private final Set<String> used = new HashSet<>();
    private final List<Pair> pairs = new ArrayList<>();
    private final Map<String, Boolean> judged = new LinkedHashMap<>();

    private record Pair(String preferred, String other, double weight, boolean tie) {}

    Builder(List<Candidate> shown, SignalWeights.Value value) {
      this.value = value;
      this.shown = shown.size();
      for (Candidate candidate : shown) {
        positions.put(candidate.getId(), positions.size());
        candidates.put(candidate.getId(), candidate);
      }
    }

    Candidate require(String id) {
      Candidate candidate = candidates.get(id);
      if (candidate == null) {
        throw new RejectedEventException(
            RejectionReason.UNKNOWN_CANDIDATE, "the signal names a candidate that was not shown");
      }
      return candidate;
    }

    /** Adds a reply that was not shown; in place of a shown one that has its id. */
    void replace(String id, String text) {
      candidates.put(id, new Candidate(id, text));
      positions.remove(id);
    }

    /** Adds a comparison, with a weight among the event's own. */
    void prefer(String preferred, String other, double weight) {
      add(new Pair(preferred, other, weight, false));
    }

    void tie(String one, String other) {
      add(new Pair(one, other, 1, true));
    }

    void judge(String id, boolean good) {
      require(id);
      used.add(id);
      judged.put(id, good);
    }

    Feedback build(PreferenceEvent event, long offset) {
      if (pairs.isEmpty() && judged.isEmpty()) {
        throw nothing("the signal compares no two different texts and judges none");
      }
      List<Reply> replies = new ArrayList<>();
      Map<String, Integer> index = new HashMap<>();
      candidates.forEach(
          (id, candidate) -> {
            if (used.contains(id)) {
              index.put(id, replies.size());
              int position = positions.getOrDefault(id, NOT_SHOWN);
              replies.add(new Reply(id, candidate.getText(), null, position, null, null));
            }
          });
      List<Comparison> comparisons = new ArrayList<>();
      pairs.forEach(
          pair ->
              comparisons.add(
                  new Comparison(
                      index.get(pair.preferred),
                      index.get(pair.other),
                      (float) (value.weight() * pair.weight),
                      pair.tie ? 0f : (float) value.margin(),
                      pair.tie)));
      List<Judgement> judgements = new ArrayList<>();
      judged.forEach(
          (id, good) -> judgements.add(new Judgement(index.get(id), good, (float) value.weight())));
      return Feedback.newBuilder()
          .setEventId(event.getEventId())
          .setRevision(event.getRevision())
          .setOffset(offset)
          .setOccurredAt(event.getOccurredAt())
          .setPrompt(event.getPrompt())
          .setReplies(replies)
          .setComparisons(comparisons)
          .setJudgements(judgements)
          .setShown(shown)
          .build();
    }

    private void add(Pair pair) {
      if (require(pair.preferred).getText().equals(require(pair.other).getText())) {
        return;
      }
      used.add(pair.preferred);
      used.add(pair.other);
      pairs.add(pair);
    }
  }
}
