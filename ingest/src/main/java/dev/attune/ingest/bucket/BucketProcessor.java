package dev.attune.ingest.bucket;

import dev.attune.ingest.event.SourceRecord;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Cause;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.Topics;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Gathers each user's feedback in one domain into buckets, for each route with limits and sequence
 * numbers of its own. A record that taught nothing is covered by its offset, on the by-user route.
 *
 * <p>Each item of an open bucket is a record of its own in the store, written once and deleted when
 * the bucket closes, so the store holds open buckets only. An item is a bucket of one event, in the
 * wire format of the by-user topic: that schema is registered and evolves compatibly.
 */
public final class BucketProcessor
    implements Processor<String, UserChange, String, PreferenceBucket> {
  private static final String ITEM_TOPIC = Topics.BUCKETS_BY_USER.name();

  private final Duration tick;
  private final Serde<PreferenceBucket> serde;
  private final IngestMeters meters;
  private final Map<Route, OpenBuckets> open = new EnumMap<>(Route.class);
  private ProcessorContext<String, PreferenceBucket> context;
  private KeyValueStore<String, byte[]> items;
  private KeyValueStore<String, Long> sequences;

  /**
   * One task's buckets.
   *
   * @param tick how often ages are looked at
   */
  public BucketProcessor(
      BucketLimits byUser,
      BucketLimits byDomain,
      Duration tick,
      Serde<PreferenceBucket> serde,
      IngestMeters meters) {
    open.put(Route.BY_USER, new OpenBuckets(byUser));
    open.put(Route.BY_DOMAIN, new OpenBuckets(byDomain));
    this.tick = tick;
    this.serde = serde;
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, PreferenceBucket> processorContext) {
    this.context = processorContext;
    this.items = processorContext.getStateStore(StateStores.ITEMS);
    this.sequences = processorContext.getStateStore(StateStores.SEQUENCES);
    // A task that is revived after a failure keeps its processors; what they remember is void.
    open.values().forEach(OpenBuckets::clear);
    restore(processorContext.currentSystemTimeMs());
    processorContext.schedule(tick, PunctuationType.WALL_CLOCK_TIME, this::closeExpired);
  }

  @Override
  public void process(Record<String, UserChange> record) {
    UserChange change = record.value();
    if (change instanceof UserChange.Learned learned) {
      UserEvent event = learned.event();
      byte[] item =
          item(event.source(), event.userId(), event.domain(), event.feedback(), event.userText());
      int comparisons = comparisons(event.feedback());
      add(new BucketKey(Route.BY_USER, event.userId(), event.domain()), item, comparisons);
      add(new BucketKey(Route.BY_DOMAIN, event.userId(), event.domain()), item, comparisons);
    } else if (change instanceof UserChange.Covered covered) {
      byte[] item = item(covered.source(), covered.userId(), covered.domain(), null, null);
      add(new BucketKey(Route.BY_USER, covered.userId(), covered.domain()), item, 0);
    } else {
      throw new UnsupportedOperationException(change.getClass().getSimpleName());
    }
  }

  private void add(BucketKey key, byte[] item, int comparisons) {
    OpenBuckets buckets = open.get(key.route());
    if (buckets.overflows(key, item.length)) {
      close(key, Cause.BYTES);
    }
    int index = buckets.add(key, comparisons, item.length, context.currentSystemTimeMs());
    items.put(key.item(index), item);
    Cause full = buckets.full(key);
    if (full != null) {
      close(key, full);
    }
  }

  private void closeExpired(long now) {
    open.forEach((route, buckets) -> buckets.expired(now).forEach(key -> close(key, Cause.AGE)));
  }

  private void close(BucketKey key, Cause cause) {
    int count = open.get(key.route()).remove(key).items();
    List<PreferenceBucket> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      parts.add(serde.deserializer().deserialize(ITEM_TOPIC, items.delete(key.item(i))));
    }
    Long sequence = sequences.get(key.text());
    long next = sequence == null ? 0 : sequence;
    sequences.put(key.text(), next + 1);
    PreferenceBucket bucket = merged(key, next, parts);
    meters.closed(bucket, cause);
    boolean byUser = key.route() == Route.BY_USER;
    context.forward(
        new Record<>(byUser ? key.userId() : key.domain(), bucket, context.currentSystemTimeMs()),
        byUser ? Nodes.BY_USER_SINK : Nodes.BY_DOMAIN_SINK);
  }

  /** Learns anew which buckets are open; their ages start again. */
  private void restore(long now) {
    try (KeyValueIterator<String, byte[]> all = items.all()) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> item = all.next();
        BucketKey key = BucketKey.ofItem(item.key);
        PreferenceBucket part = serde.deserializer().deserialize(ITEM_TOPIC, item.value);
        int comparisons = part.getFeedback().stream().mapToInt(BucketProcessor::comparisons).sum();
        open.get(key.route()).add(key, comparisons, item.value.length, now);
      }
    }
  }

  private static int comparisons(@Nullable Feedback feedback) {
    return feedback == null
        ? 0
        : feedback.getComparisons().size() + feedback.getJudgements().size();
  }

  private byte[] item(
      SourceRecord source,
      String userId,
      String domain,
      @Nullable Feedback feedback,
      @Nullable String userText) {
    Instant at =
        feedback == null ? Instant.ofEpochMilli(source.appendedAt()) : feedback.getOccurredAt();
    PreferenceBucket bucketOfOne =
        PreferenceBucket.newBuilder()
            .setRoute(Route.BY_USER)
            .setUserId(userId)
            .setDomain(domain)
            .setSequence(0)
            .setFeedback(feedback == null ? List.of() : List.of(feedback))
            .setUserText(userText)
            .setFirstEventAt(at)
            .setLastEventAt(at)
            .setSourcePartition(source.partition())
            .setSourceOffsets(List.of(source.offset()))
            .build();
    return serde.serializer().serialize(ITEM_TOPIC, bucketOfOne);
  }

  /** One bucket of all parts; times are those of the feedback where there is any. */
  private static PreferenceBucket merged(
      BucketKey key, long sequence, List<PreferenceBucket> parts) {
    List<Feedback> feedback = new ArrayList<>();
    List<Long> offsets = new ArrayList<>();
    String userText = null;
    for (PreferenceBucket part : parts) {
      feedback.addAll(part.getFeedback());
      offsets.addAll(part.getSourceOffsets());
      userText = part.getUserText() == null ? userText : part.getUserText();
    }
    List<Instant> times =
        parts.stream()
            .filter(part -> feedback.isEmpty() || !part.getFeedback().isEmpty())
            .map(PreferenceBucket::getFirstEventAt)
            .sorted()
            .toList();
    return PreferenceBucket.newBuilder()
        .setRoute(key.route())
        .setUserId(key.userId())
        .setDomain(key.domain())
        .setSequence(sequence)
        .setFeedback(feedback)
        .setUserText(userText)
        .setFirstEventAt(times.get(0))
        .setLastEventAt(times.get(times.size() - 1))
        .setSourcePartition(parts.get(0).getSourcePartition())
        .setSourceOffsets(offsets)
        .build();
  }
}
