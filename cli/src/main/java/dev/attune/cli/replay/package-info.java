/** Learning a published version again, to see that it comes from its buckets. */
@NullMarked
package dev.attune.cli.replay;

import org.jspecify.annotations.NullMarked;
