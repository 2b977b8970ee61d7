/**
 * Linear reward heads of users on features of the frozen base: r(x, y, u) = ⟨w_u, Bᵀh(x, y)⟩, with
 * a Gaussian belief over each user's w that every event updates in closed form; and the same update
 * for rows of a personal policy, in the subspace of trained rows. Plain values, no native memory
 * but in {@link dev.attune.model.head.ReplyFeatures}.
 */
@NullMarked
package dev.attune.model.head;

import org.jspecify.annotations.NullMarked;
