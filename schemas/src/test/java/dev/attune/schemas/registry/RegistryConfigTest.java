package dev.attune.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.junit.jupiter.api.Test;

class RegistryConfigTest {
  private static final String BASIC = "Basic dTpw"; // u:p

  @Test
  void shouldTakeCredentialsFromTheUrl() {
    // Given
    Map<String, Object> configs =
        configs(Map.of("schema.registry.url", "https://u:p@h:1/ccompat/"));
    // When
    RegistryConfig config = RegistryConfig.from(configs);
    // Then
    assertThat(config.urls()).containsExactly(URI.create("https://h:1/ccompat"));
    assertThat(config.authorization()).isEqualTo(BASIC);
    assertThat(config.toString()).doesNotContain(BASIC).doesNotContain("u:p");
  }

  @Test
  void shouldTakeBasicCredentials() {
    // Given
    Map<String, Object> configs =
        configs(
            Map.of(
                "basic.auth.credentials.source",
                "USER_INFO",
                "schema.registry.basic.auth.user.info",
                new Password("u:p")));
    // When
    RegistryConfig config = RegistryConfig.from(configs);
    // Then
    assertThat(config.authorization()).isEqualTo(BASIC);
  }

  @Test
  void shouldTakeABearerToken() {
    // Given
    Map<String, Object> configs =
        configs(
            Map.of(
                "bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "secret"));
    // When
    RegistryConfig config = RegistryConfig.from(configs);
    // Then
    assertThat(config.authorization()).isEqualTo("Bearer secret");
  }

  @Test
  void shouldTakeListsOfUrls() {
    // Given
    Map<String, Object> configs = configs(Map.of("schema.registry.url", "http://a:1, http://b:2"));
    // When
    RegistryConfig config = RegistryConfig.from(configs);
    // Then
    assertThat(config.urls()).containsExactly(URI.create("http://a:1"), URI.create("http://b:2"));
  }

  @Test
  void shouldNameAMissingUrl() {
    // Given
    Map<String, Object> configs = Map.of();
    // When / Then
    assertThatThrownBy(() -> RegistryConfig.from(configs))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("schema.registry.url");
  }

  @Test
  void shouldNotShowCredentialsOfAWrongUrl() {
    // Given
    Map<String, Object> configs = configs(Map.of("schema.registry.url", "http://u:p@ h"));
    // When / Then
    assertThatThrownBy(() -> RegistryConfig.from(configs))
        .isInstanceOf(ConfigException.class)
        .hasMessage("schema.registry.url must be a list of http:// or https:// URLs");
  }

  @Test
  void shouldSayWhichCredentialSourcesAreAllowed() {
    // Given
    Map<String, Object> configs = configs(Map.of("basic.auth.credentials.source", "SASL_INHERIT"));
    // When / Then
    assertThatThrownBy(() -> RegistryConfig.from(configs))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("basic.auth.credentials.source")
        .hasMessageContaining("allowed: URL, USER_INFO");
  }

  @Test
  void shouldReadTlsSettingsOnlyWithTheirPrefix() {
    // Given
    Map<String, Object> configs =
        configs(
            Map.of(
                "ssl.truststore.location", "/the/brokers.jks",
                "schema.registry.ssl.protocol", "TLSv1.3"));
    // When
    RegistryConfig config = RegistryConfig.from(configs);
    // Then
    assertThat(config.ssl()).isNotNull();
    assertThat(config.ssl().getProtocol()).isEqualTo("TLSv1.3");
  }

  private static Map<String, Object> configs(Map<String, Object> more) {
    Map<String, Object> configs = new HashMap<>(Map.of("schema.registry.url", "http://h:1"));
    configs.putAll(more);
    return configs;
  }
}
