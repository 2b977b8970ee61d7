package dev.attune.model.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Dictionary;
import dev.attune.model.engine.Tensors;
import dev.attune.model.engine.TorchScript;
import dev.attune.model.lm.BaseModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Rows that grow together, with their caches. Those that are done stay in the batch, unread, until
 * they are the half of it; then the others move closer together.
 */
final class GenerationBatch implements AutoCloseable {
  private final BaseModel base;
  private final Dictionary lora;
  private final boolean gathered;
  private final NDManager manager;
  private final int room;
  private List<GeneratingRow> rows;
  private NDManager rowManager;
  private Dictionary settings;
  private List<NDArray> sampling;
  private List<NDArray> cache = List.of();

  /**
   * @param gathered whether lora is a stack
   * @param room tokens that each row's cache holds
   */
  GenerationBatch(
      BaseModel base,
      Dictionary lora,
      boolean gathered,
      NDManager parent,
      List<GeneratingRow> rows,
      int room) {
    this.base = base;
    this.lora = lora;
    this.gathered = gathered;
    this.manager = parent.newSubManager();
    this.room = room;
    this.rows = rows;
    this.rowManager = manager.newSubManager();
    this.settings = new Dictionary(rowTensors(rowManager));
    this.sampling = sampling();
  }

  /** Goes on until all rows are done. */
  void run() {
    try (NDManager scratch = manager.newSubManager()) {
      choose(scratch, readPrompts(scratch));
    }
    while (rows.stream().anyMatch(row -> !row.isDone())) {
      moveTogether();
      try (NDManager scratch = manager.newSubManager()) {
        choose(scratch, readTokens(scratch));
      }
    }
  }

  private NDArray readPrompts(NDManager scratch) {
    int longest = rows.stream().mapToInt(row -> row.request().prompt().length).max().orElse(0);
    long[] ids = new long[rows.size() * longest];
    Map<String, NDArray> tensors = rowTensors(scratch);
    List<Integer> slotAt = new ArrayList<>();
    List<float[]> slots = new ArrayList<>();
    for (int b = 0; b < rows.size(); b++) {
      GenerationRequest request = rows.get(b).request();
      for (int t = 0; t < request.prompt().length; t++) {
        int id = request.prompt()[t];
        ids[b * longest + t] = Math.max(0, id);
        if (id < 0) {
          slotAt.add(b * longest + t);
          slots.add(request.softPrompt()[-1 - id]);
        }
      }
    }
    if (!slots.isEmpty()) {
      long[] at = slotAt.stream().mapToLong(Integer::longValue).toArray();
      tensors.put("slot_at", Tensors.of(scratch, at, at.length));
      tensors.put("slots", matrix(scratch, slots));
    }
    try (Dictionary batch = new Dictionary(tensors)) {
      List<NDArray> read =
          TorchScript.SHARED.inferAll(
              rowManager,
              "read_prompts",
              Tensors.of(scratch, ids, rows.size(), longest),
              longs(scratch, row -> row.request().prompt().length),
              batch,
              room,
              base.weights(),
              lora,
              base.shape(),
              base.config().rmsNormEps());
      cache = read.subList(1, read.size());
      return read.get(0);
    }
  }

  private NDArray readTokens(NDManager scratch) {
    int longest = 1 + rows.stream().mapToInt(GeneratingRow::lastPosition).max().orElse(0);
    return TorchScript.SHARED.infer(
        scratch,
        "read_tokens",
        longs(scratch, GeneratingRow::lastId),
        longs(scratch, GeneratingRow::lastPosition),
        longest,
        settings,
        cache,
        base.weights(),
        lora,
        base.shape(),
        base.config().rmsNormEps());
  }

  /** Appends the next token to each row that is not done. */
  private void choose(NDManager scratch, NDArray states) {
    NDArray uniform = doubles(scratch, row -> row.isDone() ? 0 : row.uniform());
    List<NDArray> chosen =
        TorchScript.SHARED.inferAll(
            scratch,
            "next_tokens",
            states,
            base.weights(),
            sampling.get(0),
            sampling.get(1),
            sampling.get(2),
            uniform);
    long[] ids = chosen.get(0).toLongArray();
    float[] logProbabilities = Tensors.floats(chosen.get(1));
    for (int b = 0; b < ids.length; b++) {
      if (!rows.get(b).isDone()) {
        rows.get(b).append((int) ids[b], logProbabilities[b]);
      }
    }
  }

  private void moveTogether() {
    List<Integer> going = new ArrayList<>();
    for (int b = 0; b < rows.size(); b++) {
      if (!rows.get(b).isDone()) {
        going.add(b);
      }
    }
    if (2 * going.size() > rows.size()) {
      return;
    }
    NDManager fewer = manager.newSubManager();
    long[] kept = going.stream().mapToLong(Integer::longValue).toArray();
    try (NDArray index = Tensors.of(manager, kept, kept.length)) {
      cache = TorchScript.SHARED.inferAll(fewer, "select_rows", cache, index);
    }
    rows = going.stream().map(rows::get).toList();
    settings.close();
    rowManager.close();
    rowManager = fewer;
    settings = new Dictionary(rowTensors(rowManager));
    sampling = sampling();
  }

  /** What belongs to the rows in every step. */
  private Map<String, NDArray> rowTensors(NDManager owner) {
    Map<String, NDArray> tensors = new HashMap<>();
    if (gathered) {
      tensors.put("adapter", longs(owner, row -> row.request().adapter()));
    }
    if (rows.stream().anyMatch(row -> row.request().added().length > 0)) {
      float[] zero = new float[base.config().hiddenSize()];
      tensors.put(
          "added",
          matrix(
              owner,
              rows.stream()
                  .map(row -> row.request().added())
                  .map(added -> added.length > 0 ? added : zero)
                  .toList()));
    }
    return tensors;
  }

  private List<NDArray> sampling() {
    int vocabulary = base.config().vocabularySize();
    return List.of(
        doubles(rowManager, row -> row.request().sampling().temperature()),
        longs(
            rowManager,
            row -> {
              int most = row.request().sampling().topK();
              return most == 0 ? vocabulary : most;
            }),
        doubles(rowManager, row -> row.request().sampling().topP()));
  }

  private NDArray longs(NDManager owner, ToLongFunction<GeneratingRow> value) {
    return Tensors.of(owner, rows.stream().mapToLong(value).toArray(), rows.size());
  }

  private NDArray doubles(NDManager owner, ToDoubleFunction<GeneratingRow> value) {
    return owner.create(rows.stream().mapToDouble(value).toArray());
  }

  private static NDArray matrix(NDManager owner, List<float[]> rows) {
    int width = rows.get(0).length;
    float[] values = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, values, i * width, width);
    }
    return Tensors.of(owner, values, rows.size(), width);
  }

  @Override
  public void close() {
    settings.close();
    manager.close();
  }
}
