/** The training pipelines and what they publish. */
package dev.attune.trainer;
