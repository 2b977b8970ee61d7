package dev.attune.trainer.kafka.users;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Evaluation;
import dev.attune.trainer.kafka.GroupMember;
import dev.attune.trainer.kafka.LearningThread;
import dev.attune.trainer.users.UserPartition;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;

/**
 * The transactions of partitions' batches (KIP-447): each with its partition's own producer, and
 * all at the same time, for a transaction is mostly waiting. {@link #begin} does not wait for them,
 * {@link #end} does. Where the group has moved on meanwhile, a transaction is made again by the
 * caller of {@link #end}, one after the other.
 *
 * <p>Confined to the polling thread, but for the transactions themselves. A partition whose
 * transaction is under way must not be released before {@link #awaitEnded}.
 */
final class UsersTransactions implements AutoCloseable {
  private final GroupMember group;
  private final Timer duration;
  private final ExecutorService executor =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "attune-trainer-users-commit");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Begun> underway = new ArrayList<>();

  UsersTransactions(GroupMember group, Timer duration) {
    this.group = group;
    this.duration = duration;
  }

  /**
   * @param first its first attempt
   * @param further makes another
   */
  private record Begun(
      OwnedUsers partition, UserPartition.Batch batch, Future<?> first, Runnable further) {}

  /**
   * Begins to commit a batch of a partition that has none under way.
   *
   * @param epoch the newest policy that it was learned under
   */
  void begin(
      OwnedUsers partition,
      UserPartition.Batch batch,
      Optional<Evaluation> evaluation,
      long epoch) {
    // Rows that pass over buckets change nothing: the next commit says how far they have come.
    if (batch.changes().isEmpty()) {
      underway.add(new Begun(partition, batch, CompletableFuture.completedFuture(null), () -> {}));
      return;
    }
    List<ProducerRecord<String, SpecificRecord>> records = records(partition, batch, evaluation);
    OffsetAndMetadata offset =
        new OffsetAndMetadata(batch.position(), partition.note(batch, epoch).encode());
    ConsumerGroupMetadata metadata = group.metadata();
    underway.add(
        new Begun(
            partition,
            batch,
            executor.submit(() -> transaction(partition, records, offset, metadata)),
            () -> transaction(partition, records, offset, group.metadata())));
  }

  private static List<ProducerRecord<String, SpecificRecord>> records(
      OwnedUsers partition, UserPartition.Batch batch, Optional<Evaluation> evaluation) {
    int number = partition.topicPartition().partition();
    List<ProducerRecord<String, SpecificRecord>> records = new ArrayList<>();
    batch
        .changes()
        .forEach(
            (user, state) ->
                records.add(new ProducerRecord<>(Topics.USERS.name(), number, user, state)));
    evaluation.ifPresent(
        measured ->
            records.add(
                new ProducerRecord<>(Topics.EVALUATIONS.name(), measured.getModel(), measured)));
    return records;
  }

  private void transaction(
      OwnedUsers partition,
      List<ProducerRecord<String, SpecificRecord>> records,
      OffsetAndMetadata offset,
      ConsumerGroupMetadata metadata) {
    Timer.Sample sample = Timer.start();
    Producer<String, SpecificRecord> producer = partition.producer();
    producer.beginTransaction();
    records.forEach(producer::send);
    producer.sendOffsetsToTransaction(Map.of(partition.topicPartition(), offset), metadata);
    producer.commitTransaction();
    sample.stop(duration);
  }

  /** Waits for the first attempts, whatever becomes of them: that is for {@link #end}. */
  void awaitEnded() {
    for (Begun one : underway) {
      try {
        one.first().get();
      } catch (ExecutionException e) {
        // It is thrown where its partition's turn comes.
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  /**
   * Waits for all that has begun. Partitions whose transaction failed for a reason that passes are
   * dropped.
   *
   * @param owned whether a partition is owned still; those that are not are passed over
   * @param poll polls once, before another attempt
   * @param committed told of each batch that is committed
   */
  void end(
      Predicate<OwnedUsers> owned,
      Runnable poll,
      BiConsumer<OwnedUsers, UserPartition.Batch> committed) {
    awaitEnded();
    for (Begun one : underway) {
      OwnedUsers partition = one.partition();
      // Another partition's second attempt polls, so that this one may be gone by now.
      if (owned.test(partition)) {
        group.orDrop(
            List.of(partition.topicPartition()),
            () -> {
              if (group.transact(
                  partition.producer(), attempts(one), () -> owned.test(partition), poll)) {
                committed.accept(partition, one.batch());
              }
            });
      }
    }
    underway.clear();
  }

  /** The first attempt has been made already; each further one is made when it is asked for. */
  private static Runnable attempts(Begun one) {
    AtomicBoolean made = new AtomicBoolean();
    return () -> {
      if (made.getAndSet(true)) {
        one.further().run();
      } else {
        LearningThread.result(one.first());
      }
    };
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
