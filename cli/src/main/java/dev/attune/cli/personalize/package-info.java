/**
 * The experiments of personalized language modeling (Li et al. 2024, arXiv 2402.05133), repeated in
 * kind with simulated users over real replies.
 */
@NullMarked
package dev.attune.cli.personalize;

import org.jspecify.annotations.NullMarked;
