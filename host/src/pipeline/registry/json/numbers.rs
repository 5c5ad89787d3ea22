//! Numbers as they stand in JSON, digit by digit: decimals, and integers that are written with a point or exponent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::{BigInt, Sign};

/// How many digits a number may have: more take quadratic time. Java's JSON parser has the same limit.
const MOST_DIGITS: usize = 1_000;

/// A number, as digits and how many of them stand behind the point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    unscaled: BigInt,
    scale: i64,
}

impl Decimal {
    /// Reads a JSON number.
    ///
    /// # Errors
    /// Refuses one that is too long.
    pub(super) fn parse(number: &str) -> Result<Decimal, String> {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let too_long = || "a number has more than 1000 digits".to_owned();
        if mantissa.len() > MOST_DIGITS + 2 {
            return Err(too_long());
        }
        let exponent: i64 = exponent.parse().map_err(|_| too_long())?;
        let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let unscaled = mantissa.replace('.', "").parse::<BigInt>().map_err(|_| format!("{number} is no number"))?;
        let scale = i64::try_from(places).unwrap_or(i64::MAX).checked_sub(exponent).ok_or_else(too_long)?;
        Ok(Decimal { unscaled, scale })
    }

    /// Reads Java's bytes of the digits, in base 64.
    ///
    /// # Errors
    /// Refuses what is no base 64, and no bytes.
    pub(super) fn of_base64(text: &str, scale: i64) -> Result<Decimal, String> {
        let bytes =
            STANDARD.decode(text).map_err(|_| "Invalid bytes for Decimal field: it is no base 64".to_owned())?;
        match bytes.len() {
            0 => Err("Invalid bytes for Decimal field: there are none".to_owned()),
            1..=416 => Ok(Decimal { unscaled: BigInt::from_signed_bytes_be(&bytes), scale }),
            _ => Err("a number has more than 1000 digits".to_owned()),
        }
    }

    /// Returns the digits in base 64, as many behind the point as `scale` says.
    ///
    /// # Errors
    /// Refuses another scale, as Connect does.
    pub(super) fn base64(&self, scale: i64) -> Result<String, String> {
        if self.scale != scale {
            return Err(format!(
                "Decimal value has mismatching scale for given Decimal schema: it has {} places, not {scale}",
                self.scale
            ));
        }
        Ok(STANDARD.encode(self.unscaled.to_signed_bytes_be()))
    }

    /// Returns it as an integer of 64 bits, if it is one.
    pub(super) fn integer(&self) -> Option<i64> {
        if self.unscaled.sign() == Sign::NoSign {
            return Some(0);
        }
        let power = u32::try_from(self.scale.unsigned_abs()).ok().filter(|power| *power <= 1_000)?;
        let factor = BigInt::from(10).pow(power);
        if self.scale <= 0 {
            return i64::try_from(&self.unscaled * factor).ok();
        }
        let quotient = &self.unscaled / &factor;
        if &quotient * factor != self.unscaled {
            return None;
        }
        i64::try_from(quotient).ok()
    }

    /// Returns it as a JSON number with the same digits: with an exponent where Java's `BigDecimal` has one.
    pub(super) fn to_json(&self) -> String {
        let digits = self.unscaled.magnitude().to_string();
        let sign = if self.unscaled.sign() == Sign::Minus { "-" } else { "" };
        let adjusted = i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1 - self.scale;
        match usize::try_from(self.scale) {
            Ok(0) => format!("{sign}{digits}"),
            Ok(places) if adjusted >= -6 => {
                let digits = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = digits.split_at(digits.len() - places);
                format!("{sign}{whole}.{fraction}")
            }
            _ => {
                let (first, rest) = digits.split_at(1);
                let point = if rest.is_empty() { "" } else { "." };
                format!("{sign}{first}{point}{rest}E{adjusted:+}")
            }
        }
    }
}
