package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.EventReference;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.Position;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.scorer.core.KnownUser;
import dev.attune.scorer.core.PastEvent;
import dev.attune.scorer.core.PastEvents;
import dev.attune.scorer.core.UserStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads users' latest events back from attune.buckets.by-user, on a thread of its own, so that
 * nobody's answer waits for those who ask why. What takes too long, is too much at once, or is not
 * there any more is left out.
 */
final class PastEventReader implements PastEvents, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PastEventReader.class);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final int MOST_WAITING = 64;

  private final Supplier<Consumer<String, byte[]>> consumers;
  private final Deserializer<PreferenceBucket> deserializer;
  private final UserStates users;
  private final LongSupplier epoch;
  private final Duration patience;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_WAITING),
          task -> {
            Thread worker = new Thread(task, "scorer-explain");
            worker.setDaemon(true);
            return worker;
          });

  /** Made at first use; confined to the thread. */
  private @Nullable Consumer<String, byte[]> consumer;

  /**
   * @param consumers makes clients that read committed records outside any group
   * @param epoch of the policy that is served
   * @param patience how long an answer waits at most
   */
  PastEventReader(
      Supplier<Consumer<String, byte[]>> consumers,
      Deserializer<PreferenceBucket> deserializer,
      UserStates users,
      LongSupplier epoch,
      Duration patience) {
    this.consumers = consumers;
    this.deserializer = deserializer;
    this.users = users;
    this.epoch = epoch;
    this.patience = patience;
  }

  @Override
  public CompletableFuture<List<PastEvent>> of(String userId) {
    KnownUser user = users.find(userId, epoch.getAsLong());
    if (user == null || user.included() == null || user.references().isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    // A state's references lie in the partition that its feedback comes from.
    TopicPartition partition =
        new TopicPartition(Topics.BUCKETS_BY_USER.name(), user.included().getPartition());
    // A little earlier than the answer goes on, so that it has what was found by then.
    long deadline = System.nanoTime() + patience.toNanos() / 5 * 4;
    CompletableFuture<List<PastEvent>> found = new CompletableFuture<>();
    try {
      thread.execute(() -> found.complete(find(userId, partition, user.references(), deadline)));
    } catch (RejectedExecutionException e) {
      found.complete(List.of());
    }
    return found.completeOnTimeout(List.of(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private List<PastEvent> find(
      String userId, TopicPartition partition, List<EventReference> references, long deadline) {
    List<PastEvent> found = new ArrayList<>();
    try {
      Consumer<String, byte[]> reading = consumer();
      reading.assign(List.of(partition));
      NavigableSet<Long> wanted = new TreeSet<>();
      Set<Long> events = new HashSet<>();
      for (EventReference reference : references) {
        wanted.add(reference.getBucketOffset());
        events.add(reference.getOffset());
      }
      wanted.headSet(reading.beginningOffsets(List.of(partition)).get(partition)).clear();
      wanted.tailSet(reading.endOffsets(List.of(partition)).get(partition)).clear();
      while (!wanted.isEmpty() && System.nanoTime() < deadline) {
        long first = wanted.first();
        reading.seek(partition, first);
        while (reading.position(partition) <= first && System.nanoTime() < deadline) {
          for (ConsumerRecord<String, byte[]> record : reading.poll(POLL)) {
            if (wanted.remove(record.offset()) && userId.equals(record.key())) {
              add(found, record, events);
            }
          }
        }
        wanted.remove(first);
      }
    } catch (KafkaException e) {
      LOG.atWarn().addKeyValue("error", e.toString()).log("past events cannot be read");
      reset();
    }
    return found;
  }

  private void add(List<PastEvent> found, ConsumerRecord<String, byte[]> record, Set<Long> wanted) {
    if (record.value() == null) {
      return;
    }
    PreferenceBucket bucket =
        deserializer.deserialize(record.topic(), record.headers(), record.value());
    for (Feedback feedback : bucket.getFeedback()) {
      if (wanted.contains(feedback.getOffset())) {
        found.add(
            new PastEvent(
                new Position(
                    Topics.PREFERENCES.name(), bucket.getSourcePartition(), feedback.getOffset()),
                bucket.getDomain(),
                feedback));
      }
    }
  }

  private Consumer<String, byte[]> consumer() {
    Consumer<String, byte[]> current = consumer;
    if (current == null) {
      current = consumers.get();
      consumer = current;
    }
    return current;
  }

  private void reset() {
    Consumer<String, byte[]> current = consumer;
    consumer = null;
    if (current != null) {
      current.close();
    }
  }

  /** Ends after the search under way; what waits is answered with nothing in time. */
  @Override
  public void close() {
    thread.getQueue().clear();
    try {
      thread.execute(this::reset);
    } catch (RejectedExecutionException e) {
      LOG.debug("closed before");
    }
    thread.shutdown();
  }
}
