package dev.attune.trainer.core;

import dev.attune.schemas.Domains;
import dev.attune.schemas.events.Comparison;
import dev.attune.schemas.events.Feedback;
import dev.attune.schemas.events.ModelVersion;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Owns the models of one partition of attune.buckets.by-domain: {@code general} with its sources on
 * one partition, every other domain's on the partition of that domain.
 *
 * <p>Buckets are accepted in the order of their offsets and each once; what is learned depends on
 * nothing else. Confined to one thread at a time. After a failure inside a learner the memory may
 * hold half a bucket, so nothing more is accepted and no checkpoint is given.
 */
public final class PartitionTrainer implements AutoCloseable {
  private static final Learned NOTHING = new Learned("", 0, 0, 0, 0, 0);

  private final int partition;
  private final int partitions;
  private final LearnerFactory learners;
  private final RewardsConfig config;
  private final Map<String, TrainedModel> models = new TreeMap<>();
  private Erasures erasures = Erasures.NONE;
  private boolean erased;
  private long position;
  private long trainedPosition = NOT_TRAINED;
  private long committedPosition;
  private boolean broken;

  /** The trained position of a partition without a manifest. */
  public static final long NOT_TRAINED = -1;

  /**
   * @param partition this partition
   * @param partitions how many the topic has
   */
  public PartitionTrainer(
      int partition, int partitions, LearnerFactory learners, RewardsConfig config) {
    this.partition = partition;
    this.partitions = partitions;
    this.learners = learners;
    this.config = config;
  }

  /** Takes a committed model up again. */
  public void restore(StoredModel stored) {
    models.put(
        stored.manifest().getName(), TrainedModel.restore(stored, config, learners, erasures));
    trainedPosition =
        Math.max(trainedPosition, StartPosition.trained(List.of(stored.manifest()), partition));
  }

  /** Sets the first offset to be accepted. */
  public void startAt(long offset) {
    position = offset;
    committedPosition = offset;
  }

  /** The model that has to be begun before the bucket can be accepted. */
  public Optional<String> missingModel(PreferenceBucket bucket) {
    String name = Domains.modelName(bucket.getDomain());
    return !bucket.getFeedback().isEmpty() && !models.containsKey(name)
        ? Optional.of(name)
        : Optional.empty();
  }

  /**
   * Begins a model that has no committed version.
   *
   * @param general what a domain's model starts from; of no meaning for the general model itself
   */
  public void begin(String name, Optional<GeneralModel> general) {
    if (models.containsKey(name)) {
      throw new IllegalStateException("model " + name + " has already begun");
    }
    models.put(name, TrainedModel.begin(name, config, learners, general, erasures));
  }

  /**
   * Learns from the next bucket.
   *
   * @throws TrainerException where the domain belongs to another partition: it would have two
   *     writers
   * @throws IllegalStateException where the offset was accepted before
   */
  public Learned accept(long offset, PreferenceBucket bucket) {
    requireNext(offset);
    String domain = bucket.getDomain();
    int owner = Domains.partition(domain, partitions);
    if (owner != partition) {
      throw new TrainerException(
          "domain "
              + domain
              + " came on partition "
              + partition
              + " but belongs to partition "
              + owner
              + " of "
              + partitions
              + ": buckets must be partitioned by Domains.partition, and the number of partitions"
              + " must not change while there are models");
    }
    long judgements = 0;
    Map<Boolean, Long> comparisons = new HashMap<>();
    for (Feedback feedback : bucket.getFeedback()) {
      judgements += feedback.getJudgements().size();
      for (Comparison comparison : feedback.getComparisons()) {
        comparisons.merge(comparison.getTie(), 1L, Long::sum);
      }
    }
    if (bucket.getFeedback().isEmpty()) {
      position = offset + 1;
      return NOTHING;
    }
    String name = Domains.modelName(domain);
    TrainedModel model = models.get(name);
    if (model == null) {
      throw new IllegalStateException("model " + name + " has not begun");
    }
    long stepsBefore = model.counts().steps();
    broken = true;
    model.accept(bucket);
    broken = false;
    position = offset + 1;
    return new Learned(
        name,
        bucket.getFeedback().size(),
        comparisons.getOrDefault(false, 0L),
        comparisons.getOrDefault(true, 0L),
        judgements,
        model.counts().steps() - stepsBefore);
  }

  /** Goes past a record that holds no bucket. */
  public Learned skip(long offset) {
    requireNext(offset);
    position = offset + 1;
    return NOTHING;
  }

  private void requireNext(long offset) {
    requireUsable();
    if (offset < position) {
      throw new IllegalStateException(
          "offset " + offset + " of partition " + partition + " was accepted before");
    }
  }

  /** The first offset that has not been accepted. */
  public long position() {
    return position;
  }

  /** How many models the partition has. */
  public int models() {
    return models.size();
  }

  /** False after a failure inside a learner. */
  public boolean usable() {
    return !broken;
  }

  /** The names of the partition's models. */
  public Set<String> names() {
    return Collections.unmodifiableSet(models.keySet());
  }

  /**
   * Says which models operators hold: those train on, and nothing new of them is published.
   *
   * @param pinned names, of other partitions' models too
   */
  public void hold(Set<String> pinned) {
    models.forEach((name, model) -> model.hold(pinned.contains(name)));
  }

  /**
   * Takes a model back to an earlier version: that version is served again, and training goes on
   * from its state at the present position.
   *
   * @param to the version's manifest
   * @param weights what its weights artifact holds
   * @param state what its state artifact holds
   * @throws TrainerException where the state does not fit the present settings; nothing is changed
   *     then
   */
  public void rollBack(ModelVersion to, byte[] weights, byte[] state) {
    requireUsable();
    models.get(to.getName()).rollBack(to, weights, state);
  }

  /**
   * Forgets users who left: their events go from everything that is remembered, not from what was
   * learned.
   *
   * @param left all who left, those included that were seen to before
   * @return whether there was anything of one
   */
  public boolean forget(Erasures left) {
    requireUsable();
    if (left.all().size() == erasures.all().size()) {
      return false;
    }
    erasures = left;
    // Models that are restored later may have committed states that have not seen to these.
    erased = true;
    boolean held = false;
    for (TrainedModel model : models.values()) {
      held |= model.forget(left);
    }
    return held;
  }

  /** True where users have left since the last committed checkpoint, whether held here or not. */
  public boolean erased() {
    return erased;
  }

  /** True where there is anything to commit: a changed model or a moved position. */
  public boolean uncommitted() {
    return position != committedPosition
        || models.values().stream().anyMatch(TrainedModel::changed);
  }

  /** True where a new version, or an old one again, is to be committed without delay. */
  public boolean urgent() {
    return models.values().stream().anyMatch(TrainedModel::urgent);
  }

  /** Everything that changed since the last committed checkpoint. */
  public Checkpoint checkpoint() {
    requireUsable();
    List<ModelCheckpoint> changed = new ArrayList<>();
    for (TrainedModel model : models.values()) {
      if (model.changed()) {
        changed.add(model.checkpoint());
      }
    }
    return new Checkpoint(
        position, changed, models.size(), changed.isEmpty() ? trainedPosition : position, erased);
  }

  /**
   * Says that a checkpoint of the present position was committed.
   *
   * @param versions the manifests of the changed models, in their order
   */
  public void committed(Checkpoint checkpoint, List<ModelVersion> versions) {
    if (checkpoint.position() != position) {
      throw new IllegalStateException("the checkpoint is not of the present position");
    }
    for (int i = 0; i < versions.size(); i++) {
      ModelCheckpoint changed = checkpoint.changed().get(i);
      models.get(changed.name()).committed(changed, versions.get(i));
    }
    committedPosition = position;
    trainedPosition = checkpoint.trainedPosition();
    erased = false;
  }

  @Override
  public void close() {
    models.values().forEach(TrainedModel::close);
    models.clear();
  }

  private void requireUsable() {
    if (broken) {
      throw new IllegalStateException(
          "a learner of partition " + partition + " failed: restore from the last checkpoint");
    }
  }
}
