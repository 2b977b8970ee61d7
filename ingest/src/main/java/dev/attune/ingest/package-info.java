/** The Streams topology: validate, turn signals into comparisons, bucket, route. */
package dev.attune.ingest;
