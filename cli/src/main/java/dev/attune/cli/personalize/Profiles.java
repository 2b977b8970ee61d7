package dev.attune.cli.personalize;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Six profiles in three opposed pairs: expertise, informativeness and style (the dimensions of
 * P-SOUPS, Jang et al. 2023, arXiv 2310.11564), one user each. What a profile likes is a statistic
 * of the text; a difference of less than half a standard deviation is no choice.
 */
final class Profiles {
  /** The profiles' names, opposed ones side by side. */
  static final List<String> NAMES =
      List.of("expert", "layman", "thorough", "brief", "friendly", "formal");

  private static final Pattern WORD = Pattern.compile("[\\p{L}']+");
  private static final Set<String> ADDRESSING =
      Set.of("i", "you", "your", "we", "our", "us", "me", "my", "it's", "you're", "let's", "i'm");
  private static final double LEAST_DIFFERENCE = 0.5;

  private Profiles() {}

  /**
   * Makes the six users: expert and layman (long words), thorough and brief (different words),
   * friendly and formal (speaking to the reader, exclamations).
   *
   * @param replies whose statistics set the scale
   */
  static List<SimulatedUser> users(List<String> replies) {
    Taste expert = taste(Profiles::wordLength, replies);
    Taste thorough = taste(Profiles::differentWords, replies);
    Taste friendly = taste(Profiles::friendliness, replies);
    return Stream.of(
            user("expert", expert),
            user("layman", expert.opposed()),
            user("thorough", thorough),
            user("brief", thorough.opposed()),
            user("friendly", friendly),
            user("formal", friendly.opposed()))
        .toList();
  }

  private static SimulatedUser user(String profile, Taste taste) {
    return new SimulatedUser(profile, profile, "", taste);
  }

  private static Taste taste(ToDoubleFunction<String> statistic, List<String> replies) {
    double[] values = replies.stream().mapToDouble(statistic).toArray();
    double mean = 0;
    double squares = 0;
    for (double value : values) {
      mean += value / values.length;
      squares += value * value / values.length;
    }
    double least = LEAST_DIFFERENCE * Math.sqrt(Math.max(0, squares - mean * mean));
    return (first, second) -> {
      double margin = statistic.applyAsDouble(first) - statistic.applyAsDouble(second);
      return Math.abs(margin) < least ? 0 : margin;
    };
  }

  /** Letters a word. */
  static double wordLength(String text) {
    List<String> words = words(text);
    return words.stream().mapToInt(String::length).average().orElse(0);
  }

  /** The logarithm of how many different words there are. */
  static double differentWords(String text) {
    return Math.log1p((double) words(text).stream().distinct().count());
  }

  /** The share of words that speak to the reader or of the writer; exclamations count as such. */
  static double friendliness(String text) {
    List<String> words = words(text);
    long addressing = words.stream().filter(ADDRESSING::contains).count();
    long exclamations = text.chars().filter(c -> c == '!').count();
    return (addressing + exclamations) / (words.size() + 1.0);
  }

  private static List<String> words(String text) {
    Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    return matcher.results().map(result -> result.group()).toList();
  }
}
