package dev.attune.scorer.core;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Splits what was polled into batches, the most urgent first.
 *
 * <p>Where a batch is committed by the offset that follows it in each partition, the order within a
 * partition stays that of the log ({@link #inOrder}). Between partitions the one goes first that
 * holds the earliest deadline, wherever in its queue. A request that the gate holds back, or that
 * is not complete, holds those behind it in its partition back too, and no others. Where each
 * request is acknowledged by itself, it holds back nothing else ({@link #unordered}). Replies that
 * a request asks for are begun when it comes, or when the gate lets it go on. Not thread-safe.
 */
public final class ScoreBatcher {
  private static final Comparator<Queue<Prompt>> MOST_URGENT =
      Comparator.<Queue<Prompt>, Instant>comparing(ScoreBatcher::deadline)
          .thenComparing(queue -> queue.element().appendedAt());

  private final BatchBudget budget;
  private final AfterGate gate;
  private final Function<Prompt, Lane> lanes;
  private final Map<Lane, Queue<Prompt>> pending = new TreeMap<>();

  private ScoreBatcher(BatchBudget budget, AfterGate gate, Function<Prompt, Lane> lanes) {
    this.budget = budget;
    this.gate = gate;
    this.lanes = lanes;
  }

  /** Keeps the order within each partition. */
  public static ScoreBatcher inOrder(BatchBudget budget, AfterGate gate) {
    return new ScoreBatcher(budget, gate, prompt -> new Lane(prompt.partition(), 0));
  }

  /** Keeps no order: all that is ready may go. */
  public static ScoreBatcher unordered(BatchBudget budget, AfterGate gate) {
    return new ScoreBatcher(budget, gate, prompt -> new Lane(prompt.partition(), prompt.offset()));
  }

  /** What keeps its order: a partition from an offset on. */
  private record Lane(int partition, long from) implements Comparable<Lane> {
    private static final Comparator<Lane> ORDER =
        Comparator.comparingInt(Lane::partition).thenComparingLong(Lane::from);

    @Override
    public int compareTo(Lane other) {
      return ORDER.compare(this, other);
    }
  }

  /** Adds a record; those of one partition come in the order of their offsets. */
  public void add(Prompt prompt) {
    pending.computeIfAbsent(lanes.apply(prompt), lane -> new ArrayDeque<>()).add(prompt);
    if (!prompt.namesFeedback()) {
      prompt.begin();
    }
  }

  /** Whether {@link #next} has something to give now. */
  public boolean isReady() {
    return peek().isPresent();
  }

  /** The partitions that something waits of. */
  public Set<Integer> partitions() {
    return pending.keySet().stream().map(Lane::partition).collect(Collectors.toUnmodifiableSet());
  }

  /** How many wait, ready or not. */
  int waiting() {
    return pending.values().stream().mapToInt(Queue::size).sum();
  }

  /** How many of them wait for their replies to be written. */
  int waitingForReplies() {
    return (int)
        pending.values().stream()
            .flatMap(Queue::stream)
            .filter(prompt -> prompt.replies() != null)
            .count();
  }

  /** Forgets what waits of these partitions: another member answers it now. */
  public void drop(Collection<Integer> partitions) {
    partitions.forEach(gate::forget);
    pending.forEach(
        (lane, queue) -> {
          if (partitions.contains(lane.partition)) {
            queue.forEach(Prompt::abandon);
          }
        });
    pending.keySet().removeIf(lane -> partitions.contains(lane.partition));
  }

  /** Forgets one that waits: another member answers it now. */
  public void drop(int partition, long offset) {
    for (Queue<Prompt> queue : pending.values()) {
      queue.removeIf(
          prompt -> {
            boolean meant = prompt.partition() == partition && prompt.offset() == offset;
            if (meant) {
              gate.forget(prompt);
              prompt.abandon();
            }
            return meant;
          });
    }
    pending.values().removeIf(Queue::isEmpty);
  }

  /** Forgets everything that waits. */
  public void clear() {
    pending.values().forEach(queue -> queue.forEach(Prompt::abandon));
    pending.clear();
  }

  /** Takes the next batch: within the budget, but never empty while something is ready. */
  public List<Prompt> next() {
    return fill(List.of());
  }

  /** Takes what is ready and fits beside others in their batch. */
  List<Prompt> beside(List<Prompt> others) {
    List<Prompt> all = fill(others);
    return all.subList(others.size(), all.size());
  }

  private List<Prompt> fill(List<Prompt> others) {
    List<Prompt> batch = new ArrayList<>(others);
    int candidates = others.stream().mapToInt(Prompt::candidates).sum();
    int tokens = others.stream().mapToInt(Prompt::tokens).sum();
    for (Optional<Prompt> next = peek(); next.isPresent(); next = peek()) {
      Prompt prompt = next.get().settled();
      candidates += prompt.candidates();
      tokens += prompt.tokens();
      boolean fits =
          batch.size() < budget.requests()
              && candidates <= budget.candidates()
              && tokens <= budget.tokens();
      if (!fits && !batch.isEmpty()) {
        break;
      }
      batch.add(prompt);
      remove(prompt);
    }
    return batch;
  }

  private Optional<Prompt> peek() {
    return pending.values().stream()
        .filter(queue -> ready(queue.element()))
        .min(MOST_URGENT)
        .map(Queue::element);
  }

  private boolean ready(Prompt prompt) {
    if (!gate.open(prompt)) {
      return false;
    }
    prompt.begin();
    return prompt.complete();
  }

  private void remove(Prompt prompt) {
    gate.forget(prompt);
    pending.computeIfPresent(
        lanes.apply(prompt),
        (lane, queue) -> {
          queue.remove();
          return queue.isEmpty() ? null : queue;
        });
  }

  private static Instant deadline(Queue<Prompt> queue) {
    return queue.stream().map(Prompt::deadline).min(Comparator.naturalOrder()).orElseThrow();
  }
}
