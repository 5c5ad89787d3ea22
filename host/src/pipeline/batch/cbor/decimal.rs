//! Decimal numbers of any size, and how numbers are written as text.

use std::io::Write as _;
use std::str::from_utf8;

use minicbor::data::Int;
use num_bigint::{BigInt, Sign};

use super::from_json::encode;

/// How many digits a number may have where it has to be converted; more take quadratic time. Java's JSON parser
/// (Jackson) has the same limit.
pub(super) const MOST_DIGITS: usize = 1_000;
/// How many bytes such a number may have.
pub(super) const MOST_BYTES: usize = 416;
/// How many zeros are put behind the point before the first digit; below, an exponent is written.
const MOST_ZEROS: i64 = 20;
/// What a number with more digits is answered with.
pub(super) const TOO_LONG: &str = "a number has more than 1000 digits";

/// CBOR's tags of numbers.
pub(super) const POSITIVE: u64 = 2;
/// The tag of -1 - n.
pub(super) const NEGATIVE: u64 = 3;
/// The tag of `[exponent, mantissa]`.
pub(super) const DECIMAL: u64 = 4;

/// `unscaled` times ten to the power of `exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) unscaled: BigInt,
    pub(super) exponent: i32,
}

impl Decimal {
    /// Reads a valid JSON number, digit by digit.
    ///
    /// # Errors
    /// Refuses too many digits and exponents beyond 32 bits.
    pub(super) fn parse(number: &[u8]) -> Result<Decimal, &'static str> {
        let (mantissa, exponent) = match number.iter().position(|byte| byte | 0x20 == b'e') {
            Some(e) => (number.get(..e).unwrap_or_default(), number.get(e + 1..).unwrap_or_default()),
            None => (number, &b"0"[..]),
        };
        if mantissa.len() > MOST_DIGITS + 2 {
            return Err(TOO_LONG);
        }
        let beyond = "a number's exponent is beyond 32 bits";
        let exponent: i64 = from_utf8(exponent).ok().and_then(|text| text.parse().ok()).ok_or(beyond)?;
        let fraction = mantissa.iter().position(|byte| *byte == b'.').map_or(0, |point| mantissa.len() - point - 1);
        let digits: Vec<u8> = mantissa.iter().copied().filter(|byte| *byte != b'.').collect();
        let unscaled = BigInt::parse_bytes(&digits, 10).ok_or("it is no number")?;
        let exponent = exponent.checked_sub(fraction as i64).and_then(|exponent| i32::try_from(exponent).ok());
        Ok(Decimal { unscaled, exponent: exponent.ok_or(beyond)? })
    }

    /// Returns the same number as an integer times ten to the power of minus `scale`, if there is one.
    pub(super) fn at_scale(self, scale: i32) -> Option<BigInt> {
        let shift = i64::from(self.exponent) + i64::from(scale);
        if shift == 0 || self.unscaled.sign() == Sign::NoSign {
            return Some(self.unscaled);
        }
        let power = u32::try_from(shift.unsigned_abs()).ok().filter(|power| *power as usize <= MOST_DIGITS)?;
        let factor = BigInt::from(10).pow(power);
        if shift > 0 {
            return Some(self.unscaled * factor);
        }
        let quotient = &self.unscaled / &factor;
        (&quotient * factor == self.unscaled).then_some(quotient)
    }

    /// Appends it as JSON: without exponent, and with as many places as it has, where that isn't too long.
    pub(super) fn append_json(&self, out: &mut Vec<u8>) {
        let digits = self.unscaled.magnitude().to_string();
        let exponent = i64::from(self.exponent);
        if self.unscaled.sign() == Sign::Minus {
            out.push(b'-');
        }
        let zeros = -exponent - digits.len() as i64;
        if exponent == 0 {
            out.extend_from_slice(digits.as_bytes());
        } else if exponent > 0 || zeros > MOST_ZEROS {
            out.extend_from_slice(format!("{digits}e{exponent}").as_bytes());
        } else if zeros >= 0 {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', zeros as usize));
            out.extend_from_slice(digits.as_bytes());
        } else {
            let (whole, fraction) = digits.split_at(-zeros as usize);
            out.extend_from_slice(format!("{whole}.{fraction}").as_bytes());
        }
    }

    /// Appends it with CBOR's tag 4.
    pub(super) fn append_cbor(&self, out: &mut Vec<u8>) {
        encode(out, |encoder| encoder.tag(minicbor::data::Tag::new(DECIMAL))?.array(2)?.i32(self.exponent).map(drop));
        append_integer(&self.unscaled, out);
    }
}

/// Appends an integer as CBOR: with tag 2 or 3 where it doesn't fit otherwise.
pub(super) fn append_integer(integer: &BigInt, out: &mut Vec<u8>) {
    if let Some(int) = i128::try_from(integer).ok().and_then(|integer| Int::try_from(integer).ok()) {
        return encode(out, |encoder| encoder.int(int).map(drop));
    }
    // A negative n is written as -1 - n.
    let (tag, magnitude) = match integer.sign() {
        Sign::Minus => (NEGATIVE, (-integer - 1_u8).magnitude().to_bytes_be()),
        _ => (POSITIVE, integer.magnitude().to_bytes_be()),
    };
    encode(out, |encoder| encoder.tag(minicbor::data::Tag::new(tag))?.bytes(&magnitude).map(drop));
}

/// Appends a number as Java writes it (`Double.toString`); it must be finite.
pub(super) fn append_as_java<T: std::fmt::Debug + std::fmt::LowerExp>(number: T, magnitude: f64, out: &mut Vec<u8>) {
    let start = out.len();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return append_shown(format_args!("{number:?}"), out);
    }
    append_shown(format_args!("{number:e}"), out);
    let Some(e) = out.iter().skip(start).position(|byte| *byte == b'e').map(|e| start + e) else { return };
    if let Some(letter) = out.get_mut(e) {
        *letter = b'E';
    }
    if !out.get(start..e).unwrap_or_default().contains(&b'.') {
        out.splice(e..e, *b".0");
    }
}

/// Appends a decimal as Java writes it (`BigDecimal.toString`).
pub(super) fn append_decimal_as_java(unscaled: &BigInt, scale: i32, out: &mut Vec<u8>) {
    let digits = unscaled.magnitude().to_string();
    let adjusted = digits.len() as i64 - 1 - i64::from(scale);
    if unscaled.sign() == Sign::Minus {
        out.push(b'-');
    }
    if scale == 0 {
        out.extend_from_slice(digits.as_bytes());
    } else if scale > 0 && adjusted >= -6 {
        let places = scale as usize;
        let digits = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        append_shown(format_args!("{whole}.{fraction}"), out);
    } else {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        append_shown(format_args!("{first}{point}{rest}"), out);
        if adjusted != 0 {
            append_shown(format_args!("E{adjusted:+}"), out);
        }
    }
}

/// Returns how Java (Jackson) writes a number that JSON doesn't have.
pub(super) fn not_finite(number: f64) -> Option<&'static [u8]> {
    match number {
        _ if number.is_finite() => None,
        _ if number.is_nan() => Some(b"\"NaN\""),
        _ if number > 0.0 => Some(b"\"Infinity\""),
        _ => Some(b"\"-Infinity\""),
    }
}

/// Appends what is shown.
pub(super) fn append_shown(shown: std::fmt::Arguments<'_>, out: &mut Vec<u8>) {
    // Writing to a vector can't fail.
    out.write_fmt(shown).unwrap_or_default();
}

/// Returns the number of a half (IEEE 754 binary16).
pub(super) fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_places() {
        let pairs = [
            ("1.10", "1.10"),
            ("-0.05", "-0.05"),
            ("1e400", "1e400"),
            ("1E+2", "1e2"),
            ("1.5e-2", "0.015"),
            ("12e0", "12"),
            ("0.00", "0.00"),
            ("1.5e3", "15e2"),
            ("1e-400", "1e-400"),
        ];
        for (text, expected) in pairs {
            let mut out = Vec::new();
            Decimal::parse(text.as_bytes()).unwrap().append_json(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        assert!(Decimal::parse(b"1e3000000000").is_err());
        assert!(Decimal::parse(format!("0.{}", "1".repeat(1_001)).as_bytes()).is_err());
    }

    #[test]
    fn doubles_are_written_as_java_does() {
        let pairs = [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (-0.0, "-0.0"),
            (9_999_999.0, "9999999.0"),
            (f64::MAX, "1.7976931348623157E308"),
        ];
        for (number, expected) in pairs {
            let mut out = Vec::new();
            append_as_java(number, number.abs(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn halves_are_numbers() {
        let pairs = [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960_464_477_539_063e-8), (0x7bff, 65504.0)];
        for (bits, number) in pairs {
            assert_eq!(half(bits), number);
        }
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
    }
}
