package dev.attune.platform;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.KeyValuePair;

class LogFormatTest {
  @ParameterizedTest
  @CsvSource({
    "human, 'INFO  LogFormatTest - bucket closed count=\"16\"'",
    "json, '\"message\":\"bucket closed\"'",
    "json, '\"count\":16'"
  })
  void shouldWriteMessageAndFields(String format, String expected) throws JoranException {
    // Given
    LoggerContext context = new LoggerContext();
    context.putProperty("LOG_FORMAT", format);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(getClass().getResource("/logback.xml"));
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ConsoleAppender<ILoggingEvent> appender =
        (ConsoleAppender<ILoggingEvent>) root.getAppender("STDERR");
    LoggingEvent event =
        new LoggingEvent(
            "", context.getLogger(LogFormatTest.class), Level.INFO, "bucket closed", null, null);
    event.setMDCPropertyMap(Map.of());
    event.setKeyValuePairs(List.of(new KeyValuePair("count", 16)));

    // When
    byte[] line = appender.getEncoder().encode(event);

    // Then
    assertThat(new String(line, StandardCharsets.UTF_8)).contains(expected);
  }
}
