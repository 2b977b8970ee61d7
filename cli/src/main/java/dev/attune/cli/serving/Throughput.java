package dev.attune.cli.serving;

import org.HdrHistogram.Histogram;

/**
 * What one measurement showed.
 *
 * @param micros of each request, from the asking to the answer
 */
record Throughput(double requestsPerSecond, Histogram micros) {
  private static final double MICROS = 1e3;

  double p50Millis() {
    return micros.getValueAtPercentile(50) / MICROS;
  }

  double p99Millis() {
    return micros.getValueAtPercentile(99) / MICROS;
  }
}
