package dev.attune.scorer.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Why a request is not answered as asked: problem details of RFC 9457. The type is {@code
 * about:blank}, so the title is the status' own phrase, and the member {@code code} says which
 * problem it is.
 *
 * @param status of HTTP
 * @param detail for a person; never user text, but for the name of a field
 */
record Problem(ProblemCode code, int status, String detail) {
  static final String CONTENT_TYPE = "application/problem+json";

  Problem(ProblemCode code, String detail) {
    this(code, code.status(), detail);
  }

  byte[] toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", "about:blank");
    json.put("title", HttpStatus.getMessage(status));
    json.put("status", status);
    json.put("code", code.name());
    json.put("detail", detail);
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
