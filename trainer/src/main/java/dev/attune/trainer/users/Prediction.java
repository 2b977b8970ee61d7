package dev.attune.trainer.users;

/**
 * What was expected of a comparison before anything was learned from its event. Log-odds are of the
 * preferred reply, averaged over the belief.
 *
 * @param tenure how many events of the user had been learned from
 * @param personal by the user's head
 * @param generic by the head of a user of whom nothing is known
 * @param longer by how many characters the preferred reply is longer
 * @param target 1, of a tie ½
 * @param weight of the comparison
 */
public record Prediction(
    long tenure, double personal, double generic, double longer, double target, double weight) {}
