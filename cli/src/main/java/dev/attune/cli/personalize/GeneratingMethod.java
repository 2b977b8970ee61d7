package dev.attune.cli.personalize;

import dev.attune.model.text.Turn;
import java.util.List;

/** A method whose policy writes replies. */
public interface GeneratingMethod extends PersonalMethod {
  /**
   * Writes a reply to each prompt as for a user.
   *
   * @param limit most tokens of a reply
   * @param seed of the sampling
   * @return each reply's length in tokens, without the end of the text: 0 to {@code limit}
   */
  int[] lengths(List<List<Turn>> prompts, String user, int limit, long seed);
}
