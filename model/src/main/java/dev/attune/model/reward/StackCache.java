package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import dev.attune.model.adapter.AdapterStack;
import dev.attune.model.engine.Dictionary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Stacks of reward models, adapters and heads, for batches that mix them. The same models come
 * together again and again, so stacks are kept: those used last, up to a limit of memory, and none
 * of a model that its loader has closed.
 *
 * <p>Safe for use by several threads.
 */
final class StackCache implements AutoCloseable {
  private final long mostBytes;

  /** The one used last comes last. */
  private final List<Entry> entries = new ArrayList<>();

  /**
   * @param mostBytes native memory that unused stacks may hold together
   */
  StackCache(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** A stack that stays open until this is closed. */
  final class Lease implements AutoCloseable {
    private final Entry entry;

    private Lease(Entry entry) {
      this.entry = entry;
    }

    /** Returns the script argument {@code lora} with the heads, [models, most heads, inputs]. */
    Dictionary tensors() {
      return entry.stack.tensors();
    }

    /** Returns a model's index in the stack. */
    int index(ResidentModel model) {
      return entry.models.indexOf(model);
    }

    /** Returns the largest number of heads of a model. */
    int mostHeads() {
      return entry.models.stream().mapToInt(ResidentModel::headCount).max().orElse(0);
    }

    @Override
    public void close() {
      release(entry);
    }
  }

  private static final class Entry {
    final List<ResidentModel> models;
    final AdapterStack stack;
    int leases;

    Entry(List<ResidentModel> models) {
      this.models = models;
      List<Map<String, NDArray>> tensors = models.stream().map(ResidentModel::tensors).toList();
      this.stack = AdapterStack.ofTensors(tensors);
    }
  }

  /**
   * Returns a stack that holds these models, perhaps among others.
   *
   * @param models two or more, retained by the caller
   */
  synchronized Lease lease(Collection<ResidentModel> models) {
    Entry found = null;
    for (Entry entry : entries) {
      if (entry.models.containsAll(models)) {
        found = entry;
      }
    }
    if (found == null) {
      found = new Entry(List.copyOf(models));
    }
    entries.remove(found);
    entries.add(found);
    found.leases++;
    shrink();
    return new Lease(found);
  }

  private synchronized void release(Entry entry) {
    entry.leases--;
    shrink();
  }

  /** Closes what nobody uses and should not, or need not, be kept. */
  private void shrink() {
    long bytes = entries.stream().mapToLong(entry -> entry.stack.bytes()).sum();
    for (Entry entry : List.copyOf(entries)) {
      boolean stale = entry.models.stream().anyMatch(ResidentModel::isClosed);
      if (entry.leases == 0 && (stale || bytes > mostBytes)) {
        bytes -= entry.stack.bytes();
        entries.remove(entry);
        entry.stack.close();
      }
    }
  }

  /** Returns the number of stacks. */
  synchronized int size() {
    return entries.size();
  }

  /** Closes all stacks; nobody may be using one. */
  @Override
  public synchronized void close() {
    entries.forEach(entry -> entry.stack.close());
    entries.clear();
  }
}
