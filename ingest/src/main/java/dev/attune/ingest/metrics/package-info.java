/** What ingest measures. */
package dev.attune.ingest.metrics;
