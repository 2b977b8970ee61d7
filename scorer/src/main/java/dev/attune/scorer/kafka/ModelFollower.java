package dev.attune.scorer.kafka;

import dev.attune.schemas.Topics;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.serde.WireFormatException;
import dev.attune.scorer.core.ArtifactIndex;
import dev.attune.scorer.core.ArtifactIndex.Place;
import dev.attune.scorer.core.ManifestChoice;
import dev.attune.scorer.core.ModelDirectory;
import dev.attune.scorer.core.ModelLoader;
import dev.attune.scorer.core.ModelRejectedException;
import dev.attune.scorer.core.ModelRejectedException.Reason;
import dev.attune.scorer.metrics.ScorerMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the model topics from their beginning and keeps the {@link ModelDirectory} at the last
 * committed manifest of each model: reward models, policy and calibrations.
 *
 * <p>The log's order decides, not the version's number, and what an operator asked for goes first
 * ({@link ManifestChoice}). Models are loaded only after the topics were read to their end once, so
 * that no superseded one is. A model that cannot be served is logged and counted, and the one
 * before it stays; it is tried again when its chunks are published anew. One thread.
 */
final class ModelFollower implements KafkaTask {
  private static final Logger LOG = LoggerFactory.getLogger(ModelFollower.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration METADATA = Duration.ofSeconds(30);

  /** How long a manifest may be ahead of its chunks, which lie in another topic. */
  private static final Duration CHUNKS_LATE = Duration.ofSeconds(10);

  private final Consumer<String, byte[]> consumer;
  private final Deserializer<ModelVersion> deserializer;
  private final ArtifactFetcher fetcher;
  private final ModelLoader loader;
  private final ModelDirectory directory;
  private final ScorerMetrics metrics;

  private final ArtifactIndex index = new ArtifactIndex();
  private final ManifestChoice choice = new ManifestChoice();
  private final Set<String> changed = new LinkedHashSet<>();
  private final Map<String, Wanted> wanted = new LinkedHashMap<>();
  private final Map<String, ModelVersion> served;

  /**
   * @param served the manifest of each model that is served, kept up to date; outlives this
   *     follower
   */
  ModelFollower(
      Consumer<String, byte[]> consumer,
      Deserializer<ModelVersion> deserializer,
      ArtifactFetcher fetcher,
      ModelLoader loader,
      ModelDirectory directory,
      ScorerMetrics metrics,
      Map<String, ModelVersion> served) {
    this.consumer = consumer;
    this.deserializer = deserializer;
    this.fetcher = fetcher;
    this.loader = loader;
    this.directory = directory;
    this.metrics = metrics;
    this.served = served;
  }

  /** Goes to the beginning of the topics and reads them to where they end now. */
  @Override
  public void open() {
    List<TopicPartition> partitions =
        Stream.of(Topics.MODELS.name(), Topics.ARTIFACTS.name())
            .flatMap(topic -> consumer.partitionsFor(topic, METADATA).stream())
            .map(ModelFollower::partition)
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      read();
    }
    // What was deleted while an earlier follower was away may have left the log altogether.
    changed.addAll(served.keySet());
    load();
  }

  /** Reads what has come since and loads what is complete. */
  @Override
  public boolean step() {
    read();
    load();
    return true;
  }

  @Override
  public void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    fetcher.close();
    consumer.close();
  }

  private static TopicPartition partition(PartitionInfo info) {
    return new TopicPartition(info.topic(), info.partition());
  }

  private void read() {
    for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
      if (record.topic().equals(Topics.MODELS.name())) {
        manifest(record);
      } else if (record.value() == null) {
        index.remove(record.key());
      } else {
        index.put(record.key(), record.partition(), record.offset());
      }
    }
  }

  private void manifest(ConsumerRecord<String, byte[]> record) {
    String key = record.key();
    Optional<String> model = choice.model(key);
    if (model.isEmpty()) {
      return;
    }
    try {
      choice.put(key, deserializer.deserialize(record.topic(), record.value()));
      changed.add(model.get());
    } catch (WireFormatException e) {
      if (RegistryFaults.isOne(e)) {
        throw e;
      }
      report(key, -1, new ModelRejectedException(Reason.MANIFEST, e.reason().name(), e));
    }
  }

  /** What was read so far decides, not each record: history that is read again disturbs nothing. */
  private void load() {
    for (String name : changed) {
      choice
          .of(name)
          .ifPresentOrElse(
              manifest -> wanted.put(name, new Wanted(manifest)), () -> withdraw(name));
    }
    changed.clear();
    for (Map.Entry<String, Wanted> entry : new ArrayList<>(wanted.entrySet())) {
      String name = entry.getKey();
      Wanted model = entry.getValue();
      try {
        if (model.load(name)) {
          wanted.remove(name);
        }
      } catch (ModelRejectedException e) {
        report(name, model.manifest.getVersion(), e);
        if (e.reason() == Reason.BASE) {
          wanted.remove(name);
        }
      }
    }
  }

  private void withdraw(String name) {
    wanted.remove(name);
    if (served.remove(name) != null) {
      directory.withdraw(name);
      metrics.withdrawn(name);
      LOG.atInfo().addKeyValue("model", name).log("model withdrawn");
    }
  }

  private void report(String name, long version, ModelRejectedException rejection) {
    metrics.loadFailed(rejection.reason().tag());
    LOG.atError()
        .addKeyValue("model", name)
        .addKeyValue("version", version)
        .addKeyValue("reason", rejection.reason().tag())
        .addKeyValue("detail", rejection.getMessage())
        .log("model cannot be served, the one before it stays");
  }

  /** A manifest whose model is not served yet. */
  private final class Wanted {
    final ModelVersion manifest;
    private final long since = System.nanoTime();

    /** The places that were tried in vain; others may hold a whole copy. */
    private List<Place> tried = List.of();

    private boolean reportedLate;

    Wanted(ModelVersion manifest) {
      this.manifest = manifest;
    }

    /** Whether the model is served now; false where its chunks have still to come. */
    boolean load(String name) throws ModelRejectedException {
      if (same(served.get(name))) {
        return true;
      }
      if (!manifest.getBase().equals(loader.base())) {
        throw new ModelRejectedException(
            Reason.BASE,
            "it belongs to base %s, served is %s".formatted(manifest.getBase(), loader.base()));
      }
      Optional<List<Place>> places = index.places(manifest.getWeights());
      if (places.isEmpty()) {
        reportLate();
        return false;
      }
      if (places.get().equals(tried)) {
        return false;
      }
      tried = places.get();
      byte[] weights = fetcher.fetch(manifest.getWeights(), places.get());
      directory.publish(name, manifest.getVersion(), loader.load(name, weights));
      served.put(name, manifest);
      metrics.swapped(name, manifest.getVersion());
      LOG.atInfo()
          .addKeyValue("model", name)
          .addKeyValue("version", manifest.getVersion())
          .addKeyValue("weights", manifest.getWeights().getSha256())
          .log("model served");
      return true;
    }

    private boolean same(@Nullable ModelVersion other) {
      return other != null
          && other.getVersion() == manifest.getVersion()
          && other.getWeights().equals(manifest.getWeights());
    }

    private void reportLate() throws ModelRejectedException {
      if (!reportedLate && System.nanoTime() - since > CHUNKS_LATE.toNanos()) {
        reportedLate = true;
        throw new ModelRejectedException(Reason.INCOMPLETE, "chunks of its weights are missing");
      }
    }
  }
}
