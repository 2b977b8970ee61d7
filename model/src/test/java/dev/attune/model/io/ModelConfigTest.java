package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.model.io.Rope.Scaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
  private static final Path GOLDENS = Path.of("src/test/resources/goldens");
  private static final String SIZES =
      "\"vocab_size\":320,\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":3,"
          + "\"num_attention_heads\":4,\"max_position_embeddings\":128";

  @TempDir Path dir;

  @Test
  void shouldReadLlama3Scaling() {
    // Given
    Path file = GOLDENS.resolve("llama-llama3/config.json");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config)
        .isEqualTo(
            new ModelConfig(
                ModelFamily.LLAMA,
                320,
                64,
                96,
                3,
                4,
                2,
                16,
                128,
                1e-5,
                new Rope(500_000, Scaling.LLAMA3, 8, 1, 4, 64),
                List.of(0, 0, 0),
                true,
                false,
                false,
                false,
                false,
                ElementType.F32,
                OptionalInt.of(1),
                List.of(2),
                OptionalInt.empty()));
  }

  @Test
  void shouldReadTheSpellingOfVersion5() {
    // Given
    Path file = GOLDENS.resolve("llama-rope-parameters/config.json");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.rope()).isEqualTo(new Rope(500_000, Scaling.LLAMA3, 8, 1, 4, 64));
    assertThat(config.storedType()).isEqualTo(ElementType.F32);
    assertThat(config.padTokenId()).isEmpty();
  }

  @Test
  void shouldReadOtherScalings() {
    // Given
    Path linear = GOLDENS.resolve("llama-linear/config.json");
    Path dynamic = GOLDENS.resolve("llama-dynamic/config.json");

    // When
    List<Rope> ropes = List.of(ModelConfig.read(linear).rope(), ModelConfig.read(dynamic).rope());

    // Then
    assertThat(ropes)
        .containsExactly(
            new Rope(10_000, Scaling.LINEAR, 4, 1, 1, 128),
            new Rope(10_000, Scaling.DYNAMIC, 2, 1, 1, 32));
  }

  @Test
  void shouldReadMistral() {
    // Given
    Path file = GOLDENS.resolve("mistral-window/config.json");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.windows()).containsExactly(8, 8, 8);
    assertThat(config.attentionBias()).isFalse();
  }

  @Test
  void shouldReadQwen2() {
    // Given
    Path file = GOLDENS.resolve("qwen2-bias-bf16/config.json");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.attentionBias()).isTrue();
    assertThat(config.outputBias()).isFalse();
    assertThat(config.queryKeyNorm()).isFalse();
    assertThat(config.windows()).containsOnly(0);
    assertThat(config.storedType()).isEqualTo(ElementType.BF16);
    assertThat(config.tiedEmbeddings()).isTrue();
    assertThat(config.headDim()).isEqualTo(8);
  }

  @Test
  void shouldReadQwen3() {
    // Given
    Path file = GOLDENS.resolve("qwen3-headdim/config.json");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.headDim()).isEqualTo(24);
    assertThat(config.queryKeyNorm()).isTrue();
    assertThat(config.attentionBias()).isFalse();
    assertThat(config.windows()).containsOnly(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"max_window_layers\":1                    | 0,9,9",
        "\"max_window_layers\":0                    | 9,9,9",
        "\"max_window_layers\":28                   | 0,0,0",
        "\"layer_types\":[\"sliding_attention\",\"full_attention\",\"sliding_attention\"] | 9,0,9"
      })
  void shouldGiveWindowsToTheLayersThatHaveThem(String field, String expected) throws IOException {
    // Given
    Path file =
        write(
            "{\"model_type\":\"qwen2\",\"num_key_value_heads\":2,\"sliding_window\":9,"
                + "\"use_sliding_window\":true,%s,%s}".formatted(field, SIZES));

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.windows().stream().map(String::valueOf).collect(Collectors.joining(",")))
        .isEqualTo(expected);
  }

  @Test
  void shouldTakeTheReferencesDefaultsForWhatIsAbsent() throws IOException {
    // Given
    Path file = write("{\"model_type\":\"llama\"," + SIZES + "}");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.keyValueHeads()).isEqualTo(4);
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.rmsNormEps()).isEqualTo(1e-6);
    assertThat(config.rope()).isEqualTo(Rope.unscaled(10_000, 128));
    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.storedType()).isNull();
    assertThat(config.bosTokenId()).isEmpty();
    assertThat(config.eosTokenIds()).isEmpty();
  }

  @Test
  void shouldTakeSeveralEndTokensAndLlamaBiases() throws IOException {
    // Given
    Path file =
        write(
            "{\"model_type\":\"llama\",\"eos_token_id\":[5,7],\"pad_token_id\":-1,"
                + "\"attention_bias\":true,\"mlp_bias\":true,"
                + SIZES
                + "}");

    // When
    ModelConfig config = ModelConfig.read(file);

    // Then
    assertThat(config.eosTokenIds()).containsExactly(5, 7);
    assertThat(config.padTokenId()).isEmpty();
    assertThat(config.attentionBias() && config.outputBias() && config.mlpBias()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-dynamic",
        "llama-linear",
        "llama-llama3",
        "llama-rope-parameters",
        "mistral-window",
        "qwen2-bias-bf16",
        "qwen3-headdim"
      })
  void shouldReadBackWhatItWrote(String golden) {
    // Given
    ModelConfig config = ModelConfig.read(GOLDENS.resolve(golden).resolve("config.json"));
    Path file = dir.resolve("config.json");
    config.write(file);

    // When
    ModelConfig back = ModelConfig.read(file);

    // Then
    assertThat(back).isEqualTo(config);
  }

  @Test
  void shouldReadBackASmallModelOfItsOwn() {
    // Given
    ModelConfig config = ModelConfig.llama(4096, 128, 320, 4, 2, 512).withTokenIds(0, 1, 2);
    Path file = dir.resolve("config.json");
    config.write(file);

    // When
    ModelConfig back = ModelConfig.read(file);

    // Then
    assertThat(back).isEqualTo(config);
    assertThat(back.headDim()).isEqualTo(64);
    assertThat(back.windows()).isEqualTo(Collections.nCopies(4, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"model_type\":\"llama\"  | \"model_type\":\"gpt2\"          | model_type is \"gpt2\"; allowed: llama, mistral, qwen2, qwen3",
        "\"model_type\":\"llama\"  | \"model_type\":7                 | model_type is 7; allowed: a string",
        "\"model_type\":\"llama\"  | \"x\":1                          | model_type is missing",
        "\"vocab_size\":320        | \"x\":1                          | vocab_size is missing",
        "\"vocab_size\":320        | \"vocab_size\":null              | vocab_size is missing",
        "\"vocab_size\":320        | \"vocab_size\":\"320\"           | vocab_size is \"320\"; allowed: a positive integer",
        "\"vocab_size\":320        | \"vocab_size\":3.5               | vocab_size is 3.5",
        "\"hidden_size\":64        | \"hidden_size\":0                | hidden_size is 0",
        "\"hidden_size\":64        | \"hidden_size\":-64              | hidden_size is -64",
        "\"hidden_size\":64        | \"hidden_size\":66               | num_attention_heads is 4; allowed: a divisor of hidden_size 66",
        "\"num_hidden_layers\":3   | \"num_hidden_layers\":2000000000 | num_hidden_layers is 2000000000",
        "\"num_hidden_layers\":3   | \"num_hidden_layers\":1e400      | num_hidden_layers is",
        "\"hidden_size\":64        | \"hidden_size\":64,\"num_key_value_heads\":3 | num_key_value_heads is 3; allowed: a divisor",
        "\"hidden_size\":64        | \"hidden_size\":64,\"head_dim\":15 | head_dim is 15; allowed: a positive even",
        "\"hidden_size\":64        | \"hidden_size\":64,\"hidden_act\":\"gelu\" | hidden_act is \"gelu\"; allowed: silu",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rms_norm_eps\":0 | rms_norm_eps is 0",
        "\"hidden_size\":64        | \"hidden_size\":64,\"tie_word_embeddings\":\"yes\" | tie_word_embeddings is \"yes\"; allowed: true or false",
        "\"hidden_size\":64        | \"hidden_size\":64,\"architectures\":[\"LlamaForSequenceClassification\"] | architectures is [\"LlamaForSequenceClassification\"]; allowed: LlamaForCausalLM",
        "\"hidden_size\":64        | \"hidden_size\":64,\"quantization_config\":{} | quantization_config",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4} | rope_scaling.rope_type is \"yarn\"; allowed: default, linear, dynamic, llama3",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":{\"factor\":4} | rope_scaling.rope_type is missing",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":{\"type\":\"linear\"} | rope_scaling.factor is missing",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":{\"type\":\"linear\",\"factor\":\"4\"} | rope_scaling.factor is \"4\"",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":{\"type\":\"linear\",\"factor\":0.5} | factor 0.5",
        "\"hidden_size\":64        | \"hidden_size\":64,\"rope_scaling\":7 | rope_scaling is 7; allowed: a JSON object",
        "\"hidden_size\":64        | \"hidden_size\":64,\"partial_rotary_factor\":0.5 | partial_rotary_factor is 0.5",
        "\"hidden_size\":64        | \"hidden_size\":64,\"torch_dtype\":\"int8\" | torch_dtype is \"int8\"; allowed: float32, float16, bfloat16",
        "\"hidden_size\":64        | \"hidden_size\":64,\"eos_token_id\":\"</s>\" | eos_token_id is \"</s>\"",
        "\"hidden_size\":64        | \"hidden_size\":64,\"eos_token_id\":[1,null] | eos_token_id is [1,null]",
        "\"hidden_size\":64        | \"hidden_size\":64,\"hidden_size\":65 | Duplicate",
        "\"hidden_size\":64        | \"hidden_size\"                 | not JSON"
      })
  void shouldNameFileAndFieldAtFault(String field, String replacement, String problem)
      throws IOException {
    // Given
    String valid = "{\"model_type\":\"llama\"," + SIZES + "}";
    Path file = write(valid.replace(field, replacement));

    // When, Then
    assertThatThrownBy(() -> ModelConfig.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("config.json: ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "qwen2", "qwen3"})
  void shouldNotGuessKeyValueHeads(String family) throws IOException {
    // Given
    Path file = write("{\"model_type\":\"%s\",%s}".formatted(family, SIZES));

    // When, Then
    assertThatThrownBy(() -> ModelConfig.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("num_key_value_heads is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "7", "null", "{", "\u0000"})
  void shouldRejectWhatIsNoJsonObject(String content) throws IOException {
    // Given
    Path file = write(content);

    // When, Then
    assertThatThrownBy(() -> ModelConfig.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("config.json: not ");
  }

  private Path write(String json) throws IOException {
    return Files.writeString(dir.resolve("config.json"), json);
  }
}
