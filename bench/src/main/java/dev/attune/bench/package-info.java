/** JMH and side-by-side benchmarks. */
package dev.attune.bench;
