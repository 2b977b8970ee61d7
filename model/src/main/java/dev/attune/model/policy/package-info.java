/**
 * What all users share and what is believed of each: a policy is an epoch's basis, priors and
 * adapter; a user's state is a belief over a head and a row in the policy's coordinates. The
 * trainer and the scorer compute with the same code. Plain values, no native memory.
 */
@NullMarked
package dev.attune.model.policy;

import org.jspecify.annotations.NullMarked;
