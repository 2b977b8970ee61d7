package dev.attune.scorer.core;

/**
 * How replies are written for requests that ask for them.
 *
 * @param tokens of a reply at most
 * @param temperature what logits are divided by; 0 takes the likeliest token
 * @param topP the next token is one of the fewest that together have this probability
 */
public record GenerationConfig(int tokens, double temperature, double topP) {
  public GenerationConfig {
    if (tokens < 1 || !(temperature >= 0) || !(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "tokens is %d, temperature %s, topP %s; allowed are 1 or more, 0 or more, above 0 to 1"
              .formatted(tokens, temperature, topP));
    }
  }
}
