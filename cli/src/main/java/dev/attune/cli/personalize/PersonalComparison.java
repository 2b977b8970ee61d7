package dev.attune.cli.personalize;

import dev.attune.model.text.Turn;
import java.util.List;

/**
 * One user's choice between two replies.
 *
 * @param user the user's id; {@link #GENERIC} for one of whom no id is known
 * @param userText what is written about the user; may be empty
 * @param prompt the turns before the replies
 * @param preferred the reply that the user prefers
 * @param other the other reply
 */
public record PersonalComparison(
    String user, String userText, List<Turn> prompt, String preferred, String other) {
  /** The id of a user who is not known. */
  public static final String GENERIC = "";

  /** Copies the prompt. */
  public PersonalComparison {
    prompt = List.copyOf(prompt);
  }

  /** The same choice of a user who is not known; what is written about them stays. */
  public PersonalComparison generic() {
    return new PersonalComparison(GENERIC, userText, prompt, preferred, other);
  }

  /** The same choice without what is written about the user. */
  public PersonalComparison withoutText() {
    return new PersonalComparison(user, "", prompt, preferred, other);
  }
}
