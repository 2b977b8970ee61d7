package dev.attune.model.text;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes {@code tokenizer.json} files as other projects publish them: bytes, no merges. */
final class ForeignTokenizer {
  private static final JsonMapper JSON = new JsonMapper();

  private final ObjectNode root = JSON.createObjectNode();
  private final ObjectNode model = root.putObject("model");
  private final Map<String, Integer> specials = new LinkedHashMap<>();

  private ForeignTokenizer() {
    root.put("version", "1.0");
    root.putArray("added_tokens");
    for (String part : new String[] {"pre_tokenizer", "decoder"}) {
      root.putObject(part)
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", true);
    }
    model.put("type", "BPE");
    model.putArray("merges");
    ObjectNode vocabulary = model.putObject("vocab");
    for (int b = 0; b < 256; b++) {
      vocabulary.put(String.valueOf(ByteLevel.character(b)), b);
    }
  }

  static ForeignTokenizer byteLevel() {
    return new ForeignTokenizer();
  }

  ForeignTokenizer special(String content, int id) {
    specials.put(content, id);
    return add(content, id, true);
  }

  ForeignTokenizer added(String content, int id) {
    return add(content, id, false);
  }

  ForeignTokenizer unknown(String content) {
    model.put("unk_token", content);
    return this;
  }

  ForeignTokenizer ignoreMerges() {
    model.put("ignore_merges", true);
    return this;
  }

  ForeignTokenizer specialsInVocabulary() {
    specials.forEach(model.withObject("/vocab")::put);
    return this;
  }

  Path write(Path dir) throws IOException {
    Path file = dir.resolve("tokenizer.json");
    JSON.writeValue(file.toFile(), root);
    return file;
  }

  private ForeignTokenizer add(String content, int id, boolean special) {
    root.withArray("/added_tokens")
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
    return this;
  }
}
