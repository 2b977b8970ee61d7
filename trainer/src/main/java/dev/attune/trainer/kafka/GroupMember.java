package dev.attune.trainer.kafka;

import dev.attune.schemas.Topic;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.trainer.core.TrainerException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipeline's place in its consumer group. A commit that the group has moved past is made again
 * ({@link #transact}); nothing else is repaired in place. After any other failure that passes, what
 * is uncertain is dropped, the member leaves and joins anew, and partitions come back by an
 * assignment like anybody's, restored from what is committed.
 *
 * <p>Confined to the thread that polls, but for {@link #joined}.
 */
public final class GroupMember {
  private static final Duration BACKOFF = Duration.ofSeconds(1);

  /** Of a commit, while the group moves. */
  private static final int MOST_ATTEMPTS = 50;

  private static final Logger LOG = LoggerFactory.getLogger(GroupMember.class);

  private final Consumer<String, PreferenceBucket> consumer;
  private final Topic<PreferenceBucket> topic;
  private final CountDownLatch stop;
  private final Runnable recovered;
  private final Owner owner;
  private final Duration backoff;
  private final ConsumerRebalanceListener listener = new Rebalances();
  private @Nullable RuntimeException failure;
  private boolean rejoin;
  private boolean rebalancing;
  private volatile boolean joined;

  /** Keeps the partitions that are assigned. Called while polling, which it must not do. */
  public interface Owner {

    /** Restores them and sets the consumer's positions. */
    void takeUp(Collection<TopicPartition> partitions);

    /** Commits what is not, of those that another member will get. */
    default void handOver(Collection<TopicPartition> partitions) {}

    /** Forgets them, owned or not; nothing of theirs may be committed from here on. */
    void drop(Collection<TopicPartition> partitions);
  }

  /**
   * @param stop counted down when the pipeline is to end
   * @param recovered told of each failure that passed
   */
  public GroupMember(
      Consumer<String, PreferenceBucket> consumer,
      Topic<PreferenceBucket> topic,
      CountDownLatch stop,
      Runnable recovered,
      Owner owner) {
    this(consumer, topic, stop, recovered, owner, BACKOFF);
  }

  /**
   * @param backoff how long it stays out of the group before it joins anew
   */
  GroupMember(
      Consumer<String, PreferenceBucket> consumer,
      Topic<PreferenceBucket> topic,
      CountDownLatch stop,
      Runnable recovered,
      Owner owner,
      Duration backoff) {
    this.backoff = backoff;
    this.consumer = consumer;
    this.topic = topic;
    this.stop = stop;
    this.recovered = recovered;
    this.owner = owner;
  }

  public void join() {
    consumer.subscribe(Set.of(topic.name()), listener);
  }

  /** Joins anew where that is needed. False: the pipeline is to end. */
  public boolean stays() {
    if (rejoin) {
      rejoin = false;
      consumer.unsubscribe();
      throwFailure();
      if (!stopsWithin(backoff)) {
        join();
      }
    }
    return stop.getCount() > 0;
  }

  private boolean stopsWithin(Duration wait) {
    try {
      return stop.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Whether it had a place in the group after the last poll. Any thread may ask. */
  public boolean joined() {
    return joined;
  }

  /** Whether it is about to join anew: what it owned may be another's. */
  public boolean leaving() {
    return rejoin;
  }

  /** Lets {@link #stays} join anew. */
  public void leave() {
    rejoin = true;
  }

  public ConsumerGroupMetadata metadata() {
    return consumer.groupMetadata();
  }

  public Set<TopicPartition> assignment() {
    return consumer.assignment();
  }

  /**
   * Polls once; partitions may come and go meanwhile.
   *
   * @throws TrainerException where buckets are gone or are none
   * @throws RuntimeException what the {@link Owner} threw and does not pass
   */
  public void poll(
      Duration wait, java.util.function.Consumer<ConsumerRecord<String, PreferenceBucket>> reader) {
    try {
      consumer.poll(wait).forEach(reader);
    } catch (OffsetOutOfRangeException | NoOffsetForPartitionException e) {
      throwFailure();
      if (!rejoin) {
        throw new TrainerException(
            "buckets are gone that have not been read: " + e.getMessage(), e);
      }
      // A partition that could not be taken up has no position; it comes back by joining anew.
    } catch (RecordDeserializationException e) {
      if (!Failures.recoverable(e)) {
        throw new TrainerException(
            "the record at offset %d of %s is not a bucket"
                .formatted(e.offset(), e.topicPartition()),
            e);
      }
      recover(e);
    }
    throwFailure();
    joined = consumer.groupMetadata().generationId() >= 0;
  }

  /**
   * Stops fetching from partitions that have enough to do, and goes on with the others.
   *
   * @return how many records of these partitions have not been fetched
   */
  public long regulate(Collection<TopicPartition> partitions, Predicate<TopicPartition> full) {
    Set<TopicPartition> assignment = consumer.assignment();
    Set<TopicPartition> paused = new HashSet<>();
    Set<TopicPartition> resumed = new HashSet<>();
    long lag = 0;
    for (TopicPartition partition : partitions) {
      if (assignment.contains(partition)) {
        (full.test(partition) ? paused : resumed).add(partition);
        lag += consumer.currentLag(partition).orElse(0);
      }
    }
    consumer.pause(paused);
    consumer.resume(resumed);
    return lag;
  }

  /**
   * Runs a transaction of this member. The group may have moved on since the last poll: then the
   * transaction is aborted, this member follows, and runs it again where it still owns the
   * partition. So one member's coming and going does not make the others leave.
   *
   * @param transaction from its beginning to its commit, with {@link #metadata} as it is then
   * @param owned whether the partition is owned still
   * @param poll polls once; not called while partitions are handed over
   * @return false: the partition is another's now, and nothing was committed
   * @throws CommitFailedException where the group goes on moving
   */
  public boolean transact(
      Producer<?, ?> producer, Runnable transaction, BooleanSupplier owned, Runnable poll) {
    for (int attempt = 1; ; attempt++) {
      try {
        transaction.run();
        return true;
      } catch (CommitFailedException e) {
        if (attempt == MOST_ATTEMPTS || rebalancing) {
          throw e;
        }
        LOG.atInfo()
            .addKeyValue("topic", topic.name())
            .addKeyValue("attempt", attempt)
            .log("the group has moved on, its commit is made again");
        producer.abortTransaction();
        poll.run();
        if (rejoin || !owned.getAsBoolean()) {
          return false;
        }
      }
    }
  }

  /** Transactions with {@link #metadata} as it is then; see {@link #transact}. */
  public Transactions transactions(BooleanSupplier owned, Runnable poll) {
    return (producer, transaction) ->
        transact(producer, () -> transaction.accept(metadata()), owned, poll);
  }

  /** Failures that pass cost these partitions' memory: they are taken up anew. */
  public void orDrop(Collection<TopicPartition> partitions, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      if (!Failures.recoverable(e)) {
        throw e;
      }
      recover(e);
      owner.drop(partitions);
    }
  }

  private void recover(RuntimeException cause) {
    rejoin = true;
    recovered.run();
    LOG.atWarn()
        .addKeyValue("topic", topic.name())
        .addKeyValue("reason", cause.getClass().getSimpleName())
        .addKeyValue("message", cause.getMessage())
        .log("going on from what is committed");
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  private final class Rebalances implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        guard(() -> owner.takeUp(partitions));
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      guard(() -> owner.handOver(partitions));
      owner.drop(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      recovered.run();
      owner.drop(partitions);
    }

    /** The consumer would wrap what a callback throws; it is thrown after the poll instead. */
    private void guard(Runnable work) {
      if (failure != null) {
        return;
      }
      rebalancing = true;
      try {
        work.run();
      } catch (RuntimeException e) {
        if (Failures.recoverable(e)) {
          recover(e);
        } else {
          failure = e;
        }
      } finally {
        rebalancing = false;
      }
    }
  }
}
