package dev.attune.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.attune.model.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * The ids around a text.
 *
 * @param bos starts a text
 * @param eos ends a text
 * @param pad fills up a batch
 * @param ownBos whether the tokenizer itself has a token that starts a text: {@code bos} is
 *     otherwise one that config.json names, or {@code eos}
 */
record SequenceMarks(int bos, int eos, int pad, boolean ownBos) {

  /** Names that published tokenizers of the supported families use, best first. */
  private static final List<String> BOS_NAMES =
      List.of(SpecialToken.BOS.content(), "<s>", "<|begin_of_text|>");

  private static final List<String> EOS_NAMES =
      List.of(SpecialToken.EOS.content(), "</s>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>");
  private static final List<String> PAD_NAMES =
      List.of(SpecialToken.PAD.content(), "<pad>", "<|finetune_right_pad_id|>", "<|endoftext|>");

  /** Finds the marks of a tokenizer. */
  static SequenceMarks find(TokenizerFile file) {
    JsonNode tokenizerConfig = sibling(file.path(), "tokenizer_config.json");
    JsonNode modelConfig = sibling(file.path(), "config.json");
    OptionalInt end = find("eos", EOS_NAMES, file, tokenizerConfig, modelConfig);
    if (end.isEmpty()) {
      throw new ModelFormatException(
          file.path(),
          "no token ends a text; allowed: eos_token in tokenizer_config.json, eos_token_id in"
              + " config.json, or a special token named one of "
              + EOS_NAMES);
    }
    int eos = end.getAsInt();
    return new SequenceMarks(
        find("bos", BOS_NAMES, file, tokenizerConfig, modelConfig).orElse(eos),
        eos,
        find("pad", PAD_NAMES, file, tokenizerConfig, modelConfig).orElse(eos),
        find("bos", BOS_NAMES, file, tokenizerConfig, MissingNode.getInstance()).isPresent());
  }

  private static OptionalInt find(
      String part,
      List<String> names,
      TokenizerFile file,
      JsonNode tokenizerConfig,
      JsonNode modelConfig) {
    JsonNode token = tokenizerConfig.path(part + "_token");
    String content = token.isObject() ? token.path("content").asText() : token.asText();
    Integer id = file.specialTokens().get(content);
    if (id != null) {
      return OptionalInt.of(id);
    }
    JsonNode fromModel = modelConfig.path(part + "_token_id");
    JsonNode first = fromModel.isArray() ? fromModel.path(0) : fromModel;
    if (first.canConvertToInt() && first.intValue() >= 0 && first.intValue() < file.size()) {
      return OptionalInt.of(first.intValue());
    }
    return names.stream()
        .filter(file.specialTokens()::containsKey)
        .mapToInt(file.specialTokens()::get)
        .findFirst();
  }

  /** A JSON file of the same folder; a missing node where there is none. */
  static JsonNode sibling(Path tokenizerJson, String name) {
    Path file = tokenizerJson.resolveSibling(name);
    if (!Files.isRegularFile(file)) {
      return MissingNode.getInstance();
    }
    try {
      return new JsonMapper().readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new ModelFormatException(file, "not readable as JSON", e);
    }
  }
}
