package dev.attune.cli.stream;

/**
 * One choice, as it was predicted before it was learned from. Each figure but the first two is a
 * score of the chosen reply less that of the other: positive is right.
 *
 * @param user who chose
 * @param earlier how many events of the user came before
 * @param longer difference of lengths, in characters
 * @param global log-odds by the rewards of no particular domain, or user
 * @param domain log-odds by the domain's rewards
 * @param personal log-odds by the user's rewards
 */
record Predicted(
    String user, int earlier, double longer, double global, double domain, double personal) {}
