package dev.attune.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.model.io.ModelConfig;
import dev.attune.model.io.ModelFormatException;
import dev.attune.model.io.Safetensors;
import dev.attune.model.io.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftFolderTest {
  private static final ModelConfig MODEL = ModelConfig.llama(300, 8, 12, 3, 2, 64);
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";

  /** The fields that PEFT 0.15 writes, in its order. */
  private static final String WRITTEN_BY_PEFT =
      """
      {
        "alpha_pattern": {},
        "auto_mapping": null,
        "base_model_name_or_path": "someone/a-llama",
        "bias": "none",
        "corda_config": null,
        "eva_config": null,
        "exclude_modules": null,
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layer_replication": null,
        "layers_pattern": null,
        "layers_to_transform": null,
        "loftq_config": {},
        "lora_alpha": 16,
        "lora_bias": false,
        "lora_dropout": 0.05,
        "megatron_config": null,
        "megatron_core": "megatron.core",
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": 2,
        "rank_pattern": {},
        "revision": null,
        "target_modules": [
          "v_proj",
          "q_proj"
        ],
        "task_type": "CAUSAL_LM",
        "trainable_token_indices": null,
        "use_dora": false,
        "use_rslora": false
      }
      """;

  @TempDir Path temporary;

  @Test
  void shouldReadBackWhatItWrote() {
    // Given
    LoraConfig config =
        new LoraConfig(
            3,
            6.5,
            0.1,
            Set.of(LinearLayer.K_PROJ, LinearLayer.GATE_PROJ),
            new TreeSet<>(Set.of(0, 2)),
            true);
    LoraAdapter adapter = TestAdapters.random(config, MODEL, 1);
    Path folder = temporary.resolve("adapter");
    PeftFolder.save(folder, adapter, "base");

    // When
    LoraAdapter read = PeftFolder.loadLora(folder, MODEL);

    // Then
    assertThat(read.config()).isEqualTo(config);
    assertThat(read.names()).isEqualTo(adapter.names());
    for (String name : adapter.names()) {
      assertThat(read.values(name)).containsExactly(adapter.values(name));
    }
  }

  @Test
  void shouldWriteWhatPeftLooksFor() throws IOException {
    // Given
    LoraConfig config =
        new LoraConfig(2, 16, 0, Set.of(LinearLayer.Q_PROJ), Collections.emptySortedSet(), false);
    Path folder = temporary.resolve("adapter");

    // When
    PeftFolder.save(folder, TestAdapters.random(config, MODEL, 1), "someone/a-llama");

    // Then
    JsonNode json = new JsonMapper().readTree(folder.resolve(CONFIG).toFile());
    assertThat(json.get("peft_type").textValue()).isEqualTo("LORA");
    assertThat(json.get("task_type").textValue()).isEqualTo("CAUSAL_LM");
    assertThat(json.get("base_model_name_or_path").textValue()).isEqualTo("someone/a-llama");
    assertThat(json.get("lora_alpha").isInt()).isTrue();
    assertThat(json.get("target_modules").toString()).isEqualTo("[\"q_proj\"]");
    assertThat(json.get("layers_to_transform").isNull()).isTrue();
    try (Safetensors tensors = Safetensors.open(folder.resolve(WEIGHTS))) {
      assertThat(tensors.metadata()).containsEntry("format", "pt");
      assertThat(tensors.names())
          .hasSize(6)
          .contains("base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight");
    }
    try (var files = Files.list(temporary)) {
      assertThat(files).containsExactly(folder);
    }
  }

  @Test
  void shouldReadAFolderOfPefts() throws IOException {
    // Given: bfloat16, as adapters are often published
    Path folder = written(WRITTEN_BY_PEFT, config(2, LinearLayer.Q_PROJ, LinearLayer.V_PROJ), true);

    // When
    LoraAdapter adapter = PeftFolder.loadLora(folder, MODEL);

    // Then
    assertThat(adapter.config())
        .isEqualTo(
            new LoraConfig(
                2,
                16,
                0.05,
                Set.of(LinearLayer.Q_PROJ, LinearLayer.V_PROJ),
                Collections.emptySortedSet(),
                false));
    assertThat(adapter.values("model.layers.1.self_attn.v_proj.lora_B")).containsOnly(0.5f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"all-linear\"                                        | 7 | 3",
        "\"model.layers.[02].mlp.(?!gate).*\"              | 2 | 2",
        "[\"self_attn.q_proj\"]                                | 1 | 3",
        "[\"model.layers.1.mlp.up_proj\"]                      | 1 | 1",
        "[\"up_proj\"], \"layers_to_transform\": [0, 1]        | 1 | 2",
        "[\"up_proj\"], \"layers_to_transform\": 2, \"layers_pattern\": \"layers\" | 1 | 1"
      })
  void shouldUnderstandAllWaysOfNamingModules(String targets, int kinds, int layers)
      throws IOException {
    // Given
    String json = "{\"peft_type\": \"LORA\", \"r\": 2, \"target_modules\": " + targets + "}";
    Path file = Files.writeString(temporary.resolve(CONFIG), json);

    // When
    LoraConfig config = PeftConfig.read(file).lora(MODEL);

    // Then
    assertThat(config.shapes(MODEL)).hasSize(2 * kinds * layers);
    assertThat(config.targets()).hasSize(kinds);
    assertThat(config.alpha()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"LORA\"            | \"IA3\"                        | peft_type",
        "\"CAUSAL_LM\"       | \"SEQ_CLS\"                    | task_type",
        "\"none\"            | \"lora_only\"                  | bias",
        "\"use_dora\": false | \"use_dora\": true             | use_dora",
        "\"modules_to_save\": null | \"modules_to_save\": [\"lm_head\"] | modules_to_save",
        "\"rank_pattern\": {} | \"rank_pattern\": {\"q_proj\": 4} | rank_pattern",
        "\"alpha_pattern\": {} | \"alpha_pattern\": {\"q_proj\": 4} | alpha_pattern",
        "\"fan_in_fan_out\": false | \"fan_in_fan_out\": true | fan_in_fan_out",
        "\"lora_bias\": false | \"lora_bias\": true           | lora_bias",
        "\"trainable_token_indices\": null | \"trainable_token_indices\": [1] | trainable_token_indices",
        "\"init_lora_weights\": true | \"init_lora_weights\": \"pissa\" | init_lora_weights",
        "\"use_dora\": false | \"use_something_new\": true    | use_something_new",
        "\"r\": 2            | \"r\": 0                       | r is 0",
        "\"r\": 2            | \"r\": \"two\"                 | r is",
        "\"lora_dropout\": 0.05 | \"lora_dropout\": 1.5       | dropout",
        "\"q_proj\"          | \"lm_head\"                    | target_modules",
        "\"q_proj\"          | \"model.layers.0.mlp.up_proj\" | target_modules",
        "\"layers_to_transform\": null | \"layers_to_transform\": [3] | layers_to_transform",
        "\"layers_pattern\": null | \"layers_pattern\": \"h\" | layers_pattern",
        "\"r\": 2,           | \"r\": 2, \"r\": 3,            | not JSON"
      })
  void shouldNameTheFieldThatItCannotRepresent(String from, String to, String field)
      throws IOException {
    // Given
    assertThat(WRITTEN_BY_PEFT).contains(from);
    Path folder =
        written(
            WRITTEN_BY_PEFT.replace(from, to),
            config(2, LinearLayer.Q_PROJ, LinearLayer.V_PROJ),
            false);

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(folder, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(CONFIG)
        .hasMessageContaining(field);
  }

  @Test
  void shouldNameATensorOfTheWrongShape() throws IOException {
    // Given
    Path folder =
        written(WRITTEN_BY_PEFT, config(3, LinearLayer.Q_PROJ, LinearLayer.V_PROJ), false);

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(folder, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(WEIGHTS)
        .hasMessageContaining("layers.0.self_attn.q_proj.lora_A.weight': shape [3, 8]");
  }

  @Test
  void shouldNameATensorThatIsMissing() throws IOException {
    // Given
    Path folder = written(WRITTEN_BY_PEFT, config(2, LinearLayer.Q_PROJ), false);

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(folder, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(WEIGHTS)
        .hasMessageContaining("layers.0.self_attn.v_proj.lora_A.weight': missing");
  }

  @Test
  void shouldNameATensorThatNobodyAskedFor() throws IOException {
    // Given
    LoraConfig wider = config(2, LinearLayer.Q_PROJ, LinearLayer.V_PROJ, LinearLayer.K_PROJ);
    Path folder = written(WRITTEN_BY_PEFT, wider, false);

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(folder, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(WEIGHTS)
        .hasMessageContaining("layers.0.self_attn.k_proj.lora_A.weight");
  }

  @Test
  void shouldNameATruncatedFile() throws IOException {
    // Given
    Path folder =
        written(WRITTEN_BY_PEFT, config(2, LinearLayer.Q_PROJ, LinearLayer.V_PROJ), false);
    byte[] bytes = Files.readAllBytes(folder.resolve(WEIGHTS));
    Files.write(folder.resolve(WEIGHTS), Arrays.copyOf(bytes, bytes.length - 4));

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(folder, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(WEIGHTS)
        .hasMessageContaining("truncated");
  }

  @Test
  void shouldRefusePickledWeights() throws IOException {
    // Given
    Files.writeString(temporary.resolve(CONFIG), WRITTEN_BY_PEFT);
    Files.writeString(temporary.resolve("adapter_model.bin"), "");

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadLora(temporary, MODEL))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("adapter_model.bin");
  }

  @Test
  void shouldNotReplaceAFolder() {
    // Given
    LoraAdapter adapter = TestAdapters.random(config(2, LinearLayer.Q_PROJ), MODEL, 1);

    // When / Then
    assertThatThrownBy(() -> PeftFolder.save(temporary, adapter, "base"))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void shouldReadBackASoftPrompt() throws IOException {
    // Given
    float[][] vectors = {{1, 2, 3, 4, 5, 6, 7, 8}, {-1, -2, -3, -4, -5, -6, -7, -8}};
    Path folder = temporary.resolve("prompt");
    PeftFolder.save(folder, new SoftPrompt(vectors), MODEL, "base");

    // When
    SoftPrompt prompt = PeftFolder.loadSoftPrompt(folder, 8);

    // Then
    assertThat(prompt.vectors()).isDeepEqualTo(vectors);
    JsonNode json = new JsonMapper().readTree(folder.resolve(CONFIG).toFile());
    assertThat(json.get("peft_type").textValue()).isEqualTo("PROMPT_TUNING");
    assertThat(json.get("num_virtual_tokens").intValue()).isEqualTo(2);
    assertThat(json.get("token_dim").intValue()).isEqualTo(8);
  }

  @Test
  void shouldRefuseASoftPromptOfAnotherWidth() {
    // Given
    Path folder = temporary.resolve("prompt");
    PeftFolder.save(folder, new SoftPrompt(new float[2][8]), MODEL, "base");

    // When / Then
    assertThatThrownBy(() -> PeftFolder.loadSoftPrompt(folder, 16))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("token_dim");
  }

  private static LoraConfig config(int rank, LinearLayer... targets) {
    return new LoraConfig(rank, 16, 0, Set.of(targets), Collections.emptySortedSet(), false);
  }

  /** A folder with this configuration, and the tensors of another. */
  private Path written(String json, LoraConfig tensors, boolean brain) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("written"));
    Files.writeString(folder.resolve(CONFIG), json);
    SafetensorsWriter writer = new SafetensorsWriter();
    tensors
        .shapes(MODEL)
        .forEach(
            (name, shape) -> {
              float[] values = new float[(int) (shape[0] * shape[1])];
              Arrays.fill(values, 0.5f);
              String key = "base_model.model." + name + ".weight";
              if (brain) {
                writer.bfloats(key, shape, values);
              } else {
                writer.floats(key, shape, values);
              }
            });
    writer.write(folder.resolve(WEIGHTS));
    return folder;
  }
}
