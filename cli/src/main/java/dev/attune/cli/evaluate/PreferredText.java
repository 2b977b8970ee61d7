package dev.attune.cli.evaluate;

/** One text that is preferred to another. */
public record PreferredText(String preferred, String other) {}
