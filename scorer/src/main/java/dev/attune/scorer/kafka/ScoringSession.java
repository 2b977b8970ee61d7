package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.Prompt;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.metrics.ScorerMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of the two Kafka clients that turn prompts into rewards: consume, process, produce.
 *
 * <p>A batch's answers and its offsets are committed in one transaction, so in committed reads each
 * prompt has exactly one answer. The group's metadata goes along, so a member that was expelled
 * cannot commit (KIP-447). What was polled but not yet answered waits with its partitions paused;
 * they are polled between batches all the same, so a large backlog never exceeds {@code
 * max.poll.interval.ms}.
 *
 * <p>One thread; only {@link #wakeup} may be called from others.
 */
final class ScoringSession implements KafkaTask {
  private static final Logger LOG = LoggerFactory.getLogger(ScoringSession.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** How soon a request goes on when the feedback that it waits for has come. */
  private static final Duration HELD = Duration.ofMillis(5);

  private final Consumer<String, byte[]> consumer;
  private final Producer<String, ScoreResult> producer;
  private final List<KafkaClientMetrics> clientMetrics;
  private final PromptReader reader;
  private final ScoreBatcher batcher;
  private final ScoringDesk desk;
  private final Answers answers;
  private final ScorerMetrics metrics;

  /**
   * By partition the first offset that was polled and is not answered in a committed transaction.
   */
  private final Map<TopicPartition, Long> unanswered = new HashMap<>();

  /**
   * @param clientMetrics of the two clients; all three are owned from now on
   * @param answers makes records of them
   */
  ScoringSession(
      Consumer<String, byte[]> consumer,
      Producer<String, ScoreResult> producer,
      List<KafkaClientMetrics> clientMetrics,
      PromptReader reader,
      ScoreBatcher batcher,
      ScoringDesk desk,
      Answers answers,
      ScorerMetrics metrics) {
    this.consumer = consumer;
    this.producer = producer;
    this.clientMetrics = clientMetrics;
    this.reader = reader;
    this.batcher = batcher;
    this.desk = desk;
    this.answers = answers;
    this.metrics = metrics;
  }

  /** Aborts what an earlier instance of this id left open, and joins the group. */
  @Override
  public void open() {
    producer.initTransactions();
    consumer.subscribe(List.of(Topics.PROMPTS.name()), new Rebalance());
  }

  /**
   * Polls, and answers at most one batch.
   *
   * @return false where a transaction was aborted or a prompt cannot be read now: they are polled
   *     again
   * @throws KafkaException where the clients are of no use any more
   */
  @Override
  public boolean step() {
    ConsumerRecords<String, byte[]> records = poll();
    for (TopicPartition partition : records.partitions()) {
      unanswered.putIfAbsent(partition, records.records(partition).get(0).offset());
    }
    boolean readable = true;
    for (TopicPartition partition : records.partitions()) {
      readable &= read(partition, records.records(partition));
    }
    List<Prompt> batch = batcher.next();
    return (batch.isEmpty() || answer(batch)) && readable;
  }

  @Override
  public void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    batcher.clear();
    clientMetrics.forEach(KafkaClientMetrics::close);
    // The producer goes first: it aborts what is open before the group gives the prompts to others.
    try {
      producer.close(CLOSE);
    } finally {
      consumer.close(CloseOptions.timeout(CLOSE));
    }
  }

  /** Partitions that are held back for feedback wait by themselves; the others go on. */
  private ConsumerRecords<String, byte[]> poll() {
    if (batcher.isReady()) {
      consumer.pause(consumer.assignment());
      return consumer.poll(Duration.ZERO);
    }
    List<TopicPartition> held =
        batcher.partitions().stream()
            .map(partition -> new TopicPartition(Topics.PROMPTS.name(), partition))
            .toList();
    consumer.resume(consumer.paused());
    consumer.pause(held);
    return consumer.poll(held.isEmpty() ? POLL : HELD);
  }

  /** Where the registry is at fault, the partition stays there until it answers; others go on. */
  private boolean read(TopicPartition partition, List<ConsumerRecord<String, byte[]>> records) {
    for (ConsumerRecord<String, byte[]> record : records) {
      try {
        batcher.add(reader.read(record));
      } catch (KafkaException e) {
        LOG.atWarn()
            .addKeyValue("partition", record.partition())
            .addKeyValue("offset", record.offset())
            .addKeyValue("error", e.toString())
            .log("prompt cannot be read now");
        consumer.seek(partition, record.offset());
        return false;
      }
    }
    return true;
  }

  private boolean answer(List<Prompt> batch) {
    List<ScoreResult> results = desk.score(batch);
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    try {
      producer.beginTransaction();
      for (int i = 0; i < batch.size(); i++) {
        Prompt prompt = batch.get(i);
        // The commit fails where a send does.
        Future<?> unused = producer.send(answers.record(prompt, results.get(i)));
        next.put(
            new TopicPartition(Topics.PROMPTS.name(), prompt.partition()),
            new OffsetAndMetadata(prompt.offset() + 1));
      }
      producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
      producer.commitTransaction();
    } catch (KafkaException e) {
      abort(e);
      return false;
    }
    next.forEach((partition, offset) -> unanswered.put(partition, offset.offset()));
    answers.count(batch, results);
    return true;
  }

  /** Where the producer cannot abort it is fenced or unsure of its commit: new clients find out. */
  private void abort(KafkaException cause) {
    LOG.atWarn()
        .addKeyValue("error", cause.toString())
        .log("transaction aborted, its prompts are scored again");
    metrics.aborted();
    try {
      producer.abortTransaction();
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      throw cause;
    }
    rewind();
  }

  private void rewind() {
    batcher.clear();
    unanswered.keySet().retainAll(consumer.assignment());
    unanswered.forEach(consumer::seek);
    unanswered.clear();
  }

  /** What waits of a partition that is taken away is answered by its next owner. */
  private final class Rebalance implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      batcher.drop(partitions.stream().map(TopicPartition::partition).toList());
      unanswered.keySet().removeAll(partitions);
    }
  }
}
