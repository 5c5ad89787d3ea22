//! Numbers in text, as Java's `BigDecimal` reads and converts them.

use airlock_sdk::data::{BigInt, Decimal};

use crate::java_number;

/// The low 64 bits of ten to this power, and to any higher, are zero.
const NO_LOW_BITS: u32 = 64;

/// A decimal number, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number<'a> {
    decimal: Decimal,
    text: &'a str,
}

impl<'a> Number<'a> {
    /// Reads digits with a sign, a point and an exponent, where there are any; no words such as `NaN`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        Some(Number { decimal: text.parse().ok()?, text })
    }

    /// Returns it as an integer of so many bits, 64 at most: a fraction is cut off, and of a number that is too
    /// large the low bits stay.
    pub(crate) fn low_bits(&self, bits: u32) -> i64 {
        let Decimal { unscaled, scale } = &self.decimal;
        let digits = unscaled.magnitude().to_string().len();
        let power = scale.unsigned_abs();
        let ten = BigInt::from(10);
        let whole = match scale {
            0.. if power as usize >= digits => BigInt::ZERO,
            0.. => unscaled / ten.pow(power),
            _ if power >= NO_LOW_BITS => BigInt::ZERO,
            _ => unscaled * ten.pow(power),
        };
        let unused = 64 - bits;
        (java_number::low_bits(&whole) << unused) >> unused
    }

    /// Returns it as a double; none where it is beyond all doubles.
    pub(crate) fn double(&self) -> Option<f64> {
        // Zero has no sign in a `BigDecimal`.
        self.text.parse().ok().map(|number: f64| number + 0.0).filter(|number| number.is_finite())
    }

    /// Returns it as a float; none where it is beyond all floats.
    pub(crate) fn float(&self) -> Option<f32> {
        self.text.parse().ok().map(|number: f32| number + 0.0).filter(|number| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_large_numbers_are_those_of_java() {
        let low = |text: &str| Number::parse(text).map(|number| number.low_bits(64));
        assert_eq!(low("99999999999999999999"), Some(7_766_279_631_452_241_919));
        assert_eq!(low("-99999999999999999999.9"), Some(-7_766_279_631_452_241_919));
        assert_eq!(low("18446744073709551616e0"), Some(0));
        assert_eq!(low("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(low("1e63"), Some(i64::MIN), "ten to the 63rd is an odd multiple of two to the 63rd");
        assert_eq!(low("1e2147483647"), Some(0));
        assert_eq!(low("9e-2147483647"), Some(0));
        assert_eq!(low("1e2147483648"), None);
    }
}
