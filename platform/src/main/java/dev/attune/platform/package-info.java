/** What every service shares: configuration, lifecycle, health, metrics, Kafka client settings. */
package dev.attune.platform;
