package dev.attune.cli.demo;

/** A record's place in attune.preferences. */
record Place(int partition, long offset) {}
