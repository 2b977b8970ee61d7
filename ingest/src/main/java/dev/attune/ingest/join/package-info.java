/** Events meet the results that they answer: what was served, and what computed it. */
package dev.attune.ingest.join;
