/** Which events count: repeats, corrections, abuse. */
package dev.attune.ingest.admission;
