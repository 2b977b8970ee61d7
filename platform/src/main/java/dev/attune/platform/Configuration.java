package dev.attune.platform;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.ConfigValue;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a process: a flag wins over the environment, the environment over the file, the
 * file over the default. An empty value counts as absent. Immutable; may be shared by threads.
 *
 * <p>The setting {@code foo.bar-baz} is {@code ATTUNE_FOO_BAR_BAZ} in the environment. Settings
 * under {@code kafka.} and {@code schema.registry.} are handed on to the Kafka clients and the
 * registry client.
 */
public final class Configuration {
  private static final String ENVIRONMENT_PREFIX = "ATTUNE_";

  /** Handed on to clients that check them; a wrong name there is not ours to judge. */
  private static final List<String> PASSED_ON =
      List.of("kafka.", "schema.registry.", "basic.auth.", "bearer.auth.");

  /** The services that may share one file: each ignores the other ones' settings. */
  private static final Set<String> SERVICES =
      Set.of("ingest", "trainer", "scorer", "management", "cli");

  /** What Kubernetes sets for a service whose name begins with attune. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile("(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\\d+_(TCP|UDP)(_.*)?)?)");

  /** Ranks of the sources; the highest wins. */
  private static final int FILE = 200;

  private static final int ENVIRONMENT = 300;
  private static final int FLAG = 400;

  private final SmallRyeConfig config;
  private final Set<String> names;
  private final Map<String, String> environment;

  private Configuration(
      Map<String, String> file, Map<String, String> environment, Map<String, String> flags) {
    this.environment = present(environment);
    Map<String, String> presentFile = present(file);
    Map<String, String> presentFlags = present(flags);
    this.config =
        new SmallRyeConfigBuilder()
            .withSources(
                new PropertiesConfigSource(presentFile, "file", FILE),
                new EnvConfigSource(this.environment, ENVIRONMENT),
                new PropertiesConfigSource(presentFlags, "flag", FLAG))
            .build();
    this.names = new TreeSet<>(presentFile.keySet());
    names.addAll(presentFlags.keySet());
  }

  private static Map<String, String> present(Map<String, String> values) {
    Map<String, String> present = new HashMap<>(values);
    present.values().removeIf(String::isBlank);
    return present;
  }

  /** Flags only: no file, no environment. */
  public static Configuration of(Map<String, String> flags) {
    return new Configuration(Map.of(), Map.of(), Map.copyOf(flags));
  }

  /**
   * Reads all sources.
   *
   * @param file a Java properties file in UTF-8; null: none
   * @param environment such as {@link System#getenv()}
   * @param flags by setting name, without dashes
   * @throws ConfigException if the file cannot be read
   */
  public static Configuration load(
      @Nullable Path file, Map<String, String> environment, Map<String, String> flags) {
    Map<String, String> own = new HashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith(ENVIRONMENT_PREFIX)) {
            own.put(name.substring(ENVIRONMENT_PREFIX.length()), value);
          }
        });
    return new Configuration(file == null ? Map.of() : read(file), own, Map.copyOf(flags));
  }

  /**
   * The value of a setting, or its default.
   *
   * @throws ConfigException if the value is not allowed, or if there is neither value nor default
   */
  public <T> T get(ConfigKey<T> key) {
    return find(key)
        .orElseThrow(
            () ->
                new ConfigException(
                    "%s is missing: set --%s, %s or the file's %s to %s"
                        .formatted(
                            key.name(),
                            key.name(),
                            key.environmentVariable(),
                            key.name(),
                            key.allowed())));
  }

  /**
   * The value of a setting, or its default, or nothing.
   *
   * @throws ConfigException if the value is not allowed
   */
  public <T> Optional<T> find(ConfigKey<T> key) {
    ConfigValue value = config.getConfigValue(key.name());
    if (value.getValue() == null) {
      return Optional.ofNullable(key.defaultValue());
    }
    return Optional.of(key.parse(value.getValue(), origin(key.name(), value)));
  }

  /**
   * All settings whose names begin with a prefix, by the rest of their names. Names from the
   * environment are in lower case, with dots for underscores.
   */
  public Map<String, String> withPrefix(String prefix) {
    Map<String, String> found = new TreeMap<>();
    for (String name : allNames()) {
      if (name.startsWith(prefix) && name.length() > prefix.length()) {
        found.put(name.substring(prefix.length()), config.getRawValue(name));
      }
    }
    return found;
  }

  /**
   * Fails on a setting that nobody knows, which mostly is a slip of the pen.
   *
   * @param known all settings of this process
   * @throws ConfigException naming the setting and the known one that is nearest to it
   */
  public void rejectUnknown(Collection<ConfigKey<?>> known) {
    Set<String> knownNames = new TreeSet<>();
    Set<String> knownVariables = new TreeSet<>();
    Set<String> namespaces = new TreeSet<>();
    for (ConfigKey<?> key : known) {
      knownNames.add(key.name());
      knownVariables.add(key.environmentVariable());
      namespaces.add(namespace(key.name()));
    }
    for (String name : names) {
      boolean foreign = SERVICES.contains(namespace(name)) && !namespaces.contains(namespace(name));
      if (!knownNames.contains(name) && !foreign && !passedOn(name)) {
        throw new ConfigException(unknown(name, knownNames));
      }
    }
    for (String variable : new TreeSet<>(environment.keySet())) {
      String full = ENVIRONMENT_PREFIX + variable;
      boolean owned = namespaces.contains(namespace(dotted(variable)));
      if (owned
          && !knownVariables.contains(full)
          && !passedOn(dotted(variable))
          && !SERVICE_LINK.matcher(variable).matches()) {
        throw new ConfigException(unknown(full, knownVariables));
      }
    }
  }

  /** The values that are in force, by name, for printing: secrets are masked. */
  public Map<String, String> describe(Collection<ConfigKey<?>> keys) {
    Map<String, String> values = new TreeMap<>();
    for (String prefix : PASSED_ON) {
      withPrefix(prefix)
          .forEach(
              (name, value) -> values.put(prefix + name, Secrets.masked(prefix + name, value)));
    }
    for (ConfigKey<?> key : keys) {
      String raw = config.getRawValue(key.name());
      String text = raw == null ? key.defaultText() : raw;
      boolean hide = key.secret() && !text.isEmpty();
      values.put(key.name(), hide ? Secrets.MASK : Secrets.masked(key.name(), text));
    }
    return values;
  }

  /** The environment variable of a setting. */
  static String environmentVariable(String name) {
    return ENVIRONMENT_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  private Set<String> allNames() {
    Set<String> all = new TreeSet<>(names);
    environment.keySet().forEach(variable -> all.add(dotted(variable)));
    return all;
  }

  private static String origin(String name, ConfigValue value) {
    return switch (value.getSourceOrdinal()) {
      case FLAG -> "from the flag --" + name;
      case ENVIRONMENT -> "from " + environmentVariable(name);
      default -> "from the file";
    };
  }

  private static boolean passedOn(String name) {
    return PASSED_ON.stream().anyMatch(name::startsWith);
  }

  private static String namespace(String name) {
    int dot = name.indexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  private static String dotted(String variable) {
    return variable.toLowerCase(Locale.ROOT).replace('_', '.');
  }

  private static String unknown(String name, Set<String> known) {
    String nearest =
        known.stream().min(Comparator.comparingInt(other -> distance(name, other))).orElse("");
    boolean near = !nearest.isEmpty() && distance(name, nearest) <= Math.max(2, name.length() / 3);
    return "unknown setting " + name + (near ? ": did you mean " + nearest + "?" : "");
  }

  /** Levenshtein's edit distance. */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int substituted = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }

  private static Map<String, String> read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new ConfigException("configuration file not found: " + file, e);
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException(
          "configuration file cannot be read as UTF-8 properties: " + file, e);
    }
    Map<String, String> values = new HashMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> values.put(name, properties.getProperty(name)));
    return values;
  }
}
