package dev.attune.model.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.io.ModelConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Prompts with their replies, laid out for the script {@code packed_states}: tokens are packed
 * without padding, each prompt once, and index tables say where in the padded layout of attention
 * each of them belongs.
 *
 * <p>Where adapters are gathered, tokens stand in the adapters' order and each adapter's part is
 * filled up to whole blocks, so that one block has one adapter. The tables lead past the fillers:
 * replies are numbered as the rows give them.
 *
 * @param rows at least one
 * @param gathered whether the rows' adapters are those of a stack; otherwise all rows share one
 */
public record TokenBatch(List<Row> rows, boolean gathered) {
  /** What the copy of an adapter for a block costs, in tokens: about that at rank 8. */
  private static final int COPY_TOKENS = 12;

  /** Most blocks that an adapter's part of the tokens is tried to be cut into. */
  private static final int MOST_BLOCKS = 16;

  /** A batch under one adapter. */
  public TokenBatch(List<Row> rows) {
    this(rows, false);
  }

  /** Checks that there is a row. */
  public TokenBatch {
    rows = List.copyOf(rows);
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("a batch of no rows; allowed is one or more");
    }
  }

  /**
   * A prompt and the replies to it, as token ids, none of them empty. In a prompt, {@code -1 - t}
   * is the slot of vector t of the user's soft prompt.
   *
   * @param adapter index into the stack of adapters
   * @param user index into the vectors of users
   */
  @SuppressWarnings("ArrayRecordComponent") // carries tokens to the engine; never compared
  public record Row(int[] prompt, List<int[]> replies, int adapter, int user) {
    /** A row of the first adapter and the first user. */
    public Row(int[] prompt, List<int[]> replies) {
      this(prompt, replies, 0, 0);
    }

    /** Checks that nothing is empty. */
    public Row {
      replies = List.copyOf(replies);
      if (prompt.length == 0 || replies.stream().anyMatch(reply -> reply.length == 0)) {
        throw new IllegalArgumentException("a text of no tokens; allowed is one or more");
      }
      if (adapter < 0 || user < 0) {
        throw new IllegalArgumentException(
            "adapter %d, user %d; allowed is 0 or more".formatted(adapter, user));
      }
    }

    /** Returns the number of tokens of the longest reply, or 0. */
    public int longestReply() {
      return replies.stream().mapToInt(reply -> reply.length).max().orElse(0);
    }
  }

  /**
   * Returns the tensors of the batch by their names in the script.
   *
   * @throws IllegalArgumentException if a text is longer than the model reads, or has an id that is
   *     not in its vocabulary: on a GPU, either would break the engine for all that follows
   */
  public Map<String, NDArray> tensors(NDManager manager, ModelConfig config) {
    rows.forEach(row -> require(row, config));
    List<int[]> prompts = new ArrayList<>();
    List<int[]> replies = new ArrayList<>();
    List<Integer> owners = new ArrayList<>();
    List<Integer> everyRow = new ArrayList<>();
    for (int e = 0; e < rows.size(); e++) {
      prompts.add(rows.get(e).prompt);
      everyRow.add(e);
      for (int[] reply : rows.get(e).replies) {
        replies.add(reply);
        owners.add(e);
      }
    }
    int block = gathered ? blockTokens() : 1;
    Packed p = new Packed(prompts, everyRow, 0, block);
    Packed r = new Packed(replies, owners, p.size, block);
    int size = p.size + r.size;
    long[] positions = new long[size];
    long[] unpad = new long[size];
    int[] rowOf = new int[size];
    p.place(positions, unpad, rowOf, 0, new int[rows.size()]);
    r.place(
        positions,
        unpad,
        rowOf,
        p.at.length,
        rows.stream().mapToInt(row -> row.prompt.length).toArray());
    Map<String, NDArray> tensors = new HashMap<>();
    tensors.put("positions", Tensors.of(manager, positions, size));
    tensors.put("prompt_at", Tensors.of(manager, p.at, prompts.size(), p.longest));
    tensors.put("prompt_length", Tensors.of(manager, p.lengths, prompts.size()));
    tensors.put("reply_at", Tensors.of(manager, r.at, replies.size(), r.longest));
    tensors.put("reply_length", Tensors.of(manager, r.lengths, replies.size()));
    tensors.put("owner", longs(manager, owners.stream().mapToInt(Integer::intValue)));
    tensors.put("unpad", Tensors.of(manager, unpad, size));
    IntStream users = IntStream.of(rowOf).map(row -> rows.get(row).user);
    tensors.put("user", longs(manager, users));
    if (gathered) {
      IntStream blocks =
          IntStream.range(0, size / block).map(n -> rows.get(rowOf[n * block]).adapter);
      tensors.put("adapter", longs(manager, blocks));
    }
    putIds(manager, tensors, p, r, rowOf);
    RotaryTables.dynamic(config, rows)
        .ifPresent(own -> own.put(manager, tensors, positions, rowOf));
    return tensors;
  }

  /** Returns the size of blocks that wastes the least on fillers and on copies of adapters. */
  private int blockTokens() {
    Map<Integer, Integer> parts = new HashMap<>();
    for (Row row : rows) {
      int replies = row.replies.stream().mapToInt(reply -> reply.length).sum();
      parts.merge(2 * row.adapter, row.prompt.length, Integer::sum);
      parts.merge(2 * row.adapter + 1, replies, Integer::sum);
    }
    int[] tokens = parts.values().stream().mapToInt(Integer::intValue).filter(n -> n > 0).toArray();
    return IntStream.of(tokens)
        .flatMap(part -> IntStream.rangeClosed(1, MOST_BLOCKS).map(n -> (part + n - 1) / n))
        .distinct()
        .sorted()
        .boxed()
        .min(Comparator.comparingLong(block -> cost(tokens, block)))
        .orElse(1);
  }

  /** Returns what blocks of this size cost for these parts of a batch, in tokens. */
  private static long cost(int[] parts, int block) {
    long blocks = IntStream.of(parts).mapToLong(tokens -> (tokens + block - 1) / block).sum();
    return blocks * (block + COPY_TOKENS);
  }

  private static void require(Row row, ModelConfig config) {
    int length = row.prompt.length + row.longestReply();
    if (length > RotaryTables.maxTokens(config)) {
      throw new IllegalArgumentException(
          length + " tokens; allowed at most " + RotaryTables.maxTokens(config));
    }
    int smallest = row.replies.stream().flatMapToInt(IntStream::of).min().orElse(0);
    int largest =
        IntStream.concat(IntStream.of(row.prompt), row.replies.stream().flatMapToInt(IntStream::of))
            .max()
            .orElse(0);
    if (smallest < 0 || largest >= config.vocabularySize()) {
      throw new IllegalArgumentException(
          "token id %d; allowed 0 to %d, and below 0 the slots of a prompt"
              .formatted(smallest < 0 ? smallest : largest, config.vocabularySize() - 1));
    }
  }

  private void putIds(
      NDManager manager, Map<String, NDArray> tensors, Packed p, Packed r, int[] rowOf) {
    List<Integer> slots = new ArrayList<>();
    List<Integer> vectors = new ArrayList<>();
    int length =
        1 + IntStream.of(p.ids).map(id -> -1 - id).filter(slot -> slot >= 0).max().orElse(-1);
    for (int i = 0; i < p.ids.length; i++) {
      if (p.ids[i] < 0) {
        slots.add(i);
        vectors.add(rows.get(rowOf[i]).user * length - 1 - p.ids[i]);
        p.ids[i] = 0;
      }
    }
    tensors.put("prompt_ids", longs(manager, IntStream.of(p.ids)));
    tensors.put("reply_ids", longs(manager, IntStream.of(r.ids)));
    tensors.put("slot_at", longs(manager, slots.stream().mapToInt(Integer::intValue)));
    tensors.put("slot_of", longs(manager, vectors.stream().mapToInt(Integer::intValue)));
  }

  private static NDArray longs(NDManager manager, IntStream values) {
    long[] longs = values.asLongStream().toArray();
    return Tensors.of(manager, longs, longs.length);
  }

  /** Sequences laid end to end, and where each would be in a padded matrix. */
  private final class Packed {
    final int longest;
    final int size;
    final int[] ids;
    final long[] at;
    final long[] lengths;
    private final List<Integer> owners;
    private final int first;
    private final int[] starts;
    private final int[] fillers;

    /**
     * @param owners each sequence's row
     * @param first where in all tokens the first of these stands
     * @param block tokens of a block
     */
    Packed(List<int[]> sequences, List<Integer> owners, int first, int block) {
      this.owners = owners;
      this.first = first;
      longest = sequences.stream().mapToInt(sequence -> sequence.length).max().orElse(0);
      lengths = sequences.stream().mapToLong(sequence -> sequence.length).toArray();
      starts = new int[sequences.size()];
      fillers = new int[sequences.size()];
      List<Integer> order =
          IntStream.range(0, sequences.size())
              .boxed()
              .sorted(Comparator.comparingInt(n -> gathered ? adapter(n) : 0))
              .toList();
      int next = 0;
      for (int i = 0; i < order.size(); i++) {
        int n = order.get(i);
        starts[n] = next;
        next += (int) lengths[n];
        boolean ends = i + 1 == order.size() || adapter(order.get(i + 1)) != adapter(n);
        fillers[n] = gathered && ends ? (block - next % block) % block : 0;
        next += fillers[n];
      }
      size = next;
      ids = new int[size];
      at = new long[sequences.size() * longest];
      for (int n = 0; n < lengths.length; n++) {
        System.arraycopy(sequences.get(n), 0, ids, starts[n], (int) lengths[n]);
        for (int t = 0; t < longest; t++) {
          at[n * longest + t] = starts[n] + Math.min(t, lengths[n] - 1);
        }
      }
    }

    private int adapter(int sequence) {
      return rows.get(owners.get(sequence)).adapter;
    }

    /**
     * Fills positions, padded places and rows of these sequences' tokens; fillers keep position and
     * place 0.
     *
     * @param firstPositions by row
     */
    void place(long[] positions, long[] unpad, int[] rowOf, int firstPlace, int[] firstPositions) {
      for (int n = 0; n < lengths.length; n++) {
        int row = owners.get(n);
        for (int t = 0; t < lengths[n] + fillers[n]; t++) {
          int token = first + starts[n] + t;
          rowOf[token] = row;
          if (t < lengths[n]) {
            positions[token] = (long) firstPositions[row] + t;
            unpad[token] = firstPlace + (long) n * longest + t;
          } else {
            // any place of these sequences': replies' are counted from theirs in the last layer
            unpad[token] = firstPlace;
          }
        }
      }
    }
  }
}
