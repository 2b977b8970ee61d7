/** Generated Avro records as JSON that people and web clients write. */
@NullMarked
package dev.attune.schemas.json;

import org.jspecify.annotations.NullMarked;
