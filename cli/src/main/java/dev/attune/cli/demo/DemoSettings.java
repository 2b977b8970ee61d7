package dev.attune.cli.demo;

import java.util.Map;

/** The services' settings in a demo: it must learn, and show it, within a minute on two cores. */
final class DemoSettings {
  static final Map<String, String> SERVICES = Map.of();

  private DemoSettings() {}
}
