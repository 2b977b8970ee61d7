package dev.attune.model.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.attune.model.engine.Tensors;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.TokenBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A prompt and replies to it, as the script {@code reward.rewards} reads them.
 *
 * @param prompt token ids, perhaps cut off
 * @param replies the replies
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record EncodedDialogue(int[] prompt, List<EncodedReply> replies) {
  /** Returns how many tokens a batch holds for it: its prompt once, and its replies. */
  int tokens() {
    return prompt.length + replies.stream().mapToInt(reply -> reply.ids().length).sum();
  }

  /** Returns the tensors of a batch under one model. */
  static Map<String, NDArray> tensors(
      NDManager manager, List<EncodedDialogue> batch, BaseModel base, RewardModelConfig config) {
    return tensors(manager, batch, base, config, new int[0]);
  }

  /**
   * Returns the tensors of a batch by their names in the script: those of {@link TokenBatch} and
   * what the heads read beside the states.
   *
   * @param config what the heads read
   * @param models each dialogue's index in a stack of models; empty where there is no stack
   */
  static Map<String, NDArray> tensors(
      NDManager manager,
      List<EncodedDialogue> batch,
      BaseModel base,
      RewardModelConfig config,
      int[] models) {
    boolean stacked = models.length > 0;
    List<TokenBatch.Row> rows = new ArrayList<>();
    List<Integer> modelOf = new ArrayList<>();
    for (int e = 0; e < batch.size(); e++) {
      EncodedDialogue dialogue = batch.get(e);
      int model = stacked ? models[e] : 0;
      List<int[]> ids = dialogue.replies.stream().map(EncodedReply::ids).toList();
      rows.add(new TokenBatch.Row(dialogue.prompt, ids, model, 0));
      modelOf.addAll(Collections.nCopies(ids.size(), model));
    }
    Map<String, NDArray> tensors = new TokenBatch(rows, stacked).tensors(manager, base.config());
    if (stacked) {
      long[] of = modelOf.stream().mapToLong(Integer::longValue).toArray();
      tensors.put("reply_model", Tensors.of(manager, of, of.length));
    }
    List<EncodedReply> replies = batch.stream().flatMap(d -> d.replies.stream()).toList();
    Pooling pooling = config.pooling();
    if (pooling == Pooling.MAX) {
      tensors.put("pool_max", Tensors.of(manager, new long[1], 1));
    } else if (pooling != Pooling.MEAN) {
      long[] at =
          replies.stream()
              .mapToLong(r -> pooling.token(r.ids(), base.tokenizer().endOfReplyId()))
              .toArray();
      tensors.put("pool_token", Tensors.of(manager, at, at.length));
    }
    if (config.length()) {
      float[] characters = new float[replies.size()];
      for (int i = 0; i < characters.length; i++) {
        characters[i] = replies.get(i).characters();
      }
      tensors.put("characters", Tensors.of(manager, characters, characters.length));
    }
    return tensors;
  }
}
