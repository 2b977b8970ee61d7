package dev.attune.cli.imports;

import dev.attune.schemas.events.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A conversation written as one text, in the markup of Anthropic's HH data (turns start with {@code
 * \n\nHuman:} and {@code \n\nAssistant:}) or of WebGPT's ({@code ## Human:}, {@code ##
 * Assistant:}).
 */
public final class Dialogue {
  private static final Pattern TURN =
      Pattern.compile("(?:^|\\n)(?:\\n(Human|Assistant):|## (Human|Assistant):(?=\\s|$))");

  private Dialogue() {}

  /**
   * The turns of a text, in order; text before the first mark (or a text without any) is a user's.
   * Turns keep their text without the white space around it; an empty one is kept, so that two
   * texts can be compared turn by turn.
   */
  public static List<Turn> parse(String text) {
    List<Turn> turns = new ArrayList<>();
    Matcher mark = TURN.matcher(text);
    String role = "user";
    int from = 0;
    while (mark.find()) {
      String before = text.substring(from, mark.start()).strip();
      if (from > 0 || !before.isEmpty()) {
        turns.add(new Turn(role, before));
      }
      String speaker = mark.group(1) != null ? mark.group(1) : mark.group(2);
      role = speaker.equals("Human") ? "user" : "assistant";
      from = mark.end();
    }
    turns.add(new Turn(role, text.substring(from).strip()));
    return turns;
  }

  /**
   * Two dialogues that end in different replies to one prompt.
   *
   * @param prompt the turns that both have
   * @param first what follows in the one
   * @param second what follows in the other
   */
  public record Fork(List<Turn> prompt, String first, String second) {}

  /**
   * Splits two dialogues behind their last common turn. Both go on with one turn of the assistant;
   * where more follows (the dialogues went different ways), the later turns are part of the reply,
   * each behind its speaker's name, so that nothing is lost. Where one dialogue is the beginning of
   * the other its last turn becomes its reply.
   */
  public static Fork fork(String firstText, String secondText) {
    List<Turn> first = parse(firstText);
    List<Turn> second = parse(secondText);
    int limit = Math.min(first.size(), second.size()) - 1;
    int common = 0;
    while (common < limit && first.get(common).equals(second.get(common))) {
      common++;
    }
    // Replies are the assistant's: a fork at a user's turn goes back to the reply before it.
    while (common > 0 && !(isReply(first.get(common)) && isReply(second.get(common)))) {
      common--;
    }
    return new Fork(
        List.copyOf(first.subList(0, common)), rest(first, common), rest(second, common));
  }

  private static boolean isReply(Turn turn) {
    return turn.getRole().equals("assistant");
  }

  private static String rest(List<Turn> turns, int from) {
    StringBuilder text = new StringBuilder(turns.get(from).getText());
    for (Turn turn : turns.subList(from + 1, turns.size())) {
      text.append("\n\n").append(isReply(turn) ? "Assistant: " : "Human: ").append(turn.getText());
    }
    return text.toString();
  }
}
