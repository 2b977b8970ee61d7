/** Feedback gathered into buckets, for each route. */
package dev.attune.ingest.bucket;
