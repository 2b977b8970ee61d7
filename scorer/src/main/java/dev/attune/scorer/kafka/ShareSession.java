package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ScoreResult;
import dev.attune.scorer.core.Prompt;
import dev.attune.scorer.core.ScoreBatcher;
import dev.attune.scorer.core.ScoringDesk;
import dev.attune.scorer.metrics.ScorerMetrics;
import dev.attune.scorer.metrics.ScorerMetrics.Shared;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life as a member of a share group (KIP-932) that turns prompts into rewards: where there are
 * more members than partitions, several take prompts of one partition.
 *
 * <p>A prompt is acknowledged when the brokers have its answer. Who dies in between has answered
 * it, and another member answers it again: at least once. A prompt is lent for a time, its lock;
 * what waits for longer, for feedback or behind other batches, is renewed (KIP-1222). While
 * something is lent nothing more is taken, for beside what it renews the client hands out nothing
 * new.
 *
 * <p>Brokers count deliveries, and let a prompt go that was given back too often. So one that
 * cannot be read now or whose answer cannot be written now stays here, renewed; and the last
 * delivery that the group allows is answered with an error and not scored.
 *
 * <p>One thread.
 */
final class ShareSession implements KafkaTask {
  private static final Logger LOG = LoggerFactory.getLogger(ShareSession.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration COMMIT = Duration.ofSeconds(30);
  private static final Duration CLOSE = Duration.ofSeconds(5);

  /** How soon a request goes on when the feedback that it waits for has come. */
  private static final Duration HELD = Duration.ofMillis(5);

  /** The brokers' default. */
  private static final int LOCK_MILLIS = 30_000;

  private final ShareConsumer<String, byte[]> consumer;
  private final AnswerWriter writer;
  private final IntSupplier group;
  private final PromptReader reader;
  private final ScoreBatcher batcher;
  private final ScoringDesk desk;
  private final Answers answers;
  private final ScorerMetrics metrics;

  /** What this member was lent and has not answered, in the order of delivery. */
  private final Map<Place, ConsumerRecord<String, byte[]>> lent = new LinkedHashMap<>();

  /** Those of them that could not be read yet. */
  private final Map<Place, ConsumerRecord<String, byte[]>> unread = new LinkedHashMap<>();

  private long lentAt;
  private int mostDeliveries;

  /** Where a prompt lies. */
  private record Place(int partition, long offset) {
    static Place of(ConsumerRecord<?, ?> record) {
      return new Place(record.partition(), record.offset());
    }

    static Place of(Prompt prompt) {
      return new Place(prompt.partition(), prompt.offset());
    }
  }

  /**
   * @param consumer owned from now on, as is the writer
   * @param group makes the group ready, and says how often it delivers a record at most
   * @param batcher that keeps no order
   */
  ShareSession(
      ShareConsumer<String, byte[]> consumer,
      AnswerWriter writer,
      IntSupplier group,
      PromptReader reader,
      ScoreBatcher batcher,
      ScoringDesk desk,
      Answers answers,
      ScorerMetrics metrics) {
    this.consumer = consumer;
    this.writer = writer;
    this.group = group;
    this.reader = reader;
    this.batcher = batcher;
    this.desk = desk;
    this.answers = answers;
    this.metrics = metrics;
  }

  /** Makes the group ready and joins it. */
  @Override
  public void open() {
    mostDeliveries = group.getAsInt();
    consumer.subscribe(List.of(Topics.PROMPTS.name()));
  }

  /**
   * Takes prompts where it has none, and answers at most one batch.
   *
   * @return false where a prompt cannot be read or an answer not be written now: it is tried again
   * @throws KafkaException where the consumer is of no use any more
   */
  @Override
  public boolean step() {
    if (lent.isEmpty()) {
      take(consumer.poll(POLL));
    } else if (lockIsOld()) {
      renew();
    }
    boolean readable = read();
    List<Prompt> batch = batcher.next();
    if (!batch.isEmpty()) {
      return answer(batch) && readable;
    }
    if (readable && !lent.isEmpty()) {
      LockSupport.parkNanos(HELD.toNanos());
    }
    return readable;
  }

  /** Polls are short. To end an acknowledgement under way would have its prompts answered again. */
  @Override
  public void wakeup() {}

  /** What was lent and not answered is free for others when the consumer has closed. */
  @Override
  public void close() {
    metrics.shared(Shared.RELEASED, lent.size());
    try {
      writer.close();
    } finally {
      consumer.close(CLOSE);
    }
  }

  /** A batch may take the other half. */
  private boolean lockIsOld() {
    int lock = consumer.acquisitionLockTimeoutMs().orElse(LOCK_MILLIS);
    return System.nanoTime() - lentAt >= Duration.ofMillis(lock).toNanos() / 2;
  }

  private void renew() {
    lent.values().forEach(record -> consumer.acknowledge(record, AcknowledgeType.RENEW));
    acknowledge();
    take(consumer.poll(POLL));
    metrics.shared(Shared.RENEWED, lent.size());
  }

  /**
   * What was polled is all that is lent now. The rest is answered by others, but for what had its
   * last delivery: nobody else gets that.
   */
  private void take(ConsumerRecords<String, byte[]> records) {
    lentAt = System.nanoTime();
    Set<Place> polled = new HashSet<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      Place place = Place.of(record);
      polled.add(place);
      if (lent.put(place, record) == null) {
        unread.put(place, record);
        if (deliveries(record) > 1) {
          metrics.shared(Shared.REPEATED, 1);
        }
      }
    }
    for (Place place : List.copyOf(lent.keySet())) {
      if (!polled.contains(place)) {
        metrics.shared(Shared.LOST, 1);
        if (!isLast(lent.remove(place))) {
          unread.remove(place);
          batcher.drop(place.partition, place.offset);
        }
      }
    }
  }

  private boolean isLast(ConsumerRecord<?, ?> record) {
    return deliveries(record) >= mostDeliveries;
  }

  private static int deliveries(ConsumerRecord<?, ?> record) {
    return record.deliveryCount().orElse((short) 1);
  }

  /** Where the registry is at fault, a prompt stays here: each time it is given back counts. */
  private boolean read() {
    Iterator<ConsumerRecord<String, byte[]>> records = unread.values().iterator();
    while (records.hasNext()) {
      ConsumerRecord<String, byte[]> record = records.next();
      try {
        batcher.add(prompt(record));
      } catch (KafkaException e) {
        LOG.atWarn()
            .addKeyValue("partition", record.partition())
            .addKeyValue("offset", record.offset())
            .addKeyValue("error", e.toString())
            .log("prompt cannot be read now");
        return false;
      }
      records.remove();
    }
    return true;
  }

  private Prompt prompt(ConsumerRecord<String, byte[]> record) {
    if (!isLast(record)) {
      return reader.read(record);
    }
    Prompt prompt = reader.giveUp(record);
    LOG.atError()
        .addKeyValue("partition", record.partition())
        .addKeyValue("offset", record.offset())
        .addKeyValue("deliveries", deliveries(record))
        .log("prompt is answered with an error after its last delivery");
    metrics.shared(Shared.EXHAUSTED, 1);
    return prompt;
  }

  private boolean answer(List<Prompt> batch) {
    List<ScoreResult> results = desk.score(batch);
    List<ProducerRecord<String, ScoreResult>> records = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      records.add(answers.record(batch.get(i), results.get(i)));
    }
    List<Boolean> written = writer.write(records);
    List<Prompt> answered = new ArrayList<>();
    List<ScoreResult> theirs = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      Prompt prompt = batch.get(i);
      if (written.get(i)) {
        answered.add(prompt);
        theirs.add(results.get(i));
        ConsumerRecord<String, byte[]> record = lent.remove(Place.of(prompt));
        if (record != null) {
          consumer.acknowledge(record, AcknowledgeType.ACCEPT);
        }
      } else {
        batcher.add(prompt);
      }
    }
    answers.count(answered, theirs);
    Set<Integer> failed = acknowledge();
    long again = answered.stream().filter(each -> failed.contains(each.partition())).count();
    metrics.shared(Shared.LOST, again);
    return answered.size() == batch.size();
  }

  /**
   * Tells the brokers.
   *
   * @return the partitions whose brokers did not take it, mostly as a lock had expired
   */
  private Set<Integer> acknowledge() {
    Set<Integer> failed = new HashSet<>();
    consumer
        .commitSync(COMMIT)
        .forEach(
            (partition, failure) ->
                failure.ifPresent(
                    e -> {
                      failed.add(partition.partition());
                      LOG.atWarn()
                          .addKeyValue("partition", partition.partition())
                          .addKeyValue("error", e.toString())
                          .log("not acknowledged, others may answer the same prompts");
                    }));
    return failed;
  }
}
