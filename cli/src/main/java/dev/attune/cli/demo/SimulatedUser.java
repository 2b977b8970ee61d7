package dev.attune.cli.demo;

/** A user of the simulated chat app: where they talk, and their hidden taste. */
record SimulatedUser(String id, String domain, Taste taste) {}
