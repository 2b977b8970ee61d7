package dev.attune.model.reference;

import ai.djl.ndarray.NDArray;

/**
 * What a user brings to the input embeddings.
 *
 * @param values [users, vectors of a user, hidden], fp32
 * @param added true adds a user's one vector to each input embedding; false puts the vectors into
 *     the places that the text keeps for them
 */
public record UserVectors(NDArray values, boolean added) {}
