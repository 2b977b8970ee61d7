package dev.attune.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmallFloatsTest {
  @Test
  void shouldKeepEveryBfloat16ThroughFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      // Given
      float value = SmallFloats.fromBfloat16((short) bits);

      // When
      short back = SmallFloats.toBfloat16(value);

      // Then
      if (Float.isNaN(value)) {
        assertThat(SmallFloats.fromBfloat16(back)).isNaN();
      } else {
        assertThat(back).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void shouldRoundToTheNearestBfloat16() {
    // Given
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      float value = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(200) - 100));

      // When
      float rounded = SmallFloats.fromBfloat16(SmallFloats.toBfloat16(value));

      // Then: 8 significant bits, so half a unit in the last place is 2⁻⁹ of the power of two
      assertThat(Math.abs(rounded - value)).isLessThanOrEqualTo(Math.abs(value) * 0x1p-8f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "3f808000, 3f80", // a tie goes to the even neighbour below
    "3f818000, 3f82", // and to the one above
    "3f808001, 3f81",
    "7f7fffff, 7f80", // the largest float overflows to infinity
    "ff800000, ff80",
    "80000000, 8000",
    "7f800001, 7fc0" // a NaN whose payload would be cut off
  })
  void shouldRoundSpecialCasesAsIeeeSays(String floatBits, String expected) {
    // Given
    float value = Float.intBitsToFloat(Integer.parseUnsignedInt(floatBits, 16));

    // When
    short bits = SmallFloats.toBfloat16(value);

    // Then
    assertThat(Integer.toHexString(Short.toUnsignedInt(bits))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0000, 0.0",
    "8000, -0.0",
    "3c00, 1.0",
    "c000, -2.0",
    "7bff, 65504.0",
    "0001, 5.9604645E-8",
    "83ff, -6.097555E-5",
    "0400, 6.1035156E-5",
    "7c00, Infinity",
    "fc00, -Infinity",
    "7e00, NaN",
    "3555, 0.33325195"
  })
  void shouldReadFloat16(String bits, Float expected) {
    // Given
    short half = (short) Integer.parseInt(bits, 16);

    // When
    float value = SmallFloats.fromFloat16(half);

    // Then
    assertThat(value).isEqualTo(expected);
  }
}
