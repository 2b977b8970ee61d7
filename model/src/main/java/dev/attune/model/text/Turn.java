package dev.attune.model.text;

import java.util.Objects;

/**
 * One turn of a dialogue.
 *
 * @param role {@code system}, {@code user} or {@code assistant} in any case; others count as {@code
 *     user}
 * @param text what was said
 */
public record Turn(String role, String text) {
  public Turn {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(text, "text");
  }
}
