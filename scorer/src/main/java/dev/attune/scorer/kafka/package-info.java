/** The scorer's adapters to Kafka: what reads prompts and models and writes rewards. */
@NullMarked
package dev.attune.scorer.kafka;

import org.jspecify.annotations.NullMarked;
