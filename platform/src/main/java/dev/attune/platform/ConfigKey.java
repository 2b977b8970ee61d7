package dev.attune.platform;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One setting: its name, how its text is read, what is allowed and what it is for. Names are public
 * API. A key is immutable and may be shared by threads.
 *
 * @param name in lower case, words parted by dots or hyphens; {@code ingest.by-user.max-age} is
 *     {@code ATTUNE_INGEST_BY_USER_MAX_AGE} in the environment
 * @param type for the documentation, such as {@code duration}
 * @param defaultValue null: there is none
 * @param doc one sentence for the documentation
 * @param allowed for errors and the documentation, such as {@code 1 to 65535}
 * @param required whether reading it without a value is an error
 * @param secret whether its value is masked wherever it is printed
 * @param parser throws an IllegalArgumentException on text that is not allowed
 */
public record ConfigKey<T>(
    String name,
    String type,
    @Nullable T defaultValue,
    String doc,
    String allowed,
    boolean required,
    boolean secret,
    Function<String, T> parser) {

  public ConfigKey {
    if (!name.matches("[a-z][a-z0-9]*([.-][a-z0-9]+)*")) {
      throw new IllegalArgumentException("not a setting's name: " + name);
    }
  }

  /** Any text that is not blank. */
  public static ConfigKey<String> string(String name, @Nullable String defaultValue, String doc) {
    return of(name, "text", defaultValue, doc, "any text", text -> text);
  }

  public static ConfigKey<Integer> integer(
      String name, @Nullable Integer defaultValue, int min, int max, String doc) {
    return of(
        name,
        "integer",
        defaultValue,
        doc,
        min + " to " + max,
        text -> within(Integer.valueOf(text), min, max));
  }

  public static ConfigKey<Long> longs(
      String name, @Nullable Long defaultValue, long min, long max, String doc) {
    return of(
        name,
        "integer",
        defaultValue,
        doc,
        min + " to " + max,
        text -> within(Long.valueOf(text), min, max));
  }

  /** A finite number. */
  public static ConfigKey<Double> decimal(
      String name, @Nullable Double defaultValue, double min, double max, String doc) {
    return of(
        name,
        "number",
        defaultValue,
        doc,
        min + " to " + max,
        text -> within(Double.valueOf(text), min, max));
  }

  public static ConfigKey<Boolean> bool(String name, @Nullable Boolean defaultValue, String doc) {
    return of(name, "boolean", defaultValue, doc, "true or false", ConfigKey::parseBoolean);
  }

  /** A length of time such as {@code 50 ms}, {@code 1 s}, {@code 24 h} or {@code PT1M}. */
  public static ConfigKey<Duration> duration(
      String name, @Nullable Duration defaultValue, Duration min, Duration max, String doc) {
    return of(
        name,
        "duration",
        defaultValue,
        doc,
        Units.format(min) + " to " + Units.format(max),
        text -> within(Units.parseDuration(text), min, max));
  }

  /** A number of bytes such as {@code 1024}, {@code 256 KiB} or {@code 1 MiB}. */
  public static ConfigKey<Long> bytes(
      String name, @Nullable Long defaultValue, long min, long max, String doc) {
    return of(
        name,
        "bytes",
        defaultValue,
        doc,
        Units.formatBytes(min) + " to " + Units.formatBytes(max),
        text -> within(Units.parseBytes(text), min, max));
  }

  /** A path of the file system; whether it exists is for its user to check. */
  public static ConfigKey<Path> path(String name, @Nullable Path defaultValue, String doc) {
    return of(name, "path", defaultValue, doc, "a file system path", ConfigKey::parsePath);
  }

  /** One constant of an enum, in any case; hyphens stand for underscores. */
  public static <E extends Enum<E>> ConfigKey<E> oneOf(
      String name, Class<E> type, @Nullable E defaultValue, String doc) {
    List<E> constants = List.of(type.getEnumConstants());
    return of(
        name,
        "choice",
        defaultValue,
        doc,
        constants.stream().map(ConfigKey::textOf).collect(Collectors.joining(", ", "one of ", "")),
        text ->
            constants.stream()
                .filter(constant -> textOf(constant).equals(normalised(text)))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new));
  }

  /** One of the texts given. */
  public static ConfigKey<String> oneOf(
      String name, List<String> choices, @Nullable String defaultValue, String doc) {
    return of(
        name,
        "choice",
        defaultValue,
        doc,
        "one of " + String.join(", ", choices),
        text -> {
          if (!choices.contains(text)) {
            throw new IllegalArgumentException();
          }
          return text;
        });
  }

  /** The same key, read with {@link Configuration#find} and absent unless it is set. */
  public ConfigKey<T> optional() {
    return new ConfigKey<>(name, type, defaultValue, doc, allowed, false, secret, parser);
  }

  /** The same key with its value masked wherever it is printed. */
  public ConfigKey<T> masked() {
    return new ConfigKey<>(name, type, defaultValue, doc, allowed, required, true, parser);
  }

  /** The name of the environment variable that sets it. */
  public String environmentVariable() {
    return Configuration.environmentVariable(name);
  }

  /** The default as a user would write it; empty where there is none. */
  public String defaultText() {
    if (defaultValue == null) {
      return "";
    }
    if (defaultValue instanceof Duration duration) {
      return Units.format(duration);
    }
    if (defaultValue instanceof Enum<?> constant) {
      return textOf(constant);
    }
    return type.equals("bytes") ? Units.formatBytes((Long) defaultValue) : defaultValue.toString();
  }

  /**
   * Reads a value.
   *
   * @param origin where the text came from, for the error
   * @throws ConfigException naming the key, the value (masked if secret) and what is allowed
   */
  T parse(String text, String origin) {
    try {
      return parser.apply(text.strip());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "%s = %s (%s) is not allowed: must be %s"
              .formatted(name, secret ? Secrets.MASK : "'" + text + "'", origin, allowed),
          e);
    }
  }

  private static <T> ConfigKey<T> of(
      String name,
      String type,
      @Nullable T defaultValue,
      String doc,
      String allowed,
      Function<String, T> parser) {
    return new ConfigKey<>(
        name, type, defaultValue, doc, allowed, true, Secrets.isSecret(name), parser);
  }

  private static <C extends Comparable<C>> C within(C value, C min, C max) {
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException();
    }
    return value;
  }

  private static boolean parseBoolean(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException();
    };
  }

  private static Path parsePath(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static String textOf(Enum<?> constant) {
    return normalised(constant.name());
  }

  private static String normalised(String text) {
    return text.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
