package dev.attune.schemas.registry;

import org.apache.avro.Schema;

/** A schema as a subject's version. */
public record RegisteredSchema(String subject, int version, int id, Schema schema) {}
