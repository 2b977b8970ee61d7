package dev.attune.model.reward;

import dev.attune.model.adapter.LoraAdapter;
import dev.attune.model.adapter.LoraConfig;
import dev.attune.model.engine.Precision;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsException;
import dev.attune.model.io.SafetensorsWriter;
import dev.attune.model.lm.BaseModel;
import dev.attune.model.lm.DecoderTensors;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A reward model's learned part, immutable: a LoRA adapter on each linear layer of its base, one
 * linear head or more, and a bias for each head, which the reward leaves out: reward plus bias are
 * the log-odds that a reply is called good. Its bytes are a safetensors file whose metadata name
 * the base and the precision that it belongs to and its {@link RewardModelConfig}.
 */
public final class RewardWeights {
  /** The head that exists in every model. */
  public static final String POOLED = "pooled";

  /** The tensor of all heads, [heads, {@link RewardModelConfig#inputs}]. */
  static final String HEADS = "heads";

  /** The tensor of the heads' biases, [heads, 1]. */
  static final String BIASES = "biases";

  private static final String FORMAT = "attune-reward-2";

  private final Identity identity;
  private final List<String> heads;
  private final Map<String, Parameter> parameters;
  private final byte[] bytes;
  private final String sha256;

  /** What must be equal for weights, learner states and scorers to fit each other. */
  record Identity(String base, Precision precision, RewardModelConfig model) {
    static Identity of(BaseModel base, OnlineConfig config) {
      return new Identity(base.sha256(), base.precision(), config.model());
    }
  }

  /** A tensor's shape and elements, row-major; nobody changes the arrays. */
  @SuppressWarnings("ArrayRecordComponent") // a private carrier that is never compared
  record Parameter(long[] shape, float[] values) {}

  RewardWeights(Identity identity, List<String> heads, Map<String, Parameter> parameters) {
    this.identity = identity;
    this.heads = List.copyOf(heads);
    this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    this.bytes = encode();
    this.sha256 = digest(bytes);
  }

  private RewardWeights(
      Identity identity, List<String> heads, Map<String, Parameter> parameters, byte[] bytes) {
    this.identity = identity;
    this.heads = heads;
    this.parameters = parameters;
    this.bytes = bytes;
    this.sha256 = digest(bytes);
  }

  /** Returns a model that has learned nothing: every reward is 0. */
  public static RewardWeights untrained(BaseModel base, OnlineConfig config) {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    Random random = new Random(config.seed());
    shapes(base.config(), config.model(), 1)
        .forEach(
            (name, shape) -> {
              float[] values = new float[Math.toIntExact(shape[0] * shape[1])];
              if (name.endsWith(".lora_A")) {
                float bound = (float) (1 / Math.sqrt((double) shape[1]));
                for (int i = 0; i < values.length; i++) {
                  values[i] = bound * (2 * random.nextFloat() - 1);
                }
              }
              parameters.put(name, new Parameter(shape, values));
            });
    return new RewardWeights(Identity.of(base, config), List.of(POOLED), parameters);
  }

  /** Checks that all parameters of a model of this shape are there, and are numbers. */
  void requireFit(ModelConfig config) {
    Map<String, long[]> expected = shapes(config, identity.model(), heads.size());
    if (!parameters.keySet().equals(expected.keySet())) {
      throw new IllegalArgumentException(
          "%d parameters; the base asks for %d others by name"
              .formatted(parameters.size(), expected.size()));
    }
    expected.forEach(
        (name, shape) -> {
          Parameter parameter = parameters.get(name);
          if (!Arrays.equals(parameter.shape(), shape)) {
            throw new IllegalArgumentException(
                "parameter %s is %s; the base asks for %s"
                    .formatted(name, Arrays.toString(parameter.shape()), Arrays.toString(shape)));
          }
          for (float value : parameter.values()) {
            if (!Float.isFinite(value)) {
              throw new IllegalArgumentException("parameter " + name + " is not finite");
            }
          }
        });
  }

  /** Returns the shapes of all parameters, in their order. */
  static Map<String, long[]> shapes(ModelConfig config, RewardModelConfig model, int heads) {
    int rank = model.rank();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    DecoderTensors.linearShapes(config)
        .forEach(
            (name, shape) -> {
              shapes.put(name + ".lora_A", new long[] {rank, shape[1]});
              shapes.put(name + ".lora_B", new long[] {shape[0], rank});
            });
    shapes.put(HEADS, new long[] {heads, model.inputs(config.hiddenSize())});
    shapes.put(BIASES, new long[] {heads, 1});
    return shapes;
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws SafetensorsException if the bytes are no reward model
   */
  public static RewardWeights read(byte[] bytes) {
    String source = "reward weights";
    try (Safetensors file = Safetensors.parse(source, bytes)) {
      Map<String, String> metadata = file.metadata();
      if (!FORMAT.equals(metadata.get("format"))) {
        throw new SafetensorsException(
            source,
            "metadata 'format': "
                + metadata.get("format")
                + "; allowed is "
                + FORMAT
                + " (attune-reward-1 does not say what its heads read: train the model anew)");
      }
      Identity identity =
          new Identity(
              field(source, metadata, "base"),
              Precision.valueOf(field(source, metadata, "precision")),
              new RewardModelConfig(
                  Integer.parseInt(field(source, metadata, "rank")),
                  Double.parseDouble(field(source, metadata, "alpha")),
                  Pooling.valueOf(field(source, metadata, "pooling")),
                  Boolean.parseBoolean(field(source, metadata, "length")),
                  Integer.parseInt(field(source, metadata, "prompt_tokens")),
                  Integer.parseInt(field(source, metadata, "reply_tokens"))));
      List<String> heads = Arrays.asList(field(source, metadata, "heads").split("\n", -1));
      Map<String, Parameter> parameters = new LinkedHashMap<>();
      for (String name : field(source, metadata, "order").split("\n", -1)) {
        parameters.put(name, new Parameter(file.info(name).dimensions(), file.floats(name)));
      }
      if (parameters.get(HEADS) == null || parameters.get(HEADS).shape[0] != heads.size()) {
        throw new SafetensorsException(source, "tensor 'heads': not one row for each head");
      }
      return new RewardWeights(
          identity, List.copyOf(heads), Collections.unmodifiableMap(parameters), bytes.clone());
    } catch (IllegalArgumentException e) {
      throw new SafetensorsException(source, "malformed metadata: " + e.getMessage(), e);
    }
  }

  private static String field(String source, Map<String, String> metadata, String name) {
    String value = metadata.get(name);
    if (value == null) {
      throw new SafetensorsException(source, "metadata '" + name + "': missing");
    }
    return value;
  }

  private byte[] encode() {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", FORMAT)
            .metadata("base", identity.base)
            .metadata("precision", identity.precision.name())
            .metadata("rank", Integer.toString(identity.model.rank()))
            .metadata("alpha", Double.toString(identity.model.alpha()))
            .metadata("pooling", identity.model.pooling().name())
            .metadata("length", Boolean.toString(identity.model.length()))
            .metadata("prompt_tokens", Integer.toString(identity.model.promptTokens()))
            .metadata("reply_tokens", Integer.toString(identity.model.replyTokens()))
            .metadata("heads", String.join("\n", heads))
            .metadata("order", String.join("\n", parameters.keySet()));
    parameters.forEach((name, parameter) -> writer.floats(name, parameter.shape, parameter.values));
    return writer.toBytes();
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the adapter without the heads, such as other tools can read; see PeftFolder. */
  public LoraAdapter adapter(ModelConfig base) {
    Map<String, float[]> values = new HashMap<>();
    parameters.forEach((name, parameter) -> values.put(name, parameter.values));
    RewardModelConfig model = identity.model;
    return LoraAdapter.of(LoraConfig.everywhere(model.rank(), model.alpha()), base, values);
  }

  /** Returns the model as a safetensors file. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** Returns the SHA-256 of {@link #toBytes}, in hexadecimal. */
  public String sha256() {
    return sha256;
  }

  /** Returns the heads' names: {@value #POOLED} and one for each source. */
  public Set<String> heads() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(heads));
  }

  /** Returns the SHA-256 of the base that the adapter belongs to. */
  public String base() {
    return identity.base;
  }

  /** Returns the precision that the model was trained in. */
  public Precision precision() {
    return identity.precision;
  }

  /** Returns the longest prompt, in tokens. */
  public int promptTokens() {
    return identity.model.promptTokens();
  }

  /** Returns the longest reply, in tokens. */
  public int replyTokens() {
    return identity.model.replyTokens();
  }

  Identity identity() {
    return identity;
  }

  List<String> headList() {
    return heads;
  }

  Map<String, Parameter> parameters() {
    return parameters;
  }
}
