/** The attune command: demo, importers, evaluation, operations. */
package dev.attune.cli;
