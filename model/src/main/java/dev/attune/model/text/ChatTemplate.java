package dev.attune.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer's {@link ChatStyle} as token ids. Immutable; the arrays that it returns are not to be
 * changed.
 */
final class ChatTemplate {
  private static final int[] NONE = {};
  private static final String SYSTEM = "system";
  private static final String USER = "user";
  private static final String ASSISTANT = "assistant";

  private final ChatStyle style;
  private final boolean stated;
  private final int[] start;
  private final Map<String, int[]> open;
  private final Map<String, int[]> close;
  private final int endOfReply;

  private ChatTemplate(
      ChatStyle style,
      boolean stated,
      int[] start,
      Map<String, int[]> open,
      Map<String, int[]> close,
      int endOfReply) {
    this.style = style;
    this.stated = stated;
    this.start = start;
    this.open = open;
    this.close = close;
    this.endOfReply = endOfReply;
  }

  /**
   * Recognises the style of a tokenizer.
   *
   * @param encode plain text to ids
   */
  static ChatTemplate of(TokenizerFile file, SequenceMarks marks, Function<String, int[]> encode) {
    String program = program(file.path());
    ChatStyle style = recognise(file.specialTokens(), program);
    Ids ids = new Ids(file.specialTokens(), encode);
    int[] bos = {marks.bos()};
    int[] eos = {marks.eos()};
    return switch (style) {
      case ATTUNE, PLAIN -> {
        int[] end = ids.of(SpecialToken.END.content(), "\n");
        yield new ChatTemplate(
            style,
            !program.isEmpty(),
            bos,
            byRole(
                ids.of(SpecialToken.SYSTEM.content(), "system:"),
                ids.of(SpecialToken.USER.content(), "user:"),
                ids.of(SpecialToken.ASSISTANT.content(), "assistant:")),
            byRole(end, end, end),
            marks.eos());
      }
      case CHATML -> {
        int[] end = ids.of("<|im_end|>");
        int[] close = concat(end, encode.apply("\n"));
        yield new ChatTemplate(
            style,
            !program.isEmpty(),
            marks.ownBos() ? bos : NONE,
            byRole(
                concat(ids.of("<|im_start|>"), encode.apply("system\n")),
                concat(ids.of("<|im_start|>"), encode.apply("user\n")),
                concat(ids.of("<|im_start|>"), encode.apply("assistant\n"))),
            byRole(close, close, close),
            end[0]);
      }
      case LLAMA3 -> {
        int[] end = ids.of("<|eot_id|>");
        yield new ChatTemplate(
            style,
            !program.isEmpty(),
            bos,
            byRole(ids.header(SYSTEM), ids.header(USER), ids.header(ASSISTANT)),
            byRole(end, end, end),
            end[0]);
      }
      case LLAMA2 ->
          new ChatTemplate(
              style,
              !program.isEmpty(),
              bos,
              byRole(concat(ids.of("[INST]"), encode.apply("<<SYS>>\n")), ids.of("[INST]"), NONE),
              byRole(encode.apply("\n<</SYS>>\n\n"), ids.of("[/INST]"), eos),
              marks.eos());
      case MISTRAL ->
          new ChatTemplate(
              style,
              !program.isEmpty(),
              bos,
              byRole(ids.of("[INST]"), ids.of("[INST]"), NONE),
              byRole(encode.apply("\n\n"), ids.of("[/INST]"), eos),
              marks.eos());
    };
  }

  private static ChatStyle recognise(Map<String, Integer> tokens, String program) {
    if (fits(tokens, program, "<|im_start|>", "<|im_end|>")) {
      return ChatStyle.CHATML;
    }
    if (fits(tokens, program, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")) {
      return ChatStyle.LLAMA3;
    }
    // Older tokenizers have no special tokens for these marks: the program alone tells.
    if (program.contains("[INST]")) {
      return program.contains("<<SYS>>") ? ChatStyle.LLAMA2 : ChatStyle.MISTRAL;
    }
    if (fits(tokens, program, "[INST]", "[/INST]")) {
      return ChatStyle.MISTRAL;
    }
    return tokens.containsKey(SpecialToken.USER.content())
            && tokens.containsKey(SpecialToken.ASSISTANT.content())
        ? ChatStyle.ATTUNE
        : ChatStyle.PLAIN;
  }

  /** All marks are special tokens, and the program, if there is one, makes use of them. */
  private static boolean fits(Map<String, Integer> tokens, String program, String... marks) {
    return Arrays.stream(marks).allMatch(tokens::containsKey)
        && (program.isEmpty() || program.contains(marks[0]));
  }

  /** The folder's chat_template, or an empty string. */
  private static String program(Path tokenizerJson) {
    JsonNode stated =
        SequenceMarks.sibling(tokenizerJson, "tokenizer_config.json").path("chat_template");
    if (stated.isTextual()) {
      return stated.textValue();
    }
    if (stated.isArray()) {
      // Several by name; the one for plain dialogue is called default.
      for (JsonNode named : stated) {
        if (named.path("name").asText().equals("default")) {
          return named.path("template").asText();
        }
      }
    }
    Path file = tokenizerJson.resolveSibling("chat_template.jinja");
    try {
      return Files.isRegularFile(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  ChatStyle style() {
    return style;
  }

  /** Whether the folder states a template, whatever it says. */
  boolean stated() {
    return stated;
  }

  /** What stands before the first turn; may be empty. */
  int[] start() {
    return start;
  }

  /**
   * Opens a turn.
   *
   * @param role others than system, user and assistant count as user
   * @param before the role of the turn before, or null for the first
   */
  int[] open(String role, @Nullable String before) {
    if (leavesOpen(before)) {
      return NONE;
    }
    int[] mark = open.get(normal(role));
    // Llama 2 takes each exchange for a text of its own.
    boolean anew = style == ChatStyle.LLAMA2 && before != null && mark.length > 0;
    return anew ? concat(start, mark) : mark;
  }

  /** Closes a turn. */
  int[] close(String role) {
    return close.get(normal(role));
  }

  /**
   * Asks the assistant for its turn.
   *
   * @param before the role of the turn before, or null where there is none
   */
  int[] cue(@Nullable String before) {
    return leavesOpen(before) ? close.get(USER) : open.get(ASSISTANT);
  }

  /** Ends a reply. */
  int endOfReply() {
    return endOfReply;
  }

  /** A turn's text as the layout wants it. */
  String text(String text) {
    return style == ChatStyle.LLAMA3 || style == ChatStyle.LLAMA2 ? text.strip() : text;
  }

  /** Whether the turn before is a system's that is the head of the user's turn. */
  private boolean leavesOpen(@Nullable String before) {
    return (style == ChatStyle.LLAMA2 || style == ChatStyle.MISTRAL)
        && before != null
        && normal(before).equals(SYSTEM);
  }

  private static String normal(String role) {
    String lower = role.toLowerCase(Locale.ROOT);
    return lower.equals(SYSTEM) || lower.equals(ASSISTANT) ? lower : USER;
  }

  private static Map<String, int[]> byRole(int[] system, int[] user, int[] assistant) {
    return Map.of(SYSTEM, system, USER, user, ASSISTANT, assistant);
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Ids of marks: special tokens where there are, plain text otherwise. */
  private record Ids(Map<String, Integer> tokens, Function<String, int[]> encode) {
    int[] of(String mark) {
      return of(mark, mark);
    }

    int[] of(String mark, String otherwise) {
      Integer id = tokens.get(mark);
      return id == null ? encode.apply(otherwise) : new int[] {id};
    }

    int[] header(String role) {
      int[] name = concat(of("<|start_header_id|>"), encode.apply(role));
      return concat(name, concat(of("<|end_header_id|>"), encode.apply("\n\n")));
    }
  }
}
