package dev.attune.trainer.core;

import dev.attune.model.reward.EncodedExample;
import dev.attune.model.reward.LearnedBatch;
import dev.attune.model.reward.LearnerCounts;
import dev.attune.model.reward.Prediction;
import dev.attune.schemas.events.PreferenceBucket;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Learners of which only those used last are in native memory. The others are kept as the bytes of
 * their states and come back when they are used, bit for bit. To be used by one thread at a time,
 * its learners included.
 */
public final class ResidentLearners implements LearnerFactory {
  private final LearnerFactory learners;
  private final int capacity;

  /** The one used last comes last. */
  private final Set<Swapped> resident = new LinkedHashSet<>();

  /**
   * @param capacity how many learners may be in native memory, at least 1
   */
  public ResidentLearners(LearnerFactory learners, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity = " + capacity + ": at least 1");
    }
    this.learners = learners;
    this.capacity = capacity;
  }

  @Override
  public Provenance provenance() {
    return learners.provenance();
  }

  @Override
  public RewardLearner general() {
    return new Swapped("general", learners.general());
  }

  @Override
  public RewardLearner customized(Optional<GeneralModel> general) {
    return new Swapped("a domain's", learners.customized(general));
  }

  @Override
  public RewardLearner restore(String modelName, byte[] state) {
    return new Swapped(modelName, learners.restore(modelName, state));
  }

  @Override
  public List<EncodedExample> generalSet(GeneralModel general, int count) {
    return learners.generalSet(general, count);
  }

  @Override
  public List<Prediction> predict(byte[] weights, List<EncodedExample> examples) {
    return learners.predict(weights, examples);
  }

  /** How many learners are in native memory. */
  int residents() {
    return resident.size();
  }

  /** Either in native memory or parked; closed it is neither. */
  private final class Swapped implements RewardLearner {
    private final String name;
    private @Nullable RewardLearner loaded;
    private byte @Nullable [] parked;

    Swapped(String name, RewardLearner loaded) {
      this.name = name;
      this.loaded = loaded;
      resident.add(this);
      parkOthers();
    }

    private RewardLearner use() {
      RewardLearner learner = loaded;
      if (learner == null) {
        if (parked == null) {
          throw new IllegalStateException("the learner is closed");
        }
        learner = learners.restore(name, parked);
        loaded = learner;
        parked = null;
      }
      resident.remove(this);
      resident.add(this);
      parkOthers();
      return learner;
    }

    private void parkOthers() {
      Iterator<Swapped> oldest = resident.iterator();
      while (resident.size() > capacity) {
        Swapped other = oldest.next();
        oldest.remove();
        other.park();
      }
    }

    private void park() {
      if (loaded != null) {
        parked = loaded.state();
        loaded.close();
        loaded = null;
      }
    }

    @Override
    public List<LearnedBatch> accept(String head, PreferenceBucket bucket) {
      return use().accept(head, bucket);
    }

    @Override
    public byte[] weights() {
      return use().weights();
    }

    @Override
    public byte[] state() {
      return parked == null ? use().state() : parked.clone();
    }

    @Override
    public LearnerCounts counts() {
      return use().counts();
    }

    @Override
    public Map<String, Double> metrics() {
      return use().metrics();
    }

    @Override
    public void fallBack(byte[] earlier) {
      use().fallBack(earlier);
    }

    @Override
    public void boost(double factor, int steps) {
      use().boost(factor, steps);
    }

    @Override
    public int forget(long user) {
      return use().forget(user);
    }

    @Override
    public void close() {
      resident.remove(this);
      parked = null;
      if (loaded != null) {
        loaded.close();
        loaded = null;
      }
    }
  }
}
