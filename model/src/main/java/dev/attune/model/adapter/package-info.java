/** Low-rank adapters: their values, their stacks in native memory, and PEFT's file layout. */
@NullMarked
package dev.attune.model.adapter;

import org.jspecify.annotations.NullMarked;
