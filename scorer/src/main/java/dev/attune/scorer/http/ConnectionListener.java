package dev.attune.scorer.http;

import dev.attune.scorer.metrics.DoorMetrics;
import java.time.Duration;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.Request;

/**
 * Tells {@link Connections} what Jetty sees of them, and counts requests when they are done with.
 */
final class ConnectionListener implements Connection.Listener, HttpChannel.Listener {
  private final Connections<Connection> connections;
  private final DoorMetrics metrics;

  ConnectionListener(Connections<Connection> connections, DoorMetrics metrics) {
    this.connections = connections;
    this.metrics = metrics;
  }

  @Override
  public void onOpened(Connection connection) {
    connections.opened(connection);
  }

  @Override
  public void onClosed(Connection connection) {
    connections.closed(connection);
  }

  @Override
  public void onRequestBegin(Request request) {
    connections.begun(connection(request));
  }

  @Override
  public void onRequestEnd(Request request) {
    connections.received(connection(request));
  }

  @Override
  public void onResponseBegin(Request request) {
    connections.answering(connection(request));
  }

  /** Also of what was no HTTP, and where the connection failed. */
  @Override
  public void onComplete(Request request) {
    metrics.answered(
        Route.of(request).tag(),
        request.getResponse().getStatus(),
        Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime()));
    connections.answered(connection(request));
  }

  private static Connection connection(Request request) {
    return request.getHttpChannel().getConnection();
  }
}
