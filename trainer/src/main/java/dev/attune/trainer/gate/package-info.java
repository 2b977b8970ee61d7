/**
 * What a model is worth, decided on events that it had not learned from: measurement, the gate
 * before a publication, drift, calibration and alarms. Pure: every result is a function of the
 * order of events, and every state can be kept as bytes. Nothing here is safe for several threads.
 */
@NullMarked
package dev.attune.trainer.gate;

import org.jspecify.annotations.NullMarked;
