/** A client of the Schema Registry's REST API. */
@NullMarked
package dev.attune.schemas.registry;

import org.jspecify.annotations.NullMarked;
