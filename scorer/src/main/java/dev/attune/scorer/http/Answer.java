package dev.attune.scorer.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;

/** What a request is answered with where nothing is wrong. */
record Answer(int status, byte[] json) {
  static Answer of(int status, JsonNode json) {
    return new Answer(status, json.toString().getBytes(StandardCharsets.UTF_8));
  }
}
