/** The language model and all learning; knows nothing of Kafka. */
package dev.attune.model;
