package dev.attune.cli.traffic;

/** A record's place in attune.preferences. */
public record Place(int partition, long offset) {}
