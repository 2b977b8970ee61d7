package dev.attune.scorer.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.handler.ErrorHandler;

/** What Jetty itself refuses (bytes that are no HTTP, headers too large) is a problem as well. */
final class ProblemPages extends ErrorHandler {
  @Override
  public void handle(
      String target, Request base, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    base.setHandled(true);
    response.setContentType(Problem.CONTENT_TYPE);
    response.getOutputStream().write(problem(response.getStatus()).toJson());
  }

  @Override
  public ByteBuffer badMessageError(int status, String reason, HttpFields.Mutable fields) {
    fields.put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
    return ByteBuffer.wrap(problem(status).toJson());
  }

  /** Jetty's reason is left out: it can quote what was sent. */
  private static Problem problem(int status) {
    return status < 500
        ? new Problem(ProblemCode.BAD_REQUEST, status, "the request is no HTTP as it must be")
        : new Problem(ProblemCode.INTERNAL, status, "the request could not be answered");
  }
}
