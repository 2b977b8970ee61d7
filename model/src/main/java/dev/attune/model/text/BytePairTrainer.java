package dev.attune.model.text;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;

/**
 * Trains a byte-level BPE tokenizer and writes it as Hugging Face's {@code tokenizer.json}, with a
 * {@code tokenizer_config.json} beside it that tells Hugging Face's library the special tokens.
 * Ids: the special tokens {@code <|bos|> <|eos|> <|pad|> <|system|> <|user|> <|assistant|> <|end|>}
 * are 0 to 6, the 256 bytes follow, then the merges in the order they were learned. The file is a
 * function of the texts' words and their counts: the order of the texts does not matter.
 */
public final class BytePairTrainer {
  /** Size of a vocabulary without any merge. */
  public static final int MIN_VOCABULARY = SpecialToken.values().length + 256;

  /** A pair seen only once says nothing about other text. */
  private static final long MIN_PAIR_COUNT = 2;

  /** Longer words (encoded data, walls of signs) are counted in pieces, so that cost is bounded. */
  private static final int MAX_WORD_BYTES = 256;

  private static final int PROGRESS_STEPS = 64;
  private static final int FIRST_BYTE = SpecialToken.values().length;
  private static final JsonMapper JSON = new JsonMapper();

  private BytePairTrainer() {}

  /**
   * Trains on texts and writes the tokenizer, replacing each file in one step.
   *
   * @param texts read once
   * @param vocabularySize {@link #MIN_VOCABULARY} or more; fewer come out where the texts hold no
   *     more pairs that occur twice
   * @param progress told the fraction of merges done, from 0 to 1
   * @return the vocabulary size reached
   */
  public static int train(
      Iterable<String> texts, int vocabularySize, Path tokenizerJson, DoubleConsumer progress) {
    if (vocabularySize < MIN_VOCABULARY) {
      throw new IllegalArgumentException(
          "vocabularySize is %d; allowed: %d or more".formatted(vocabularySize, MIN_VOCABULARY));
    }
    progress.accept(0);
    PairMerger merger = merger(texts);
    List<String> tokens = initialTokens();
    List<String> merges = new ArrayList<>();
    int wanted = vocabularySize - MIN_VOCABULARY;
    for (int done = 0; done < wanted; done++) {
      int[] pair = merger.merge(tokens.size(), MIN_PAIR_COUNT);
      if (pair == null) {
        break;
      }
      merges.add(tokens.get(pair[0]) + " " + tokens.get(pair[1]));
      tokens.add(tokens.get(pair[0]) + tokens.get(pair[1]));
      if (done % (wanted / PROGRESS_STEPS + 1) == 0) {
        progress.accept((double) done / wanted);
      }
    }
    write(tokenizerConfig(), tokenizerJson.resolveSibling("tokenizer_config.json"));
    write(tokenizer(tokens, merges), tokenizerJson);
    progress.accept(1);
    return tokens.size();
  }

  private static PairMerger merger(Iterable<String> texts) {
    Map<String, Long> frequencies = new HashMap<>();
    for (String text : texts) {
      Matcher words = ByteLevel.WORDS.matcher(text);
      while (words.find()) {
        frequencies.merge(words.group(), 1L, Long::sum);
      }
    }
    List<int[]> symbols = new ArrayList<>(frequencies.size());
    List<Long> counts = new ArrayList<>(frequencies.size());
    frequencies.forEach(
        (word, count) -> {
          byte[] bytes = ByteLevel.bytes(word);
          for (int from = 0; from < bytes.length; from += MAX_WORD_BYTES) {
            int[] piece = new int[Math.min(MAX_WORD_BYTES, bytes.length - from)];
            for (int i = 0; i < piece.length; i++) {
              piece[i] = FIRST_BYTE + Byte.toUnsignedInt(bytes[from + i]);
            }
            symbols.add(piece);
            counts.add(count);
          }
        });
    return new PairMerger(symbols, counts.stream().mapToLong(Long::longValue).toArray());
  }

  private static List<String> initialTokens() {
    List<String> tokens = new ArrayList<>();
    for (SpecialToken special : SpecialToken.values()) {
      tokens.add(special.content());
    }
    for (int b = 0; b < 256; b++) {
      tokens.add(String.valueOf(ByteLevel.character(b)));
    }
    return tokens;
  }

  private static ObjectNode tokenizer(List<String> tokens, List<String> merges) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    root.putNull("truncation");
    root.putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (SpecialToken special : SpecialToken.values()) {
      ObjectNode token = added.addObject();
      token.put("id", special.id());
      token.put("content", special.content());
      token.put("single_word", false);
      token.put("lstrip", false);
      token.put("rstrip", false);
      token.put("normalized", false);
      token.put("special", true);
    }
    root.putNull("normalizer");
    putByteLevel(root.putObject("pre_tokenizer"));
    root.putNull("post_processor");
    putByteLevel(root.putObject("decoder"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE");
    model.putNull("dropout");
    model.putNull("unk_token");
    model.putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix");
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    ArrayNode rules = model.putArray("merges");
    merges.forEach(rules::add);
    return root;
  }

  /** Without it, Hugging Face's library would take the model family's own special tokens. */
  private static ObjectNode tokenizerConfig() {
    ObjectNode root = JSON.createObjectNode();
    root.put("tokenizer_class", "PreTrainedTokenizerFast");
    root.put("bos_token", SpecialToken.BOS.content());
    root.put("eos_token", SpecialToken.EOS.content());
    root.put("pad_token", SpecialToken.PAD.content());
    root.put("clean_up_tokenization_spaces", false);
    return root;
  }

  private static void write(ObjectNode root, Path file) {
    try {
      Path temporary = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
      try {
        JSON.writeValue(temporary.toFile(), root);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private static void putByteLevel(ObjectNode node) {
    node.put("type", "ByteLevel");
    node.put("add_prefix_space", false);
    node.put("trim_offsets", true);
    node.put("use_regex", true);
  }
}
