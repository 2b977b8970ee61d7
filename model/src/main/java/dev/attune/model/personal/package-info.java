/**
 * Personal preferences: the user model of Li et al. 2024 (arXiv 2402.05133), its losses, and how
 * users are learned and scored. Users' rows are values that live outside the model.
 */
@NullMarked
package dev.attune.model.personal;

import org.jspecify.annotations.NullMarked;
