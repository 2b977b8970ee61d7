package dev.attune.model.personal;

import org.jspecify.annotations.Nullable;

/**
 * Replies to be scored for a user.
 *
 * @param user the user's id; null, or one without a row, is scored as the generic user
 * @param userText what the user says of themself; null or empty is nothing
 * @param replies what is scored
 */
public record PersonalItem(
    @Nullable String user, @Nullable String userText, ReferencedReplies replies) {}
