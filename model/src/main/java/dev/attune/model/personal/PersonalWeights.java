package dev.attune.model.personal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.adapter.LoraAdapter;
import dev.attune.model.engine.Precision;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.lm.BaseModel;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * What all users of a personal model share, immutable: the adapter, e_0 or the clusters, and the
 * head of a reward. As bytes it is a safetensors file whose metadata name the base, the precision
 * and the configuration that it belongs to.
 */
public final class PersonalWeights {
  /** The head of a reward that reads the user's vectors at its input, [1, hidden]. */
  static final String HEADS = "heads";

  private static final String FORMAT = "attune-personal-1";
  private static final JsonMapper JSON = new JsonMapper();

  private final Identity identity;
  private final double shift;
  private final Map<String, Parameter> parameters;

  /** What weights, learners' states and scorers belong to. */
  record Identity(String base, Precision precision, int hidden, PersonalConfig config) {
    static Identity of(BaseModel base, PersonalConfig config) {
      config.requireFit(base);
      return new Identity(base.sha256(), base.precision(), base.config().hiddenSize(), config);
    }

    /** Checks that {@code found} was learned for the same base and user model. */
    void requireFit(Identity found) {
      if (!base.equals(found.base) || precision != found.precision || !config.fits(found.config)) {
        throw new IllegalArgumentException(
            "learned for " + found + "; the base and configuration are " + this);
      }
    }
  }

  /** A tensor's shape and elements, row-major; nobody changes the arrays. */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  record Parameter(long[] shape, float[] values) {}

  PersonalWeights(Identity identity, double shift, Map<String, Parameter> parameters) {
    this.identity = identity;
    this.shift = shift;
    this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  /** Returns weights that have learned nothing: every reward is 0. */
  public static PersonalWeights untrained(BaseModel base, PersonalConfig config) {
    LoraAdapter adapter = LoraAdapter.untrained(config.lora(), base.config(), config.seed());
    Random random = new Random(config.seed());
    double scale = UserVectors.scale(base, config.users());
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    shapes(base.config(), config)
        .forEach(
            (name, shape) ->
                parameters.put(
                    name,
                    new Parameter(
                        shape,
                        adapter.names().contains(name)
                            ? adapter.values(name)
                            : UserVectors.initial(name, shape, scale, random))));
    return new PersonalWeights(Identity.of(base, config), 0, parameters);
  }

  /** Returns the shapes of all parameters, in their order: the adapter's and the head's first. */
  static Map<String, long[]> shapes(ModelConfig model, PersonalConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>(config.lora().shapes(model));
    if (!config.learnsPolicy() && config.users().join() != UserModelConfig.Join.HEAD) {
      shapes.put(HEADS, new long[] {1, model.hiddenSize()});
    }
    shapes.putAll(UserVectors.shapes(config.users(), model.hiddenSize()));
    return shapes;
  }

  /** Checks that all parameters that the base asks for are there, and are numbers. */
  void requireFit(BaseModel base) {
    identity.requireFit(Identity.of(base, identity.config));
    Map<String, long[]> expected = shapes(base.config(), identity.config);
    if (!parameters.keySet().equals(expected.keySet())) {
      throw new IllegalArgumentException(
          "%d parameters; the base asks for %d others by name"
              .formatted(parameters.size(), expected.size()));
    }
    expected.forEach(
        (name, shape) -> {
          Parameter parameter = parameters.get(name);
          if (!Arrays.equals(parameter.shape, shape)) {
            throw new IllegalArgumentException(
                "parameter %s is %s; the base asks for %s"
                    .formatted(name, Arrays.toString(parameter.shape), Arrays.toString(shape)));
          }
          for (float value : parameter.values) {
            if (!Float.isFinite(value)) {
              throw new IllegalArgumentException("parameter " + name + " is not finite");
            }
          }
        });
  }

  /** Returns the weights as a safetensors file. */
  public byte[] toBytes() {
    SafetensorsWriter writer = writer(identity, FORMAT).metadata("shift", Double.toString(shift));
    writer.metadata("order", String.join("\n", parameters.keySet()));
    parameters.forEach((name, parameter) -> writer.floats(name, parameter.shape, parameter.values));
    return writer.toBytes();
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws SafetensorsException if the bytes are no personal weights
   */
  public static PersonalWeights read(byte[] bytes) {
    String source = "personal weights";
    try (Safetensors file = Safetensors.parse(source, bytes)) {
      Identity identity = identity(file, source, FORMAT);
      Map<String, Parameter> parameters = new LinkedHashMap<>();
      for (String name : field(file, source, "order").split("\n", -1)) {
        parameters.put(name, new Parameter(file.info(name).dimensions(), file.floats(name)));
      }
      double shift = Double.parseDouble(field(file, source, "shift"));
      return new PersonalWeights(identity, shift, parameters);
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(source, "malformed metadata: " + e.getMessage(), e);
    }
  }

  /** Begins a file that names what it belongs to. */
  static SafetensorsWriter writer(Identity identity, String format) {
    try {
      return new SafetensorsWriter()
          .metadata("format", format)
          .metadata("base", identity.base)
          .metadata("precision", identity.precision.name())
          .metadata("hidden", Integer.toString(identity.hidden))
          .metadata("config", JSON.writeValueAsString(identity.config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads what {@link #writer} wrote. */
  static Identity identity(Safetensors file, String source, String format) {
    String found = field(file, source, "format");
    if (!found.equals(format)) {
      throw new SafetensorsException(
          source, "metadata 'format': " + found + "; allowed is " + format);
    }
    try {
      return new Identity(
          field(file, source, "base"),
          Precision.valueOf(field(file, source, "precision")),
          Integer.parseInt(field(file, source, "hidden")),
          JSON.readValue(field(file, source, "config"), PersonalConfig.class));
    } catch (JsonProcessingException e) {
      throw new SafetensorsException(source, "metadata 'config': " + e.getOriginalMessage(), e);
    }
  }

  static String field(Safetensors file, String source, String name) {
    String value = file.metadata().get(name);
    if (value == null) {
      throw new SafetensorsException(source, "metadata '" + name + "': missing");
    }
    return value;
  }

  /** Returns the SHA-256 of the base that the adapter belongs to. */
  public String base() {
    return identity.base;
  }

  /** Returns the configuration that the weights were learned with. */
  public PersonalConfig config() {
    return identity.config;
  }

  /** Returns the adapter. */
  public LoraAdapter adapter(ModelConfig model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> values.put(name, parameter.values));
    return LoraAdapter.of(identity.config.lora(), model, values);
  }

  /** Returns the row of a user who was never seen: that of the generic user. */
  public UserRow newRow() {
    return UserVectors.newRow(identity.config.users(), identity.hidden, this::values);
  }

  float[] values(String name) {
    return parameters.get(name).values;
  }

  Identity identity() {
    return identity;
  }

  /** Returns the reward above which a reply rather is good, of judgements. */
  double shift() {
    return shift;
  }

  Map<String, Parameter> parameters() {
    return parameters;
  }
}
