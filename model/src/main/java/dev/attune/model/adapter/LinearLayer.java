package dev.attune.model.adapter;

import java.util.Locale;

/** A kind of linear layer inside each decoder layer; its name in lower case is Hugging Face's. */
public enum LinearLayer {
  /** The queries' projection. */
  Q_PROJ("self_attn"),
  /** The keys' projection. */
  K_PROJ("self_attn"),
  /** The values' projection. */
  V_PROJ("self_attn"),
  /** The attention's output projection. */
  O_PROJ("self_attn"),
  /** The gate of the SwiGLU. */
  GATE_PROJ("mlp"),
  /** The gated projection of the SwiGLU. */
  UP_PROJ("mlp"),
  /** The SwiGLU's output projection. */
  DOWN_PROJ("mlp");

  private final String block;

  LinearLayer(String block) {
    this.block = block;
  }

  /** Returns the name that Hugging Face gives it, such as {@code q_proj}. */
  public String hubName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns its path in a model, such as {@code model.layers.3.self_attn.q_proj}. */
  public String path(int layer) {
    return "model.layers.%d.%s.%s".formatted(layer, block, hubName());
  }
}
