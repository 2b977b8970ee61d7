package dev.attune.cli.evaluate;

/** One text that is preferred to another. */
public record TextPair(String preferred, String other) {}
