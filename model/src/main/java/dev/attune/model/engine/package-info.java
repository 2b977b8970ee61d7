/** The bridge to DJL's PyTorch engine: TorchScript text from resources, called from Java. */
@NullMarked
package dev.attune.model.engine;

import org.jspecify.annotations.NullMarked;
