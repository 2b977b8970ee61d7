package dev.attune.cli.demo;

import dev.attune.cli.demo.Encounter.Option;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * The simulated chat app without its transport: who talks, what is shown, what is chosen. A pure
 * function of its seed: an encounter and its choice depend on their number only, not on when the
 * answers of the system arrive. Immutable, safe for any thread.
 *
 * <p>Users of a domain like the domain's style, and differ in the length they like. Users in {@code
 * general} like this or that style, and mostly longer replies: what they share is the length, so
 * that is what a general model can learn.
 */
final class ChatSimulator {
  static final String GENERAL = "general";

  /** Where users talk: each style has its domain, beside the general one. */
  static final List<String> DOMAINS = List.of(GENERAL, "science", "business", "comedy", "poetry");

  private static final double FAVOURITE = 3.0;
  private static final double NOISE = 0.6;

  private final List<SampleConversation> conversations;
  private final List<SimulatedUser> users;
  private final long seed;

  /**
   * @param users at least one a domain
   */
  ChatSimulator(List<SampleConversation> conversations, int users, long seed) {
    if (users < DOMAINS.size()) {
      throw new IllegalArgumentException(
          "users is " + users + ", allowed: " + DOMAINS.size() + " or more (one a domain)");
    }
    this.conversations = List.copyOf(conversations);
    this.seed = seed;
    this.users = invent(users, random(-1));
  }

  List<SimulatedUser> users() {
    return users;
  }

  /** The encounter of that number: a user, a prompt, and two to four replies in shuffled order. */
  Encounter encounter(long number) {
    Random random = random(number);
    SimulatedUser user = users.get(random.nextInt(users.size()));
    SampleConversation conversation = conversations.get(random.nextInt(conversations.size()));
    List<String> styles = new ArrayList<>(SampleConversations.STYLES);
    Collections.shuffle(styles, random);
    int shown = 2 + random.nextInt(styles.size() - 1);
    List<Option> options = new ArrayList<>();
    for (String style : styles.subList(0, shown)) {
      options.add(new Option("r" + options.size(), style, conversation.replies().get(style)));
    }
    return new Encounter(number, user, conversation.prompt(), options);
  }

  /** What the user chooses, by hidden taste; rewards play no part. */
  Option choose(Encounter encounter) {
    Random random = random(~encounter.number());
    Option best = encounter.options().get(0);
    double highest = Double.NEGATIVE_INFINITY;
    for (Option option : encounter.options()) {
      double utility = encounter.user().taste().utility(option.style(), option.text(), random);
      if (utility > highest) {
        highest = utility;
        best = option;
      }
    }
    return best;
  }

  private static List<SimulatedUser> invent(int count, RandomGenerator random) {
    List<SimulatedUser> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String domain = DOMAINS.get(i % DOMAINS.size());
      all.add(new SimulatedUser("user-%03d".formatted(i), domain, taste(domain, random)));
    }
    return List.copyOf(all);
  }

  private static Taste taste(String domain, RandomGenerator random) {
    Map<String, Double> styles = new HashMap<>();
    for (String style : SampleConversations.STYLES) {
      styles.put(style, random.nextDouble(0.8));
    }
    if (styles.containsKey(domain)) {
      styles.put(domain, FAVOURITE);
      return new Taste(styles, random.nextDouble(-0.5, 0.8), NOISE);
    }
    return new Taste(styles, random.nextDouble(0.3, 1.6), NOISE);
  }

  private Random random(long number) {
    // Spread by SplitMix64's constant: java.util.Random's first draws follow its seed.
    return new Random((seed * 31 + number) * 0x9E3779B97F4A7C15L);
  }
}
