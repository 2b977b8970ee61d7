package dev.attune.model.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.model.io.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A parsed {@code tokenizer.json}.
 *
 * @param path where it is
 * @param root its content; not to be changed
 * @param specialTokens content and id of the added tokens that are marked special
 * @param size one more than the largest id
 * @param sha256 of its bytes
 */
record TokenizerFile(
    Path path, ObjectNode root, Map<String, Integer> specialTokens, int size, String sha256) {
  private static final JsonMapper JSON = new JsonMapper();

  static TokenizerFile read(Path path) {
    byte[] bytes;
    JsonNode root;
    try {
      bytes = Files.readAllBytes(path);
      root = JSON.readTree(bytes);
    } catch (NoSuchFileException e) {
      throw new ModelFormatException(path, "no such file", e);
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(path, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
    if (!(root instanceof ObjectNode object)) {
      throw new ModelFormatException(path, "not a JSON object");
    }
    if (!object.at("/model/type").asText("BPE").equals("BPE")) {
      throw new ModelFormatException(
          path, "model.type is %s; allowed: BPE".formatted(object.at("/model/type")));
    }
    if (!object.at("/model/vocab").isObject()) {
      throw new ModelFormatException(path, "model.vocab is not a JSON object");
    }
    int size = 0;
    for (Map.Entry<String, JsonNode> entry : object.at("/model/vocab").properties()) {
      size = Math.max(size, id(path, "model.vocab", entry.getValue()) + 1);
    }
    Map<String, Integer> special = new LinkedHashMap<>();
    for (JsonNode token : object.path("added_tokens")) {
      int id = id(path, "added_tokens", token.path("id"));
      size = Math.max(size, id + 1);
      if (token.path("special").asBoolean()) {
        special.put(token.path("content").asText(), id);
      }
    }
    return new TokenizerFile(
        path, object, Collections.unmodifiableMap(special), size, sha256(bytes));
  }

  /**
   * A copy that knows no special token, so that none can come out of text. All other tokens keep
   * their ids: the unknown token stays in the vocabulary, since the model refers to it, and added
   * tokens that are not special are put there, since the library would otherwise number them anew.
   */
  ObjectNode withoutSpecialTokens() {
    ObjectNode copy = root.deepCopy();
    ObjectNode vocabulary = (ObjectNode) copy.at("/model/vocab");
    String unknown = copy.at("/model/unk_token").asText();
    specialTokens.keySet().stream()
        .filter(content -> !content.equals(unknown))
        .forEach(vocabulary::remove);
    ArrayNode ordinary = copy.arrayNode();
    for (JsonNode token : copy.path("added_tokens")) {
      if (!token.path("special").asBoolean()) {
        ordinary.add(token);
        vocabulary.set(token.path("content").asText(), token.path("id"));
      }
    }
    copy.set("added_tokens", ordinary);
    copy.putNull("post_processor");
    copy.putNull("truncation");
    copy.putNull("padding");
    return copy;
  }

  private static int id(Path path, String field, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
      throw new ModelFormatException(
          path, "an id in %s is %s; allowed: an integer from 0".formatted(field, node));
    }
    return node.intValue();
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
