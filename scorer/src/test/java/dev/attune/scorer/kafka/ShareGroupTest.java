package dev.attune.scorer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.attune.platform.ConfigException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupType;
import org.junit.jupiter.api.Test;

class ShareGroupTest {
  @Test
  void shouldNameTheKeyAndWhatIsAllowedWhereBrokersHaveNoShareGroups() {
    // Given
    Map<String, FinalizedVersionRange> features =
        Map.of("group.version", new FinalizedVersionRange((short) 1, (short) 1));

    // When
    Throwable error = catchThrowable(() -> ShareGroup.requireFeature(features));

    // Then
    assertThat(error)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.delivery", "'share'", "share.version", "transactions");
  }

  @Test
  void shouldTakeBrokersWithShareGroups() {
    // Given
    Map<String, FinalizedVersionRange> features =
        Map.of("share.version", new FinalizedVersionRange((short) 1, (short) 1));

    // When
    Throwable error = catchThrowable(() -> ShareGroup.requireFeature(features));

    // Then
    assertThat(error).isNull();
  }

  @Test
  void shouldNotTakeTheNameOfAnotherKindOfGroup() {
    // Given
    List<GroupListing> groups =
        List.of(group("other", GroupType.CONSUMER), group("mine", GroupType.CONSUMER));

    // When
    Throwable error = catchThrowable(() -> ShareGroup.requireShareGroup("mine", groups));

    // Then
    assertThat(error)
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("scorer.group", "'mine'", "Consumer");
  }

  @Test
  void shouldTakeAShareGroupThatIsThere() {
    // Given
    List<GroupListing> groups = List.of(group("mine", GroupType.SHARE));

    // When
    Throwable error = catchThrowable(() -> ShareGroup.requireShareGroup("mine", groups));

    // Then
    assertThat(error).isNull();
  }

  private static GroupListing group(String id, GroupType type) {
    return new GroupListing(id, Optional.of(type), "", Optional.empty());
  }
}
