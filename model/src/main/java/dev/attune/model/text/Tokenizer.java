package dev.attune.model.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.model.io.ModelFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * A tokenizer in Hugging Face's {@code tokenizer.json} format, restricted to byte-pair models (all
 * supported families use them).
 *
 * <p>Text is only ever text: what looks like a special token in it (a user typing {@code <|eos|>})
 * is encoded like any other characters, because the special tokens are taken out of the copy of the
 * tokenizer that encodes. They enter a sequence by their ids alone.
 *
 * <p>Safe for use by many threads. {@link #close()} frees native memory and must come after all
 * use.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> PLAIN =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");
  private static final char REPLACEMENT = '\uFFFD';

  static {
    // The library would otherwise look for its authors' telemetry service over the network.
    for (String property : new String[] {"OPT_OUT_TRACKING", "ai.djl.offline"}) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
  }

  private final HuggingFaceTokenizer plain;
  private final SequenceMarks marks;
  private final ChatTemplate template;
  private final Set<Integer> specialIds;
  private final int size;
  private final String sha256;

  private Tokenizer(HuggingFaceTokenizer plain, TokenizerFile file) {
    this.plain = plain;
    this.marks = SequenceMarks.find(file);
    this.template = ChatTemplate.of(file, marks, this::encode);
    this.specialIds = Set.copyOf(file.specialTokens().values());
    this.size = file.size();
    this.sha256 = file.sha256();
  }

  /**
   * Loads a tokenizer. Which special token has which part is taken, in this order, from {@code
   * tokenizer_config.json} and {@code config.json} of the same folder and from the names of the
   * special tokens; {@link #bosId} and {@link #padId} fall back to {@link #eosId}.
   *
   * @throws ModelFormatException naming the file, if it is missing, malformed, no byte-pair model
   *     or without any token that ends a text
   */
  public static Tokenizer load(Path tokenizerJson) {
    TokenizerFile file = TokenizerFile.read(tokenizerJson);
    HuggingFaceTokenizer plain = open(tokenizerJson, file.withoutSpecialTokens());
    boolean loaded = false;
    try {
      Tokenizer tokenizer = new Tokenizer(plain, file);
      loaded = true;
      return tokenizer;
    } finally {
      if (!loaded) {
        plain.close();
      }
    }
  }

  /** Ids of a text, without special tokens; lone surrogates are read as U+FFFD. */
  public int[] encode(String text) {
    long[] ids = plain.encode(wellFormed(text), false, false).getIds();
    int[] narrow = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrow[i] = (int) ids[i];
    }
    return narrow;
  }

  /**
   * The text of ids. Special tokens and unknown ids are left out, bytes that are no UTF-8 become
   * U+FFFD.
   */
  public String decode(int[] ids) {
    long[] known =
        Arrays.stream(ids)
            .filter(id -> id >= 0 && id < size && !specialIds.contains(id))
            .asLongStream()
            .toArray();
    return known.length == 0 ? "" : plain.decode(known, false);
  }

  /** One more than the largest id; a model's embedding may have more rows. */
  public int size() {
    return size;
  }

  /** Starts a text; the id of {@link #eosId} where the tokenizer has no such token. */
  public int bosId() {
    return marks.bos();
  }

  /** Ends a text. */
  public int eosId() {
    return marks.eos();
  }

  /** Fills up a batch; the id of {@link #eosId} where the tokenizer has no such token. */
  public int padId() {
    return marks.pad();
  }

  /** Ends the assistant's reply in a dialogue; often the id of {@link #eosId}. */
  public int endOfReplyId() {
    return template.endOfReply();
  }

  /** The layout of dialogues, recognised as {@link ChatStyle} says. */
  public ChatStyle chatStyle() {
    return template.style();
  }

  /** Whether the folder states a chat template of its own, be it recognised or not. */
  public boolean statesChatTemplate() {
    return template.stated();
  }

  ChatTemplate template() {
    return template;
  }

  /** SHA-256 of the {@code tokenizer.json}, 64 lower-case hexadecimal digits. */
  public String sha256() {
    return sha256;
  }

  @Override
  public void close() {
    plain.close();
  }

  private static HuggingFaceTokenizer open(Path source, ObjectNode json) {
    try {
      byte[] bytes = new JsonMapper().writeValueAsBytes(json);
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), PLAIN);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + source, e);
    } catch (RuntimeException e) {
      throw new ModelFormatException(source, "not a usable tokenizer: " + e.getMessage(), e);
    }
  }

  /** The native library takes UTF-8, which has no lone surrogates. */
  static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (repaired == null) {
        repaired = new StringBuilder(text);
      }
      repaired.setCharAt(i, REPLACEMENT);
    }
    return repaired == null ? text : repaired.toString();
  }
}
