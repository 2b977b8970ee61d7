package dev.attune.scorer.core;

import dev.attune.schemas.Domains;
import dev.attune.scorer.core.RewardFunction.LoadedModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The models that are served now, and which of them serves a domain: its own, else the general one
 * with the head of the domain's source, else the untrained base.
 *
 * <p>Thread-safe. A batch takes a {@link Lease} and sees one unchanging set of models; a model that
 * was replaced is freed when the last lease that holds it is closed.
 */
public final class ModelDirectory implements AutoCloseable {
  private final Object lock = new Object();

  /** Never changed, only replaced. */
  private Map<String, Resident> current = Map.of();

  /** Serves the model from the next lease on, in place of the one of this name. Takes ownership. */
  public void publish(String name, long version, LoadedModel model) {
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
        return new Selection(own.model, own.name, own.version, Domains.POOLED_HEAD, null);
      }
      Resident general = models.get(Domains.modelName(Domains.GENERAL));
      if (general == null) {
        return new Selection(null, Domains.GENERAL, 0, Domains.POOLED_HEAD, null);
      }
      String wanted = Domains.head(domain);
      String head = general.model.heads().contains(wanted) ? wanted : Domains.POOLED_HEAD;
      return new Selection(general.model, general.name, general.version, head, head);
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
    final LoadedModel model;

    /** Leases, and 1 for the directory while it serves the model. Guarded by the lock. */
    int holders = 1;

    Resident(String name, long version, LoadedModel model) {
      this.name = name;
      this.version = version;
      this.model = model;
    }
  }
}
