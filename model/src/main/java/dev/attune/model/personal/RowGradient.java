package dev.attune.model.personal;

/**
 * What one comparison says about a user's row.
 *
 * @param difference the preferred reply's reward minus the other's, βΔ of a policy
 * @param gradient of the difference by the row; nobody changes it
 * @param weight of the comparison
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
public record RowGradient(double difference, float[] gradient, double weight) {}
