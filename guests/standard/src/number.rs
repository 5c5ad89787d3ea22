//! Numbers in text, as Java's `BigDecimal` reads and converts them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigInt;

/// The low 64 bits of ten to this power, and to any higher, are zero.
const NO_LOW_BITS: u32 = 64;

/// A decimal number: `unscaled` times ten to the power of `-scale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    unscaled: BigInt,
    scale: i32,
    text: String,
}

impl Decimal {
    /// Reads digits with a sign, a point and an exponent, where there are any; no words such as `NaN`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = whole.strip_prefix(['+', '-']).unwrap_or(whole);
        let digits = format!("{whole}{fraction}");
        if !is_digits(unsigned) || !is_digits(fraction) || unsigned.len() + fraction.len() == 0 {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        Some(Self { unscaled: digits.parse().ok()?, scale, text: text.to_owned() })
    }

    /// Returns it as an integer of so many bits, 64 at most: a fraction is cut off, and of a number that is too
    /// large the low bits stay.
    pub(crate) fn low_bits(&self, bits: u32) -> i64 {
        let digits = self.unscaled.magnitude().to_string().len();
        let power = self.scale.unsigned_abs();
        let ten = BigInt::from(10);
        let whole = match self.scale {
            0.. if power as usize >= digits => BigInt::ZERO,
            0.. => &self.unscaled / ten.pow(power),
            _ if power >= NO_LOW_BITS => BigInt::ZERO,
            _ => &self.unscaled * ten.pow(power),
        };
        let low = whole.iter_u64_digits().next().unwrap_or(0).cast_signed();
        let low = if whole < BigInt::ZERO { low.wrapping_neg() } else { low };
        let unused = 64 - bits;
        (low << unused) >> unused
    }

    /// Returns it as JSON of a double; none where it is beyond all doubles.
    pub(crate) fn double(&self) -> Option<String> {
        // Zero has no sign in a `BigDecimal`.
        let number = self.text.parse::<f64>().ok()? + 0.0;
        number.is_finite().then(|| serde_json::json!(number).to_string())
    }

    /// Returns it as JSON of a float; none where it is beyond all floats.
    pub(crate) fn float(&self) -> Option<String> {
        let number = self.text.parse::<f32>().ok()? + 0.0;
        number.is_finite().then(|| serde_json::to_string(&number).ok())?
    }

    /// Returns it as the JSON of a Decimal of a scale, in Base64. Fewer digits are filled up: Kafka hands such
    /// a number to sinks as well.
    ///
    /// # Errors
    /// It has more digits behind the point; in the words of Kafka's converter.
    pub(crate) fn logical(&self, scale: i32) -> Result<String, String> {
        let missing = scale.checked_sub(self.scale).and_then(|missing| u32::try_from(missing).ok());
        // More digits than any Decimal has would only fill memory.
        let missing = missing.filter(|missing| *missing <= 10_000).ok_or_else(|| {
            let own = self.scale;
            let words = "Decimal value has mismatching scale for given Decimal schema";
            format!("{words}. Schema has scale {scale}, value has scale {own}.")
        })?;
        let unscaled = &self.unscaled * BigInt::from(10).pow(missing);
        Ok(format!("\"{}\"", STANDARD.encode(unscaled.to_signed_bytes_be())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_large_numbers_are_those_of_java() {
        let low = |text: &str| Decimal::parse(text).map(|number| number.low_bits(64));
        assert_eq!(low("99999999999999999999"), Some(7_766_279_631_452_241_919));
        assert_eq!(low("-99999999999999999999.9"), Some(-7_766_279_631_452_241_919));
        assert_eq!(low("18446744073709551616e0"), Some(0));
        assert_eq!(low("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(low("1e63"), Some(i64::MIN), "ten to the 63rd is an odd multiple of two to the 63rd");
        assert_eq!(low("1e2147483647"), Some(0));
        assert_eq!(low("9e-2147483647"), Some(0));
        assert_eq!(low("1e2147483648"), None);
    }

    #[test]
    fn a_decimal_is_filled_up_and_never_rounded() {
        let logical = |text: &str| Decimal::parse(text).map(|number| number.logical(2));
        assert_eq!(logical("7.90"), logical("7.9"));
        assert_eq!(logical("-1"), Some(Ok("\"nA==\"".to_owned())));
        assert!(logical("7.901").is_some_and(|result| result.is_err()));
        assert!(logical("1e2147483647").is_some_and(|result| result.is_err()));
    }
}
