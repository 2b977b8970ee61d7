/** {@code attune quarantine}: events that were held back, and letting them pass. */
@NullMarked
package dev.attune.cli.quarantine;

import org.jspecify.annotations.NullMarked;
