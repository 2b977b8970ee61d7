package dev.attune.cli.demo;

import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * What a simulated user likes. It decides the choices and is hidden from every service.
 *
 * @param styles what each style is worth to the user, in units of the noise
 * @param length what a text of e times the usual length is worth more
 * @param noise scale of the Gumbel noise; with it choices follow a multinomial logit (Luce) model
 */
record Taste(Map<String, Double> styles, double length, double noise) {
  private static final double USUAL_CHARACTERS = 250;

  Taste {
    styles = Map.copyOf(styles);
    if (noise < 0) {
      throw new IllegalArgumentException("noise is " + noise + ", allowed: 0 or more");
    }
  }

  /** How much the user likes a text this time; the highest of those shown is chosen. */
  double utility(String style, String text, RandomGenerator random) {
    double gumbel = -Math.log(-Math.log(random.nextDouble(Double.MIN_NORMAL, 1)));
    return styles.getOrDefault(style, 0.0)
        + length * Math.log(text.length() / USUAL_CHARACTERS)
        + noise * gumbel;
  }

  /** The style that is worth most to the user. */
  String favourite() {
    return styles.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }
}
