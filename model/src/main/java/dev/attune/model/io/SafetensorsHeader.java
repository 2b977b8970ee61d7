package dev.attune.model.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The validated header of a safetensors file: 8 bytes little-endian length, then JSON, then data.
 *
 * @param tensors by name, in the order of their data
 * @param metadata the free-form strings under {@code __metadata__}
 */
record SafetensorsHeader(Map<String, TensorInfo> tensors, SortedMap<String, String> metadata) {
  /** The format's own limit; a larger number means that this is no safetensors file. */
  static final int MAX_BYTES = 100_000_000;

  static final String METADATA = "__metadata__";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  SafetensorsHeader {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
  }

  /** Checks the length field of a header against the size of the file it stands in. */
  static int checkedLength(Object source, long length, long fileSize) {
    if (length < 2 || length > MAX_BYTES) {
      throw new SafetensorsException(
          source,
          "header length is " + Long.toUnsignedString(length) + "; allowed 2 to " + MAX_BYTES);
    }
    if (length > fileSize - Long.BYTES) {
      throw new SafetensorsException(
          source,
          "truncated: the header needs %d bytes, the file has %d"
              .formatted(length + Long.BYTES, fileSize));
    }
    return (int) length;
  }

  /**
   * Parses and validates a header: each tensor's type, shape and byte range, and that the ranges
   * cover the data section without overlap, gap or remainder.
   *
   * @param dataSize the number of bytes after the header
   */
  static SafetensorsHeader parse(Object source, byte[] json, long dataSize) {
    JsonNode root;
    try {
      root = JSON.readTree(new String(json, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new SafetensorsException(source, "header is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new SafetensorsException(source, "header is not a JSON object");
    }
    List<TensorInfo> tensors = new ArrayList<>();
    TreeMap<String, String> metadata = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals(METADATA)) {
        readMetadata(source, entry.getValue(), metadata);
      } else {
        tensors.add(tensor(source, entry.getKey(), entry.getValue(), dataSize));
      }
    }
    tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparing(TensorInfo::end));
    checkCover(source, tensors, dataSize);
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return new SafetensorsHeader(byName, metadata);
  }

  private static void readMetadata(Object source, JsonNode node, Map<String, String> target) {
    if (!node.isObject()) {
      throw new SafetensorsException(source, METADATA + " is not a JSON object");
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isTextual()) {
        throw new SafetensorsException(
            source, METADATA + "." + entry.getKey() + " is not a string");
      }
      target.put(entry.getKey(), entry.getValue().textValue());
    }
  }

  private static TensorInfo tensor(Object source, String name, JsonNode node, long dataSize) {
    ElementType type = type(source, name, node.path("dtype"));
    List<Long> shape = longs(source, name, "shape", node.path("shape"));
    List<Long> offsets = longs(source, name, "data_offsets", node.path("data_offsets"));
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw problem(source, name, "data_offsets are " + offsets + "; allowed [begin, end]");
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (end > dataSize) {
      throw problem(
          source,
          name,
          "data_offsets are %s but the file has %d bytes of data: truncated?"
              .formatted(offsets, dataSize));
    }
    long needed = type.bytes();
    try {
      for (long dimension : shape) {
        needed = Math.multiplyExact(needed, dimension);
      }
    } catch (ArithmeticException e) {
      throw new SafetensorsException(source, "tensor '" + name + "': shape overflows: " + shape, e);
    }
    if (needed != end - begin) {
      throw problem(
          source,
          name,
          "%s of shape %s needs %d bytes, data_offsets give %d"
              .formatted(type, shape, needed, end - begin));
    }
    return new TensorInfo(name, type, shape, begin, end);
  }

  private static ElementType type(Object source, String name, JsonNode node) {
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(node.textValue())) {
        return type;
      }
    }
    throw problem(
        source, name, "dtype is %s; allowed %s".formatted(node, List.of(ElementType.values())));
  }

  private static List<Long> longs(Object source, String name, String field, JsonNode node) {
    List<Long> values = new ArrayList<>();
    boolean valid = node.isArray();
    for (JsonNode element : node) {
      valid &= element.isIntegralNumber() && element.canConvertToLong() && element.longValue() >= 0;
      values.add(element.longValue());
    }
    if (!valid) {
      throw problem(source, name, field + " is not a list of non-negative integers");
    }
    return values;
  }

  private static void checkCover(Object source, List<TensorInfo> inOrder, long dataSize) {
    long covered = 0;
    String previous = "";
    for (TensorInfo tensor : inOrder) {
      if (tensor.begin() < covered) {
        throw problem(source, tensor.name(), "its data overlaps that of '" + previous + "'");
      }
      if (tensor.begin() > covered) {
        throw problem(
            source,
            tensor.name(),
            "%d bytes before its data belong to no tensor".formatted(tensor.begin() - covered));
      }
      covered = tensor.end();
      previous = tensor.name();
    }
    if (covered != dataSize) {
      throw new SafetensorsException(
          source, "%d bytes at the end belong to no tensor".formatted(dataSize - covered));
    }
  }

  private static SafetensorsException problem(Object source, String tensor, String problem) {
    return new SafetensorsException(source, "tensor '" + tensor + "': " + problem);
  }
}
