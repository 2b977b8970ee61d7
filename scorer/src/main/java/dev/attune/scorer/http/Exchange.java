package dev.attune.scorer.http;

import dev.attune.scorer.metrics.DoorMetrics;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.HttpOutput;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * One request and its answer. It is asynchronous from the start: neither a body that is slow to
 * come nor an answer that is slow to be read holds a thread. Answered once, by whoever comes first.
 */
final class Exchange {
  private static final String JSON = "application/json";

  private final Request request;
  private final Response response;
  private final AsyncContext context;
  private final BufferBudget budget;
  private final DoorMetrics metrics;
  private final AtomicBoolean answered = new AtomicBoolean();
  private long held;
  private boolean over;

  Exchange(Request request, BufferBudget budget, DoorMetrics metrics) {
    this.request = request;
    this.response = request.getResponse();
    this.budget = budget;
    this.metrics = metrics;
    this.context = request.startAsync();
    // The door has time limits of its own.
    context.setTimeout(0);
  }

  Request request() {
    return request;
  }

  /** Sets a header of the answer; before it is sent. */
  void header(HttpHeader name, String value) {
    response.setHeader(name.asString(), value);
  }

  /** The last request of its connection. */
  void last() {
    header(HttpHeader.CONNECTION, "close");
  }

  /** Reads the body; see {@link BodyReader#read}. */
  CompletableFuture<byte[]> body(int maxBytes) {
    if (request.getContentLengthLong() > maxBytes) {
      throw new ProblemException(
          ProblemCode.BODY_TOO_LARGE, "the body has more than " + maxBytes + " bytes");
    }
    try {
      // Tells a client that waits for it to go on (Expect: 100-continue).
      return BodyReader.read(request.getInputStream(), maxBytes, this::hold);
    } catch (IOException e) {
      throw new ProblemException(ProblemCode.BAD_REQUEST, "the body is not complete");
    }
  }

  void answer(Answer answer) {
    send(answer.status(), JSON, answer.json());
  }

  void refuse(Problem problem) {
    metrics.refused(problem.code().name());
    switch (problem.code()) {
      case UNAUTHENTICATED -> {
        header(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"attune\"");
        last();
      }
      case OVERLOADED, STOPPING -> header(HttpHeader.RETRY_AFTER, "1");
      case BODY_TIMEOUT -> last();
      default -> {}
    }
    send(problem.status(), Problem.CONTENT_TYPE, problem.toJson());
  }

  private void send(int status, String contentType, byte[] content) {
    if (!answered.compareAndSet(false, true)) {
      return;
    }
    try {
      hold(content);
      response.setStatus(status);
      response.setContentType(contentType);
      header(HttpHeader.CACHE_CONTROL, "no-store");
      HttpOutput output = response.getHttpOutput();
      output.sendContent(
          ByteBuffer.wrap(content), Callback.from(this::complete, failure -> complete()));
    } catch (RuntimeException e) {
      // The connection is gone, and its request with it.
      complete();
    }
  }

  /** Whether so many bytes more of the body may be held; none when the answer is out. */
  private synchronized boolean hold(int bytes) {
    boolean free = !over && budget.tryHold(bytes);
    if (free) {
      held += bytes;
    }
    return free;
  }

  private synchronized void hold(byte[] content) {
    budget.hold(content.length);
    held += content.length;
  }

  private synchronized void release() {
    over = true;
    budget.release(held);
    held = 0;
  }

  private void complete() {
    release();
    try {
      context.complete();
    } catch (IllegalStateException e) {
      // Jetty has completed it: the connection failed.
      return;
    }
  }
}
