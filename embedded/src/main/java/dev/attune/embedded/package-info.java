/** A Kafka broker and a schema registry in this process, for the embedded default and the tests. */
package dev.attune.embedded;
