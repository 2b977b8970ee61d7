package dev.attune.scorer.http;

import dev.attune.platform.ConfigException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * What the synchronous door is told. Immutable.
 *
 * @param host the address to listen on
 * @param port 0 takes a free one
 * @param tokens of which a request must bear one; none only on a loopback address
 * @param timeout that an answer may take from when its request is there as a whole
 * @param maxBodyBytes of one request
 * @param maxBufferedBytes of all bodies and answers together that are held at one time
 * @param maxInFlight requests of a route that are being answered at one time
 * @param maxConnections beyond it those that have owed a request longest are closed
 * @param requestTimeout that a client may take to send a request, and to read its answer
 * @param idleTimeout that a connection may stay between two requests
 * @param threads that accept, read and write; none is held by a request that waits
 */
public record DoorConfig(
    String host,
    int port,
    BearerTokens tokens,
    Duration timeout,
    int maxBodyBytes,
    long maxBufferedBytes,
    int maxInFlight,
    int maxConnections,
    Duration requestTimeout,
    Duration idleTimeout,
    int threads) {

  public DoorConfig {
    if (maxConnections <= maxInFlight) {
      throw new ConfigException(
          "scorer.http.max-connections = %d is not allowed: must be more than scorer.http.max-in-flight = %d"
              .formatted(maxConnections, maxInFlight));
    }
    if (maxBufferedBytes < maxBodyBytes) {
      throw new ConfigException(
          "scorer.http.max-buffered-bytes = %d B is not allowed: must be at least scorer.http.max-body-bytes = %d B"
              .formatted(maxBufferedBytes, maxBodyBytes));
    }
    if (tokens.isEmpty() && !loopback(host)) {
      throw new ConfigException(
          "scorer.http.host = '"
              + host
              + "' is not allowed without scorer.http.tokens or scorer.http.tokens-file: must be a"
              + " loopback address, such as 127.0.0.1");
    }
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new ConfigException("scorer.http.host = '" + host + "' is not known", e);
    }
  }
}
