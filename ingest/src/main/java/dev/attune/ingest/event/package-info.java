/** What a record of attune.preferences says: decoding, validation, signals. */
package dev.attune.ingest.event;
