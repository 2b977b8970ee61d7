package dev.attune.cli.serving;

import dev.attune.cli.demo.SampleConversation;
import dev.attune.cli.demo.SampleConversations;
import dev.attune.model.text.Tokenizer;
import dev.attune.schemas.events.Candidate;
import dev.attune.schemas.events.ScoreRequest;
import dev.attune.schemas.events.Turn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests of about as many tokens each, four candidates of 100 to a prompt of 300, whose texts are
 * all different, so that nothing that is kept of texts can help. Their words are those of the
 * sample conversations, in random order. Thread-safe.
 */
final class RequestTexts {
  static final int PROMPT_TOKENS = 300;
  static final int REPLY_TOKENS = 100;
  static final int CANDIDATES = 4;

  private static final Set<String> NO_WORDS = Set.of("");

  private record Word(String text, int tokens) {}

  private final List<Word> words = new ArrayList<>();
  private final AtomicLong numbers = new AtomicLong();

  /**
   * @param tokenizer counts the words' tokens; not kept
   */
  RequestTexts(Tokenizer tokenizer) {
    Set<String> known = new TreeSet<>();
    for (SampleConversation each : SampleConversations.load()) {
      add(known, each.prompt());
      each.replies().values().forEach(reply -> add(known, reply));
    }
    known.removeAll(NO_WORDS);
    known.forEach(word -> words.add(new Word(word, tokenizer.encode(" " + word).length)));
  }

  private static void add(Set<String> known, String text) {
    known.addAll(Arrays.asList(text.toLowerCase(Locale.ROOT).split("[^a-z]+")));
  }

  /** A request that was never there before, of one of so many users. */
  ScoreRequest next(String domain, int users) {
    long number = numbers.getAndIncrement();
    Random random = new Random(number);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < CANDIDATES; i++) {
      candidates.add(new Candidate("c" + i, text(random, REPLY_TOKENS)));
    }
    return ScoreRequest.newBuilder()
        .setRequestId("bench-" + number)
        .setUserId(user(random.nextInt(users)))
        .setDomain(domain)
        .setPrompt(List.of(new Turn("user", text(random, PROMPT_TOKENS))))
        .setCandidates(candidates)
        .build();
  }

  /** A user's name, by their number. */
  static String user(int number) {
    return "user-" + number;
  }

  private String text(Random random, int tokens) {
    StringBuilder text = new StringBuilder();
    int sum = 0;
    while (sum < tokens) {
      Word word = words.get(random.nextInt(words.size()));
      text.append(text.isEmpty() ? "" : " ").append(word.text());
      sum += word.tokens();
    }
    return text.toString();
  }
}
