package dev.attune.ingest;

import dev.attune.ingest.event.AllowedDomains;
import dev.attune.ingest.event.EventConfig;
import dev.attune.ingest.event.EventLimits;
import dev.attune.ingest.event.SignalKind;
import dev.attune.ingest.event.SignalWeights;
import dev.attune.ingest.event.TextRedactor;
import dev.attune.platform.ConfigException;
import dev.attune.platform.ConfigKey;
import dev.attune.platform.Configuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The settings of how events are read: limits, domains, signals, redaction. */
final class EventKeys {
  private static final EventLimits DEFAULTS = EventLimits.defaults();
  private static final int MEBI = 1 << 20;

  private static final ConfigKey<Integer> MAX_EVENT_BYTES =
      integer(
          "max-event-bytes",
          DEFAULTS.maxEventBytes(),
          1 << 10,
          MEBI,
          "The size of an event's record, in bytes.");
  private static final ConfigKey<Integer> MAX_ID_LENGTH =
      integer(
          "max-id-length",
          DEFAULTS.maxIdLength(),
          8,
          EventLimits.MAX_ID_LENGTH,
          "The length of an id, a domain or an attribute's name, in UTF-16 units, as all lengths.");
  private static final ConfigKey<Integer> MAX_TURNS =
      integer("max-turns", DEFAULTS.maxTurns(), 1, 10_000, "How many turns a prompt may have.");
  private static final ConfigKey<Integer> MAX_TURN_LENGTH =
      integer("max-turn-length", DEFAULTS.maxTurnLength(), 1, MEBI, "The length of one turn.");
  private static final ConfigKey<Integer> MAX_CANDIDATES =
      integer(
          "max-candidates",
          DEFAULTS.maxCandidates(),
          1,
          64,
          "How many candidates one event may show.");
  private static final ConfigKey<Integer> MAX_REPLY_LENGTH =
      integer(
          "max-reply-length", DEFAULTS.maxReplyLength(), 1, MEBI, "The length of one candidate.");
  private static final ConfigKey<Integer> MAX_CORRECTION_LENGTH =
      integer(
          "max-correction-length",
          DEFAULTS.maxCorrectionLength(),
          1,
          MEBI,
          "The length of an edit's corrected text.");
  private static final ConfigKey<Integer> MAX_USER_TEXT_LENGTH =
      integer(
          "max-user-text-length",
          DEFAULTS.maxUserTextLength(),
          1,
          MEBI,
          "The length of what a user says of themself.");
  private static final ConfigKey<Integer> MAX_ATTRIBUTES =
      integer(
          "max-attributes",
          DEFAULTS.maxAttributes(),
          0,
          1000,
          "How many attributes an event may have.");
  private static final ConfigKey<Integer> MAX_ATTRIBUTE_LENGTH =
      integer(
          "max-attribute-length",
          DEFAULTS.maxAttributeLength(),
          1,
          MEBI,
          "The length of an attribute's value.");
  private static final ConfigKey<String> ROLES =
      ConfigKey.string(
          "ingest.roles",
          "system, user, assistant",
          "The roles that a prompt's turns may have, parted by commas.");
  private static final ConfigKey<Duration> CLOCK_SKEW =
      ConfigKey.duration(
          "ingest.clock-skew",
          DEFAULTS.clockSkew(),
          Duration.ZERO,
          Duration.ofDays(1),
          "How far an event's time may lie after the broker's.");
  private static final ConfigKey<String> DOMAINS =
      ConfigKey.string(
              "ingest.domains.allowed",
              null,
              "The domains that events may have, parted by commas: `cooking`, or `general.*` for"
                  + " those below `general` but not itself. None: all.")
          .optional();
  private static final ConfigKey<String> REDACTOR =
      ConfigKey.string(
              "ingest.redactor.class",
              null,
              "The class that takes out of texts what must not be kept, such as"
                  + " `dev.attune.ingest.event.ContactRedactor`. None: texts are kept as they"
                  + " come.")
          .optional();
  private static final Map<SignalKind, SignalKeys> SIGNALS = signalKeys();

  private EventKeys() {}

  static EventConfig read(Configuration configuration) {
    Map<SignalKind, SignalWeights.Value> signals = new EnumMap<>(SignalKind.class);
    SIGNALS.forEach((kind, keys) -> signals.put(kind, keys.read(configuration)));
    return new EventConfig(
        new EventLimits(
            configuration.get(MAX_EVENT_BYTES),
            configuration.get(MAX_ID_LENGTH),
            configuration.get(MAX_TURNS),
            configuration.get(MAX_TURN_LENGTH),
            configuration.get(MAX_CANDIDATES),
            configuration.get(MAX_REPLY_LENGTH),
            configuration.get(MAX_CORRECTION_LENGTH),
            configuration.get(MAX_USER_TEXT_LENGTH),
            configuration.get(MAX_ATTRIBUTES),
            configuration.get(MAX_ATTRIBUTE_LENGTH),
            list(configuration.get(ROLES)),
            configuration.get(CLOCK_SKEW)),
        domains(configuration.find(DOMAINS).orElse("")),
        new SignalWeights(signals),
        configuration.find(REDACTOR).map(EventKeys::redactor).orElseGet(TextRedactor::none));
  }

  static List<ConfigKey<?>> all() {
    List<ConfigKey<?>> keys =
        new ArrayList<>(
            List.of(
                MAX_EVENT_BYTES,
                MAX_ID_LENGTH,
                MAX_TURNS,
                MAX_TURN_LENGTH,
                MAX_CANDIDATES,
                MAX_REPLY_LENGTH,
                MAX_CORRECTION_LENGTH,
                MAX_USER_TEXT_LENGTH,
                MAX_ATTRIBUTES,
                MAX_ATTRIBUTE_LENGTH,
                ROLES,
                CLOCK_SKEW,
                DOMAINS,
                REDACTOR));
    SIGNALS.values().forEach(signal -> keys.addAll(signal.all()));
    return keys;
  }

  private static AllowedDomains domains(String names) {
    try {
      return new AllowedDomains(list(names));
    } catch (ConfigException e) {
      throw notAllowed(DOMAINS, names, e.getMessage(), e);
    }
  }

  private static TextRedactor redactor(String name) {
    try {
      ClassLoader context = Thread.currentThread().getContextClassLoader();
      ClassLoader loader = context == null ? EventKeys.class.getClassLoader() : context;
      return Class.forName(name, true, loader)
          .asSubclass(TextRedactor.class)
          .getConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | ClassCastException | LinkageError e) {
      throw notAllowed(
          REDACTOR,
          name,
          "must be a public class on the class path that implements "
              + TextRedactor.class.getName()
              + " and has a public constructor without parameters",
          e);
    }
  }

  private static ConfigException notAllowed(
      ConfigKey<String> key, String value, String problem, Throwable cause) {
    return new ConfigException(
        "%s = '%s' is not allowed: %s".formatted(key.name(), value, problem), cause);
  }

  private static Set<String> list(String text) {
    return Arrays.stream(text.split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .collect(Collectors.toSet());
  }

  private static ConfigKey<Integer> integer(
      String name, int defaultValue, int min, int max, String doc) {
    return ConfigKey.integer("ingest." + name, defaultValue, min, max, doc);
  }

  private static Map<SignalKind, SignalKeys> signalKeys() {
    Map<SignalKind, SignalKeys> keys = new EnumMap<>(SignalKind.class);
    for (SignalKind kind : SignalKind.values()) {
      keys.put(kind, new SignalKeys(kind));
    }
    return keys;
  }

  /** The same settings for each signal; one that prefers nothing has no margin. */
  private record SignalKeys(ConfigKey<Double> weight, @Nullable ConfigKey<Double> margin) {

    SignalKeys(SignalKind kind) {
      this(
          ConfigKey.decimal(
              "ingest.signals." + kind.text() + ".weight",
              SignalWeights.DEFAULT.weight(),
              SignalWeights.MIN_WEIGHT,
              SignalWeights.MAX_WEIGHT,
              "How much each of the signal's comparisons or its judgement counts."),
          kind.prefers()
              ? ConfigKey.decimal(
                  "ingest.signals." + kind.text() + ".margin",
                  SignalWeights.DEFAULT.margin(),
                  0,
                  SignalWeights.MAX_MARGIN,
                  "By how much the preferred reward should exceed the other, in log-odds.")
              : null);
    }

    SignalWeights.Value read(Configuration configuration) {
      return new SignalWeights.Value(
          configuration.get(weight),
          margin == null ? SignalWeights.DEFAULT.margin() : configuration.get(margin));
    }

    List<ConfigKey<?>> all() {
      return margin == null ? List.of(weight) : List.of(weight, margin);
    }
  }
}
