package dev.attune.scorer.http;

import dev.attune.scorer.metrics.DoorMetrics;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.MimeTypes;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says who may pass, where to, and turns whatever goes wrong into a problem. It holds no thread
 * while a body comes, an answer is made or read.
 */
final class DoorHandler extends AbstractHandler {
  private static final Logger LOG = LoggerFactory.getLogger(DoorHandler.class);

  private final BearerTokens tokens;
  private final Map<Route, BodyRoute> routes;
  private final byte[] openApi;
  private final int maxBodyBytes;
  private final Duration requestTimeout;
  private final Map<Route, Semaphore> places;
  private final BufferBudget budget;
  private final BooleanSupplier stopping;
  private final Executor executor;
  private final DoorMetrics metrics;

  /**
   * @param routes those with a body
   * @param openApi the document
   * @param places for requests that are being answered: each route has its own, so that events
   *     which the cluster does not take leave room for scoring
   * @param stopping whether no more requests are taken
   * @param executor of what follows when a body or an answer is there
   */
  DoorHandler(
      DoorConfig config,
      Map<Route, BodyRoute> routes,
      byte[] openApi,
      Map<Route, Semaphore> places,
      BufferBudget budget,
      BooleanSupplier stopping,
      Executor executor,
      DoorMetrics metrics) {
    this.tokens = config.tokens();
    this.routes = Map.copyOf(routes);
    this.openApi = openApi.clone();
    this.maxBodyBytes = config.maxBodyBytes();
    this.requestTimeout = config.requestTimeout();
    this.places = Map.copyOf(places);
    this.budget = budget;
    this.stopping = stopping;
    this.executor = executor;
    this.metrics = metrics;
  }

  @Override
  public void handle(
      String target, Request base, HttpServletRequest request, HttpServletResponse response) {
    base.setHandled(true);
    Exchange exchange = new Exchange(base, budget, metrics);
    try {
      handle(exchange, Route.of(base));
    } catch (RuntimeException e) {
      refuse(exchange, e);
    }
  }

  private void handle(Exchange exchange, Route route) {
    Request request = exchange.request();
    if (stopping.getAsBoolean()) {
      exchange.last();
      throw new ProblemException(ProblemCode.STOPPING, "the scorer is being stopped");
    }
    if (route != Route.OPENAPI && !tokens.admit(request.getHeader("Authorization"))) {
      throw new ProblemException(
          ProblemCode.UNAUTHENTICATED, "the request must bear one of the door's tokens");
    }
    if (route == Route.OTHER) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "there is nothing at this path");
    }
    if (!route.methods().contains(request.getMethod())) {
      String allowed = String.join(", ", route.methods());
      exchange.header(HttpHeader.ALLOW, allowed);
      throw new ProblemException(ProblemCode.METHOD_NOT_ALLOWED, "must be " + allowed);
    }
    BodyRoute withBody = routes.get(route);
    Semaphore free = places.get(route);
    if (withBody == null || free == null) {
      exchange.answer(new Answer(200, openApi));
      return;
    }
    requireJson(request);
    exchange
        .body(maxBodyBytes)
        .orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(late(failure)))
        .thenCompose(body -> answer(withBody, free, body))
        .whenCompleteAsync(
            (answer, failure) -> {
              if (stopping.getAsBoolean()) {
                exchange.last();
              }
              if (failure == null) {
                exchange.answer(answer);
              } else {
                refuse(exchange, failure);
              }
            },
            executor);
  }

  private static CompletableFuture<Answer> answer(BodyRoute route, Semaphore free, byte[] body) {
    if (!free.tryAcquire()) {
      throw new ProblemException(ProblemCode.OVERLOADED, "too many requests wait for an answer");
    }
    CompletableFuture<Answer> answer;
    try {
      answer = route.answer(body);
    } catch (RuntimeException e) {
      free.release();
      throw e;
    }
    return answer.whenComplete((ready, failure) -> free.release());
  }

  private static Throwable late(Throwable failure) {
    return failure instanceof TimeoutException
        ? new ProblemException(ProblemCode.BODY_TIMEOUT, "the body did not come in time")
        : failure;
  }

  private void refuse(Exchange exchange, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof ProblemException known) {
      exchange.refuse(known.problem());
    } else if (cause instanceof TimeoutException) {
      exchange.refuse(new Problem(ProblemCode.DEADLINE_PASSED, "the answer did not come in time"));
    } else {
      // Its message may quote what was sent.
      LOG.atError()
          .addKeyValue("failure", cause.getClass().getName())
          .log("a request could not be answered");
      exchange.refuse(new Problem(ProblemCode.INTERNAL, "the request could not be answered"));
    }
  }

  private static void requireJson(Request request) {
    String type = request.getContentType();
    String charset = type == null ? null : MimeTypes.getCharsetFromContentType(type);
    boolean json =
        type != null
            && MimeTypes.getContentTypeWithoutCharset(type).equalsIgnoreCase("application/json");
    if (!json || (charset != null && !utf8(charset))) {
      throw new ProblemException(
          ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json, in UTF-8");
    }
    if (request.getHeader("Content-Encoding") != null) {
      throw new ProblemException(
          ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is not supported");
    }
  }

  private static boolean utf8(String charset) {
    try {
      return Charset.forName(charset).equals(StandardCharsets.UTF_8);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return false;
    }
  }
}
