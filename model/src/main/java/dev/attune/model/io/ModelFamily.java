package dev.attune.model.io;

import java.util.Locale;

/** The supported decoder families; they differ in biases, norms and attention windows only. */
public enum ModelFamily {
  LLAMA("LlamaForCausalLM"),
  MISTRAL("MistralForCausalLM"),
  QWEN2("Qwen2ForCausalLM"),
  QWEN3("Qwen3ForCausalLM");

  private final String architecture;

  ModelFamily(String architecture) {
    this.architecture = architecture;
  }

  /** The name under {@code architectures} in {@code config.json}. */
  public String architecture() {
    return architecture;
  }

  /** The name under {@code model_type} in {@code config.json}. */
  public String modelType() {
    return name().toLowerCase(Locale.ROOT);
  }
}
