package dev.attune.schemas.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a schema registry. {@link #from} reads Confluent's configuration keys, so that a
 * property file written for its clients keeps working.
 *
 * @param urls the registries, tried in this order; without credentials
 * @param authorization the value of the Authorization header; null sends none
 * @param ssl for https; null uses the JVM's default
 * @param connectTimeout for a connection
 * @param requestTimeout for an answer
 * @param maxRetries how many further rounds over the urls follow a failed one
 * @param retryWait the wait before the first retry, doubled at each
 * @param maxRetryWait the longest such wait
 * @param missingTtl how long an id that the registry does not know is remembered
 * @param latestTtl how long a subject's latest version is remembered; null for ever
 */
public record RegistryConfig(
    List<URI> urls,
    @Nullable String authorization,
    @Nullable SSLContext ssl,
    Duration connectTimeout,
    Duration requestTimeout,
    int maxRetries,
    Duration retryWait,
    Duration maxRetryWait,
    Duration missingTtl,
    @Nullable Duration latestTtl) {

  public static final String URL = "schema.registry.url";
  public static final String BASIC_AUTH_SOURCE = "basic.auth.credentials.source";
  public static final String BASIC_AUTH_USER_INFO = "basic.auth.user.info";
  public static final String BEARER_AUTH_SOURCE = "bearer.auth.credentials.source";
  public static final String BEARER_AUTH_TOKEN = "bearer.auth.token";
  public static final String CONNECT_TIMEOUT = "http.connect.timeout.ms";
  public static final String READ_TIMEOUT = "http.read.timeout.ms";
  public static final String MAX_RETRIES = "max.retries";
  public static final String RETRIES_WAIT = "retries.wait.ms";
  public static final String RETRIES_MAX_WAIT = "retries.max.wait.ms";
  public static final String MISSING_ID_TTL = "missing.id.cache.ttl.sec";
  public static final String LATEST_TTL = "latest.cache.ttl.sec";

  /** Confluent's clients accept most keys with this prefix, and the TLS keys only with it. */
  public static final String PREFIX = "schema.registry.";

  private static final String SSL_PREFIX = "ssl.";

  private static final ConfigDef KEYS =
      new ConfigDef()
          .define(URL, ConfigDef.Type.LIST, ConfigDef.Importance.HIGH, "The registries' URLs.")
          .define(
              CONNECT_TIMEOUT,
              ConfigDef.Type.INT,
              60_000,
              ConfigDef.Range.atLeast(1),
              ConfigDef.Importance.LOW,
              "For a connection.")
          .define(
              READ_TIMEOUT,
              ConfigDef.Type.INT,
              60_000,
              ConfigDef.Range.atLeast(1),
              ConfigDef.Importance.LOW,
              "For an answer.")
          .define(
              MAX_RETRIES,
              ConfigDef.Type.INT,
              3,
              ConfigDef.Range.atLeast(0),
              ConfigDef.Importance.LOW,
              "Further rounds over the URLs after a failed one.")
          .define(
              RETRIES_WAIT,
              ConfigDef.Type.INT,
              1000,
              ConfigDef.Range.atLeast(0),
              ConfigDef.Importance.LOW,
              "The wait before the first retry, doubled at each.")
          .define(
              RETRIES_MAX_WAIT,
              ConfigDef.Type.INT,
              20_000,
              ConfigDef.Range.atLeast(0),
              ConfigDef.Importance.LOW,
              "The longest wait before a retry.")
          .define(
              MISSING_ID_TTL,
              ConfigDef.Type.LONG,
              10L,
              ConfigDef.Range.atLeast(0),
              ConfigDef.Importance.LOW,
              "How long an unknown id is remembered.")
          .define(
              LATEST_TTL,
              ConfigDef.Type.LONG,
              -1L,
              ConfigDef.Range.atLeast(-1),
              ConfigDef.Importance.LOW,
              "How long a subject's latest version is remembered; -1 for ever.");

  public RegistryConfig {
    urls = List.copyOf(urls);
    if (urls.isEmpty()) {
      throw new ConfigException(URL, urls, "at least one URL is needed");
    }
  }

  /**
   * Reads Confluent's keys; others are left alone.
   *
   * @throws ConfigException naming the key and what is allowed; never a secret's value
   */
  public static RegistryConfig from(Map<String, ?> configs) {
    Map<String, Object> keys = withoutPrefix(configs);
    Map<String, Object> values = KEYS.parse(keys);
    List<URI> urls = new ArrayList<>();
    String urlUserInfo = null;
    for (Object text : (List<?>) values.get(URL)) {
      URI url = url(text.toString());
      if (urlUserInfo == null) {
        urlUserInfo = url.getRawUserInfo();
      }
      urls.add(withoutUserInfo(url));
    }
    long latestTtl = (Long) values.get(LATEST_TTL);
    return new RegistryConfig(
        urls,
        authorization(keys, urlUserInfo),
        ssl(configs),
        millis(values, CONNECT_TIMEOUT),
        millis(values, READ_TIMEOUT),
        (Integer) values.get(MAX_RETRIES),
        millis(values, RETRIES_WAIT),
        millis(values, RETRIES_MAX_WAIT),
        Duration.ofSeconds((Long) values.get(MISSING_ID_TTL)),
        latestTtl < 0 ? null : Duration.ofSeconds(latestTtl));
  }

  /** Names the registries and nothing secret. */
  @Override
  public String toString() {
    return "RegistryConfig[urls=" + urls + "]";
  }

  private static Map<String, Object> withoutPrefix(Map<String, ?> configs) {
    Map<String, Object> keys = new HashMap<>();
    configs.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX) && !key.equals(URL) && value != null) {
            keys.put(key.substring(PREFIX.length()), value);
          }
        });
    configs.forEach(
        (key, value) -> {
          if (value != null && (key.equals(URL) || !key.startsWith(PREFIX))) {
            keys.putIfAbsent(key, value);
          }
        });
    return keys;
  }

  private static URI url(String text) {
    try {
      URI url = new URI(text.strip());
      if (url.getHost() != null
          && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
        return url;
      }
    } catch (URISyntaxException e) {
      // The same answer as for a URI that is no URL; the parser's own could show credentials.
    }
    throw new ConfigException(URL + " must be a list of http:// or https:// URLs");
  }

  private static URI withoutUserInfo(URI url) {
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    String end = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return URI.create(url.getScheme() + "://" + url.getHost() + port + end);
  }

  private static @Nullable String authorization(
      Map<String, Object> keys, @Nullable String urlUserInfo) {
    Object bearerSource = keys.get(BEARER_AUTH_SOURCE);
    Object basicSource = keys.get(BASIC_AUTH_SOURCE);
    if (bearerSource != null && basicSource != null) {
      throw new ConfigException(
          BASIC_AUTH_SOURCE + " and " + BEARER_AUTH_SOURCE + " exclude each other");
    }
    if (bearerSource != null) {
      if (!bearerSource.equals("STATIC_TOKEN")) {
        throw new ConfigException(BEARER_AUTH_SOURCE, bearerSource, "allowed: STATIC_TOKEN");
      }
      return "Bearer " + secret(keys, BEARER_AUTH_TOKEN);
    }
    String source = basicSource == null ? "URL" : basicSource.toString();
    String userInfo =
        switch (source) {
          case "URL" -> urlUserInfo == null ? null : URLDecoder.decode(urlUserInfo, UTF_8);
          case "USER_INFO" -> secret(keys, BASIC_AUTH_USER_INFO);
          default ->
              throw new ConfigException(BASIC_AUTH_SOURCE, source, "allowed: URL, USER_INFO");
        };
    return userInfo == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(UTF_8));
  }

  private static String secret(Map<String, Object> keys, String key) {
    return Optional.ofNullable(keys.get(key))
        .map(
            value ->
                value instanceof org.apache.kafka.common.config.types.Password password
                    ? password.value()
                    : value.toString())
        .filter(value -> !value.isBlank())
        .orElseThrow(() -> new ConfigException(key + " is needed"));
  }

  private static @Nullable SSLContext ssl(Map<String, ?> configs) {
    Map<String, Object> keys = new HashMap<>();
    configs.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX + SSL_PREFIX) && value != null) {
            keys.put(key.substring(PREFIX.length()), value);
          }
        });
    if (keys.isEmpty()) {
      return null;
    }
    ConfigDef definition = new ConfigDef();
    org.apache.kafka.common.config.SslConfigs.addClientSslSupport(definition);
    // Kafka's own reader of PEM and keystore settings, so that both sides take the same keys.
    try (DefaultSslEngineFactory factory = new DefaultSslEngineFactory()) {
      factory.configure(definition.parse(keys));
      return factory.sslContext();
    }
  }

  private static Duration millis(Map<String, Object> values, String key) {
    return Duration.ofMillis((Integer) values.get(key));
  }
}
