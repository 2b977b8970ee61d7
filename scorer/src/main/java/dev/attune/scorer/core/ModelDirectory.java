package dev.attune.scorer.core;

import dev.attune.model.head.Calibration;
import dev.attune.schemas.Domains;
import dev.attune.schemas.ModelKeys;
import dev.attune.scorer.core.RewardFunction.LoadedModel;
import dev.attune.scorer.core.RewardFunction.LoadedPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The models that are served now, and which of them serves a domain: its own, else the general one
 * with the head of the domain's source, else the untrained base. Beside them the policy and the
 * calibrations.
 *
 * <p>Thread-safe. A batch takes a {@link Lease} and sees one unchanging set of models; a model that
 * was replaced is freed when the last lease that holds it is closed.
 */
public final class ModelDirectory implements AutoCloseable {
  private final Object lock = new Object();

  /** Never changed, only replaced. */
  private Map<String, Resident> current = Map.of();

  /** Serves the model from the next lease on, in place of the one of this name. Takes ownership. */
  public void publish(String name, long version, Loaded model) {
    synchronized (lock) {
      Map<String, Resident> next = new HashMap<>(current);
      Resident replaced = next.put(name, new Resident(name, version, model));
      current = Map.copyOf(next);
      release(replaced);
    }
  }

  /** Serves this model no more from the next lease on. Does nothing where it is not served. */
  public void withdraw(String name) {
    synchronized (lock) {
      Map<String, Resident> next = new HashMap<>(current);
      Resident withdrawn = next.remove(name);
      current = Map.copyOf(next);
      release(withdrawn);
    }
  }

  /** Version by name of what is served. */
  public Map<String, Long> versions() {
    synchronized (lock) {
      Map<String, Long> versions = new TreeMap<>();
      current.forEach((name, resident) -> versions.put(name, resident.version));
      return versions;
    }
  }

  /** The epoch of the policy that is served; 0 for none. */
  public long epoch() {
    synchronized (lock) {
      LoadedPolicy policy = policy(current);
      return policy == null ? 0 : policy.policy().epoch();
    }
  }

  private static @Nullable LoadedPolicy policy(Map<String, Resident> models) {
    Resident policy = models.get(ModelKeys.POLICY);
    return policy == null ? null : (LoadedPolicy) policy.model;
  }

  /** Holds the models that are served now until the lease is closed. */
  public Lease lease() {
    synchronized (lock) {
      current.values().forEach(resident -> resident.holders++);
      return new Lease(current);
    }
  }

  /** Serves nothing any more; what a lease still holds is freed with it. */
  @Override
  public void close() {
    synchronized (lock) {
      List<Resident> residents = List.copyOf(current.values());
      current = Map.of();
      residents.forEach(this::release);
    }
  }

  private void release(@Nullable Resident resident) {
    if (resident != null && --resident.holders == 0) {
      resident.model.close();
    }
  }

  /**
   * What serves a domain.
   *
   * @param model null for the untrained base
   * @param name as the answer names it
   * @param version 0 for the untrained base
   * @param head the head to compute with
   * @param generalHead the general model's head as the answer names it, null where another model
   *     serves
   */
  public record Selection(
      @Nullable LoadedModel model,
      String name,
      long version,
      String head,
      @Nullable String generalHead) {}

  /**
   * How the parts of a domain's rewards are weighted.
   *
   * @param version null where none is published: the initial weights
   */
  public record SelectedCalibration(Calibration calibration, @Nullable Long version) {
    private static final SelectedCalibration INITIAL =
        new SelectedCalibration(Calibration.initial(), null);
  }

  /** An unchanging view of the directory. Close it when the batch is computed. */
  public final class Lease implements AutoCloseable {
    private final Map<String, Resident> models;
    private boolean closed;

    private Lease(Map<String, Resident> models) {
      this.models = models;
    }

    /** Which model serves this domain. */
    public Selection select(String domain) {
      Resident own = models.get(Domains.modelName(domain));
      if (own != null && !Domains.isGeneral(domain)) {
        return new Selection(
            (LoadedModel) own.model, own.name, own.version, Domains.POOLED_HEAD, null);
      }
      Resident general = models.get(Domains.modelName(Domains.GENERAL));
      if (general == null) {
        return new Selection(null, Domains.GENERAL, 0, Domains.POOLED_HEAD, null);
      }
      LoadedModel model = (LoadedModel) general.model;
      String wanted = Domains.head(domain);
      String head = model.heads().contains(wanted) ? wanted : Domains.POOLED_HEAD;
      return new Selection(model, general.name, general.version, head, head);
    }

    /** The policy; null for none. */
    public @Nullable LoadedPolicy policy() {
      return ModelDirectory.policy(models);
    }

    /** The domain's calibration; below general that of general, where it has none of its own. */
    public SelectedCalibration calibration(String domain) {
      Resident own = models.get(ModelKeys.calibration(domain));
      if (own == null && Domains.isGeneral(domain)) {
        own = models.get(ModelKeys.calibration(Domains.GENERAL));
      }
      return own == null
          ? SelectedCalibration.INITIAL
          : new SelectedCalibration(((LoadedCalibration) own.model).calibration(), own.version);
    }

    @Override
    public void close() {
      synchronized (lock) {
        if (!closed) {
          closed = true;
          models.values().forEach(ModelDirectory.this::release);
        }
      }
    }
  }

  private static final class Resident {
    final String name;
    final long version;
    final Loaded model;

    /** Leases, and 1 for the directory while it serves the model. Guarded by the lock. */
    int holders = 1;

    Resident(String name, long version, Loaded model) {
      this.name = name;
      this.version = version;
      this.model = model;
    }
  }
}
