//! Decimal numbers of any size.

use std::fmt;
use std::str::FromStr;

use num_bigint::{BigInt, Sign};

/// How many digits a number may get here; more take quadratic time, and the host refuses them.
const MOST_DIGITS: u32 = 1_000;

/// `unscaled` divided by ten to the power of `scale`: Java's `BigDecimal`. Equal ones have equal scales.
///
/// ```
/// use airlock_sdk::data::Decimal;
/// let price: Decimal = "12.50".parse()?;
/// assert_eq!((price.scale, price.to_string()), (2, "12.50".to_owned()));
/// assert_eq!(price.at_scale(1).map(|price| price.to_string()), Some("12.5".to_owned()));
/// assert_eq!(price.at_scale(0), None);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits, as one integer.
    pub unscaled: BigInt,
    /// How many of them are behind the point; may be negative.
    pub scale: i32,
}

impl Decimal {
    /// Returns a decimal.
    pub fn new(unscaled: impl Into<BigInt>, scale: i32) -> Self {
        Decimal { unscaled: unscaled.into(), scale }
    }

    /// Returns the same number with another scale; none where that needs more places, or more than 1,000 digits.
    pub fn at_scale(&self, scale: i32) -> Option<Decimal> {
        let shift = i64::from(scale) - i64::from(self.scale);
        if shift == 0 || self.unscaled.sign() == Sign::NoSign {
            return Some(Decimal { unscaled: self.unscaled.clone(), scale });
        }
        let factor = power_of_ten(shift.unsigned_abs())?;
        if shift > 0 {
            return Some(Decimal { unscaled: &self.unscaled * factor, scale });
        }
        let quotient = &self.unscaled / &factor;
        (&quotient * factor == self.unscaled).then_some(Decimal { unscaled: quotient, scale })
    }

    /// Returns the number without what is behind the point (`BigDecimal.toBigInteger`); none where that has more
    /// than 1,000 zeros at its end.
    pub fn to_integer(&self) -> Option<BigInt> {
        if self.unscaled.sign() == Sign::NoSign {
            return Some(BigInt::ZERO);
        }
        let factor = power_of_ten(u64::from(self.scale.unsigned_abs()));
        if self.scale <= 0 {
            return factor.map(|factor| &self.unscaled * factor);
        }
        if self.digits().len() <= self.scale as usize {
            Some(BigInt::ZERO)
        } else {
            factor.map(|factor| &self.unscaled / factor)
        }
    }

    /// Returns the nearest double (`BigDecimal.doubleValue`).
    pub fn to_f64(&self) -> f64 {
        format!("{}e{}", self.unscaled, -i64::from(self.scale)).parse().unwrap_or(f64::NAN)
    }

    /// Returns the number without an exponent (`BigDecimal.toPlainString`); none where that takes more than 1,000
    /// zeros.
    pub fn to_plain_string(&self) -> Option<String> {
        if self.scale < 0 {
            return self.at_scale(0).map(|whole| whole.unscaled.to_string());
        }
        (self.scale.unsigned_abs() <= MOST_DIGITS + self.digits().len() as u32).then(|| self.plain())
    }

    fn digits(&self) -> String {
        self.unscaled.magnitude().to_string()
    }

    /// Needs a scale that isn't negative.
    fn plain(&self) -> String {
        let sign = if self.unscaled.sign() == Sign::Minus { "-" } else { "" };
        let places = self.scale.max(0) as usize;
        let digits = format!("{:0>width$}", self.digits(), width = places + 1);
        let (whole, fraction) = digits.split_at_checked(digits.len() - places).unwrap_or((&digits, ""));
        let point = if places == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// As `BigDecimal.toString` has it: with an exponent where the scale is negative, and for numbers below 0.000001.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let exponent = digits.len() as i64 - 1 - i64::from(self.scale);
        if self.scale >= 0 && exponent >= -6 {
            return f.write_str(&self.plain());
        }
        let sign = if self.unscaled.sign() == Sign::Minus { "-" } else { "" };
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}")?;
        if exponent == 0 { Ok(()) } else { write!(f, "E{exponent:+}") }
    }
}

/// Reads what Java's `new BigDecimal(String)` does, up to 1,000 digits.
impl FromStr for Decimal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()),
            None => (text, Some(0)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let number = whole.strip_prefix(['+', '-']).unwrap_or(whole);
        let all_digits = number.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        let no_number = || "it is no decimal number".to_owned();
        if number.len() + fraction.len() > MOST_DIGITS as usize {
            return Err(format!("a number has more than {MOST_DIGITS} digits"));
        }
        let digits = format!("{whole}{fraction}");
        let unscaled = BigInt::parse_bytes(digits.as_bytes(), 10).filter(|_| all_digits).ok_or_else(no_number)?;
        let scale = exponent.map(|exponent| fraction.len() as i64 - i64::from(exponent));
        let scale = scale.and_then(|scale| i32::try_from(scale).ok()).ok_or_else(no_number)?;
        Ok(Decimal { unscaled, scale })
    }
}

fn power_of_ten(power: u64) -> Option<BigInt> {
    let power = u32::try_from(power).ok().filter(|power| *power <= MOST_DIGITS)?;
    Some(BigInt::from(10).pow(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_written_as_java_does() {
        let texts = ["0", "0.00", "-1.10", "123", "0.000001", "1E-7", "1.5E-10", "1E+2", "-1.23E+4", "0E-8"];
        for text in texts {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        assert_eq!(Decimal::new(5, i32::MAX).to_string(), "5E-2147483647");
        assert!(
            ["", ".", "1.-5", "1e", "0x1", "1e99999999999", "--1"].iter().all(|text| text.parse::<Decimal>().is_err())
        );
    }

    #[test]
    fn they_become_other_numbers() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(number("-12.99").to_integer(), Some(BigInt::from(-12)));
        assert_eq!(number("1E+3").to_integer(), Some(BigInt::from(1_000)));
        assert_eq!(Decimal::new(5, i32::MAX).to_integer(), Some(BigInt::ZERO));
        assert_eq!(Decimal::new(5, i32::MIN).to_integer(), None);
        assert_eq!(number("0.1").to_f64(), 0.1);
        assert_eq!(Decimal::new(5, i32::MIN).to_f64(), f64::INFINITY);
        assert_eq!(number("1E+3").to_plain_string().as_deref(), Some("1000"));
        assert_eq!(number("-1.5E-8").to_plain_string().as_deref(), Some("-0.000000015"));
    }
}
