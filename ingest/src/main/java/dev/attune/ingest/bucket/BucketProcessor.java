package dev.attune.ingest.bucket;

import dev.attune.ingest.bucket.Contents.Part;
import dev.attune.ingest.event.UserChange;
import dev.attune.ingest.event.UserEvent;
import dev.attune.ingest.metrics.IngestMeters;
import dev.attune.ingest.metrics.IngestMeters.Cause;
import dev.attune.ingest.topology.Nodes;
import dev.attune.ingest.topology.StateStores;
import dev.attune.schemas.events.PreferenceBucket;
import dev.attune.schemas.events.Route;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.BytesSerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.Cancellable;
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
 * <p>An item is in the store once for both routes, and leaves it when each route that it concerns
 * has closed it. How far the routes have come is one small record for a user and domain. So a
 * restart finds the open buckets as the last commit left them; only their ages start again.
 *
 * <p>What is taken back is removed from its item while a bucket that holds it is open; on a route
 * where the bucket has gone out, a retraction goes into the current one.
 */
public final class BucketProcessor
    implements Processor<String, UserChange, String, PreferenceBucket> {
  private final Duration tick;
  private final ItemSerde serde;
  private final IngestMeters meters;
  private final OpenBuckets open;
  private ProcessorContext<String, PreferenceBucket> context;
  private KeyValueStore<Bytes, byte[]> items;
  private KeyValueStore<Bytes, byte[]> progress;
  private @Nullable Cancellable timer;

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
    this.open = new OpenBuckets(byUser, byDomain);
    this.tick = tick;
    this.serde = new ItemSerde(serde);
    this.meters = meters;
  }

  @Override
  public void init(ProcessorContext<String, PreferenceBucket> processorContext) {
    this.context = processorContext;
    this.items = processorContext.getStateStore(StateStores.ITEMS);
    this.progress = processorContext.getStateStore(StateStores.PROGRESS);
    // A task that is revived after a failure keeps its processors; what they remember is void.
    open.clear();
    restore(processorContext.currentSystemTimeMs());
    // Nor does the task forget the timers that it had before.
    if (timer != null) {
      timer.cancel();
    }
    timer = processorContext.schedule(tick, PunctuationType.WALL_CLOCK_TIME, this::closeExpired);
  }

  @Override
  public void process(Record<String, UserChange> record) {
    UserChange change = record.value();
    if (change instanceof UserChange.Learned learned) {
      UserEvent event = learned.event();
      int flags = Item.BOTH | (event.source().released() ? Item.COVERED_BEFORE : 0);
      add(openItems(event.userId(), event.domain()), flags, Contents.of(event));
    } else if (change instanceof UserChange.Covered covered) {
      add(openItems(covered.userId(), covered.domain()), Item.BY_USER, Contents.of(covered));
    } else if (change instanceof UserChange.Retracted retracted) {
      retract(retracted, Instant.ofEpochMilli(record.timestamp()));
    } else if (change instanceof UserChange.Erased erased) {
      erase(erased.userId());
    }
  }

  private OpenItems openItems(String userId, String domain) {
    BucketKey key = new BucketKey(userId, domain);
    OpenItems found = open.find(key);
    if (found == null) {
      byte[] prefix = key.prefix();
      found = new OpenItems(key, prefix, Progress.of(progress.get(Bytes.wrap(prefix))));
      open.put(found);
    }
    return found;
  }

  private void add(OpenItems into, int flags, PreferenceBucket content) {
    byte[] bytes = serde.write(flags, content);
    for (Route route : OpenBuckets.ROUTES) {
      if ((flags & Item.flag(route)) != 0 && open.overflows(into, route, bytes.length)) {
        close(into, route, Cause.BYTES);
      }
    }
    Item item = new Item(into.nextIndex(), flags, content, bytes.length);
    items.put(BucketKey.item(into.prefix(), item.index()), bytes);
    open.add(into, item, context.currentSystemTimeMs());
    for (Route route : OpenBuckets.ROUTES) {
      Cause full = open.full(into, route);
      if (full != null) {
        close(into, route, full);
      }
    }
    open.forgetIfEmpty(into);
  }

  private void retract(UserChange.Retracted retracted, Instant at) {
    OpenItems from = openItems(retracted.userId(), retracted.domain());
    Item item = from.find(retracted.eventId(), retracted.offset());
    int closed = 0;
    for (Route route : OpenBuckets.ROUTES) {
      closed |= item != null && from.isOpen(item, route) ? 0 : Item.flag(route);
    }
    if (item != null) {
      // A route that has closed the item does not look at it again.
      takeOutFeedback(from, item);
    }
    if (closed != 0) {
      add(from, closed, Contents.of(retracted, at));
    }
  }

  private void takeOutFeedback(OpenItems from, Item item) {
    PreferenceBucket rest = Contents.withoutFeedback(item.content());
    byte[] bytes = serde.write(item.flags(), rest);
    items.put(BucketKey.item(from.prefix(), item.index()), bytes);
    from.replace(item, rest, bytes.length);
  }

  private void closeExpired(long now) {
    for (Route route : OpenBuckets.ROUTES) {
      OpenItems expired = open.nextExpired(route, now);
      while (expired != null) {
        close(expired, route, Cause.AGE);
        open.forgetIfEmpty(expired);
        expired = open.nextExpired(route, now);
      }
    }
  }

  private void close(OpenItems of, Route route, Cause cause) {
    List<Part> parts = new ArrayList<>();
    for (Item item : of.openOn(route)) {
      parts.add(new Part(item.content(), item.namesOffsetOn(route)));
    }
    PreferenceBucket bucket = Contents.merged(of.key(), route, of.on(route).sequence(), parts);
    for (Item done : open.close(of, route)) {
      items.delete(BucketKey.item(of.prefix(), done.index()));
    }
    progress.put(Bytes.wrap(of.prefix()), of.progress().toBytes());
    meters.closed(route, cause);
    boolean byUser = route == Route.BY_USER;
    context.forward(
        new Record<>(
            byUser ? of.key().userId() : of.key().domain(), bucket, context.currentSystemTimeMs()),
        byUser ? Nodes.BY_USER_SINK : Nodes.BY_DOMAIN_SINK);
  }

  private void erase(String userId) {
    open.erase(userId);
    deleteAll(items, userId);
    deleteAll(progress, userId);
    Record<String, PreferenceBucket> tombstone =
        new Record<>(userId, null, context.currentSystemTimeMs());
    context.forward(tombstone, Nodes.BY_USER_SINK);
    context.forward(tombstone, Nodes.USERS_SINK);
  }

  private static void deleteAll(KeyValueStore<Bytes, byte[]> store, String userId) {
    List<Bytes> keys = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> theirs =
        store.prefixScan(BucketKey.userPrefix(userId), new BytesSerializer())) {
      theirs.forEachRemaining(record -> keys.add(record.key));
    }
    keys.forEach(store::delete);
  }

  /** Learns anew which buckets are open; their ages start again. */
  private void restore(long now) {
    try (KeyValueIterator<Bytes, byte[]> all = items.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> next = all.next();
        Item item = serde.read(next.key, next.value);
        PreferenceBucket content = item.content();
        open.add(openItems(content.getUserId(), content.getDomain()), item, now);
      }
    }
  }
}
