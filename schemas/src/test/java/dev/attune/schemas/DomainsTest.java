package dev.attune.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainsTest {

  @ParameterizedTest
  @CsvSource({
    "general, general, general, pooled, true",
    "general.helpful, general, general, helpful, true",
    "law, law, domain/law, pooled, false",
    "law.contracts, law, domain/law.contracts, pooled, false",
    "generality, generality, domain/generality, pooled, false"
  })
  void shouldName(String domain, String root, String model, String head, boolean general) {
    // Given a domain
    // When
    String found = Domains.modelName(domain);
    // Then
    assertThat(found).isEqualTo(model);
    assertThat(Domains.root(domain)).isEqualTo(root);
    assertThat(Domains.head(domain)).isEqualTo(head);
    assertThat(Domains.isGeneral(domain)).isEqualTo(general);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " "})
  void shouldTakeNoDomainForGeneral(String domain) {
    // Given no domain
    // When
    String found = Domains.orGeneral(domain);
    // Then
    assertThat(found).isEqualTo(Domains.GENERAL);
  }

  @Test
  void shouldGiveGeneralAndItsSourcesOneOwner() {
    // Given
    int general = Domains.partition("general", 8);
    // When
    int helpful = Domains.partition("general.helpful", 8);
    // Then
    assertThat(helpful).isEqualTo(general);
  }

  @Test
  void shouldPartitionARootAsKafkaDoes() {
    // Given
    byte[] key = "académie".getBytes(UTF_8);
    // When
    int partition = Domains.partition("académie", 8);
    // Then
    assertThat(partition).isEqualTo(BuiltInPartitioner.partitionForKey(key, 8));
  }
}
