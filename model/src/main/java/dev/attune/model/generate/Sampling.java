package dev.attune.model.generate;

import java.util.Set;

/**
 * How the tokens of a text are chosen, and when it ends.
 *
 * @param temperature what logits are divided by; 0 takes the likeliest token
 * @param topK only so many of the likeliest tokens may be drawn; 0 stands for all
 * @param topP of those, only the fewest that together have this probability (Holtzman et al. 2019,
 *     arXiv 1904.09751); above 0, at most 1
 * @param maxTokens most tokens of a text, at least 1
 * @param stopTokens tokens that end a text
 */
public record Sampling(
    double temperature, int topK, double topP, int maxTokens, Set<Integer> stopTokens) {

  /** Checks every component and copies the set. */
  public Sampling {
    require(temperature >= 0 && temperature < 1e6, "temperature", temperature, "0 to 1e6");
    require(topK >= 0, "topK", topK, "0 or more");
    require(topP > 0 && topP <= 1, "topP", topP, "above 0, at most 1");
    require(maxTokens >= 1, "maxTokens", maxTokens, "1 or more");
    stopTokens = Set.copyOf(stopTokens);
  }

  /** Always takes the likeliest token. */
  public static Sampling greedy(int maxTokens, Set<Integer> stopTokens) {
    return new Sampling(0, 0, 1, maxTokens, stopTokens);
  }

  private static void require(boolean valid, String name, Object value, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException("%s is %s; allowed: %s".formatted(name, value, allowed));
    }
  }
}
