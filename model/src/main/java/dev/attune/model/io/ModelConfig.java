package dev.attune.model.io;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a Llama-like decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
 * Immutable; read from and written to Hugging Face's {@code config.json}.
 *
 * @param family which family's conventions apply
 * @param vocabularySize rows of the token embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the SwiGLU layer
 * @param layers number of decoder layers
 * @param heads number of query heads
 * @param keyValueHeads number of key/value heads; divides {@code heads}
 * @param headDim width of one head; even; heads · headDim may differ from hiddenSize
 * @param maxPositions longest context the model was made for
 * @param rmsNormEps added to the mean square in each RMSNorm
 * @param rope rotary positions
 * @param windows one a layer: how many positions, itself included, a token attends to; 0 = all
 * @param tiedEmbeddings whether the output projection is the token embedding
 * @param attentionBias whether the q, k and v projections have a bias
 * @param outputBias whether the attention's output projection has a bias
 * @param mlpBias whether the SwiGLU projections have a bias
 * @param queryKeyNorm whether q and k are normalised per head before the rotation
 * @param storedType the type that the weights are said to be stored in, if the file says so
 * @param bosTokenId the token that starts a text
 * @param eosTokenIds the tokens that end a text; often one
 * @param padTokenId the token that fills up a batch
 */
public record ModelConfig(
    ModelFamily family,
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDim,
    int maxPositions,
    double rmsNormEps,
    Rope rope,
    List<Integer> windows,
    boolean tiedEmbeddings,
    boolean attentionBias,
    boolean outputBias,
    boolean mlpBias,
    boolean queryKeyNorm,
    @Nullable ElementType storedType,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    OptionalInt padTokenId) {

  public ModelConfig {
    windows = List.copyOf(windows);
    eosTokenIds = List.copyOf(eosTokenIds);
    requirePositive("vocab_size", vocabularySize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("num_hidden_layers", layers);
    requirePositive("num_attention_heads", heads);
    requirePositive("num_key_value_heads", keyValueHeads);
    requirePositive("max_position_embeddings", maxPositions);
    require(heads % keyValueHeads == 0, "num_key_value_heads", keyValueHeads, "a divisor of heads");
    require(headDim > 0 && headDim % 2 == 0, "head_dim", headDim, "a positive even number");
    require(rmsNormEps > 0, "rms_norm_eps", rmsNormEps, "a positive number");
    require(windows.size() == layers, "windows", windows, "one for each layer");
    require(windows.stream().allMatch(w -> w >= 0), "windows", windows, "0 or more");
  }

  /**
   * A small Llama with tied embeddings, full attention, unscaled rotary positions of base 10000, no
   * biases and no token ids.
   */
  public static ModelConfig llama(
      int vocabularySize,
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int maxPositions) {
    require(hiddenSize % heads == 0, "num_attention_heads", heads, "a divisor of hidden_size");
    return new ModelConfig(
        ModelFamily.LLAMA,
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        heads,
        hiddenSize / heads,
        maxPositions,
        1e-5,
        Rope.unscaled(10_000, maxPositions),
        Collections.nCopies(layers, 0),
        true,
        false,
        false,
        false,
        false,
        ElementType.F32,
        OptionalInt.empty(),
        List.of(),
        OptionalInt.empty());
  }

  /** The same model with other token ids. */
  public ModelConfig withTokenIds(int bos, int eos, int pad) {
    return new ModelConfig(
        family,
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        keyValueHeads,
        headDim,
        maxPositions,
        rmsNormEps,
        rope,
        windows,
        tiedEmbeddings,
        attentionBias,
        outputBias,
        mlpBias,
        queryKeyNorm,
        storedType,
        OptionalInt.of(bos),
        List.of(eos),
        OptionalInt.of(pad));
  }

  /**
   * Reads a {@code config.json} in the spellings of versions 4 and 5 of the transformers library.
   *
   * @throws ModelFormatException naming file and field, for anything missing, malformed or not
   *     supported
   */
  public static ModelConfig read(Path configJson) {
    return ModelConfigReader.read(configJson);
  }

  /** Writes a {@code config.json} that both library versions read; {@link #read} gives it back. */
  public void write(Path configJson) {
    ModelConfigWriter.write(this, configJson);
  }

  private static void requirePositive(String field, int value) {
    require(value > 0, field, value, "a positive integer");
  }

  private static void require(boolean valid, String field, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException("%s is %s; allowed: %s".formatted(field, value, allowed));
    }
  }
}
