package dev.attune.cli.demo;

import java.util.Map;

/**
 * A prompt with one reply in each style; written for this project.
 *
 * @param prompt what a user asks
 * @param replies reply by style, the styles being {@link SampleConversations#STYLES}
 */
public record SampleConversation(String prompt, Map<String, String> replies) {
  public SampleConversation {
    replies = Map.copyOf(replies);
  }
}
