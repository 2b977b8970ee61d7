/** The names of processors, sinks and stores: they are part of what Kafka keeps. */
package dev.attune.ingest.topology;
