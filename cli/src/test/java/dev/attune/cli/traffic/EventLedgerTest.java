package dev.attune.cli.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EventLedgerTest {
  private final EventLedger ledger = new EventLedger();

  @Test
  void shouldBalanceWhenEachEventSentWasAcceptedRejectedOrADuplicate() {
    // Given
    for (int offset = 0; offset < 4; offset++) {
      ledger.sent(new Place(1, offset));
    }
    ledger.accepted(new Place(1, 0));
    ledger.accepted(new Place(1, 1));
    ledger.rejected(new Place(1, 2));
    for (int offset = 0; offset < 4; offset++) {
      ledger.covered(new Place(1, offset));
    }
    // When
    EventAccounts accounts = ledger.accounts();
    // Then
    assertThat(accounts).isEqualTo(new EventAccounts(4, 2, 1, 0, 1, 0, 0));
    assertThat(accounts.balanced()).isTrue();
  }

  @Test
  void shouldSeeAnEventThatWasLost() {
    // Given
    ledger.sent(new Place(0, 0));
    ledger.sent(new Place(0, 1));
    ledger.accepted(new Place(0, 0));
    // When
    EventAccounts accounts = ledger.accounts();
    // Then
    assertThat(accounts.open()).isEqualTo(1);
    assertThat(accounts.balanced()).isFalse();
  }

  @Test
  void shouldSeeAnEventThatWasCountedTwice() {
    // Given
    ledger.sent(new Place(0, 0));
    ledger.accepted(new Place(0, 0));
    ledger.accepted(new Place(0, 0));
    // When
    EventAccounts accounts = ledger.accounts();
    // Then
    assertThat(accounts.repeated()).isEqualTo(1);
    assertThat(accounts.balanced()).isFalse();
  }

  @Test
  void shouldCountWhatIsHeldBackUntilItIsReleased() {
    // Given
    for (int offset = 0; offset < 2; offset++) {
      ledger.sent(new Place(0, offset));
      ledger.quarantined(new Place(0, offset));
      ledger.covered(new Place(0, offset));
    }
    ledger.accepted(new Place(0, 1));
    // When
    EventAccounts accounts = ledger.accounts();
    // Then
    assertThat(accounts).isEqualTo(new EventAccounts(2, 1, 0, 1, 0, 0, 0));
    assertThat(accounts.balanced()).isTrue();
  }

  @Test
  void shouldLeaveOutWhatOthersSent() {
    // Given
    ledger.sent(new Place(0, 5));
    ledger.accepted(new Place(0, 5));
    ledger.accepted(new Place(0, 4));
    ledger.rejected(new Place(3, 5));
    // When
    EventAccounts accounts = ledger.accounts();
    // Then
    assertThat(accounts).isEqualTo(new EventAccounts(1, 1, 0, 0, 0, 0, 0));
  }
}
