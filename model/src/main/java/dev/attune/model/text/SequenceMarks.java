package dev.attune.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.attune.model.io.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The ids that structure a sequence: its start and end, padding, and the marks of turns.
 *
 * @param bos starts a text
 * @param eos ends a text
 * @param pad fills up a batch
 * @param system opens a system's turn
 * @param user opens a user's turn
 * @param assistant opens the assistant's turn
 * @param endOfTurn closes a turn
 */
record SequenceMarks(
    int bos,
    int eos,
    int pad,
    List<Integer> system,
    List<Integer> user,
    List<Integer> assistant,
    List<Integer> endOfTurn) {

  /** Names that published tokenizers of the supported families use, best first. */
  private static final List<String> BOS_NAMES =
      List.of(SpecialToken.BOS.content(), "<s>", "<|begin_of_text|>");

  private static final List<String> EOS_NAMES =
      List.of(SpecialToken.EOS.content(), "</s>", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>");
  private static final List<String> PAD_NAMES =
      List.of(SpecialToken.PAD.content(), "<pad>", "<|finetune_right_pad_id|>", "<|endoftext|>");

  /**
   * Finds the marks of a tokenizer.
   *
   * @param encode plain text to ids, for marks that the tokenizer has no special token for
   */
  static SequenceMarks find(TokenizerFile file, Function<String, int[]> encode) {
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
        mark(SpecialToken.SYSTEM, "system:", file, encode),
        mark(SpecialToken.USER, "user:", file, encode),
        mark(SpecialToken.ASSISTANT, "assistant:", file, encode),
        mark(SpecialToken.END, "\n", file, encode));
  }

  /** Opens a turn of a role; roles other than system, user and assistant count as user. */
  List<Integer> role(String role) {
    return switch (role.toLowerCase(Locale.ROOT)) {
      case "system" -> system;
      case "assistant" -> assistant;
      default -> user;
    };
  }

  private static List<Integer> mark(
      SpecialToken token, String text, TokenizerFile file, Function<String, int[]> encode) {
    Integer id = file.specialTokens().get(token.content());
    return id == null ? Arrays.stream(encode.apply(text)).boxed().toList() : List.of(id);
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

  private static JsonNode sibling(Path tokenizerJson, String name) {
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
