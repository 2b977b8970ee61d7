/** Batching, rewards, hot swap of models. */
package dev.attune.scorer;
