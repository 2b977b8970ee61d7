package dev.attune.cli.demo;

import dev.attune.cli.evaluate.PairAccuracy;

/**
 * How well a user's choice was foreseen before the system could learn from it.
 *
 * @param seconds since the demo began to serve
 * @param domain where the user talks
 * @param longer by the length of the replies
 * @param generic by the general model
 * @param customized by the model of the user's domain
 * @param personal by the user's own rewards
 */
record Outcome(
    double seconds,
    String domain,
    PairAccuracy longer,
    PairAccuracy generic,
    PairAccuracy customized,
    PairAccuracy personal) {}
