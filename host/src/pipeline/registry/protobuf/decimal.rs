//! Decimals between `confluent.type.Decimal` and Connect, whose schemas know the scale.

use num_bigint::{BigInt, Sign};

/// How many bytes a number may have whose digits must be counted.
const MOST_BYTES: usize = 16 << 10;
/// How far scales may be apart.
const MOST_SHIFT: i64 = 10_000;

/// A message's fields.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) value: &'a [u8],
    pub(super) precision: u32,
    pub(super) scale: i32,
}

/// Returns the unscaled number that a decimal has at a schema's scale.
///
/// # Errors
/// Says why it has none.
pub(super) fn unscaled(parts: &Parts<'_>, scale: i32) -> Result<Vec<u8>, String> {
    if parts.value.is_empty() {
        return Err("a Decimal has no bytes".to_owned());
    }
    let number = BigInt::from_signed_bytes_be(parts.value);
    let (number, own) = rounded(number, parts)?;
    let shift = i64::from(scale) - own;
    if shift == 0 || number.sign() == Sign::NoSign {
        return Ok(number.to_signed_bytes_be());
    }
    let far = || format!("a Decimal has the scale {own}, too far from {scale}, its schema's");
    if shift.abs() > MOST_SHIFT {
        return Err(far());
    }
    let factor = BigInt::from(10).pow(u32::try_from(shift.abs()).map_err(|_| far())?);
    if shift > 0 {
        return Ok((number * factor).to_signed_bytes_be());
    }
    let (quotient, rest) = (&number / &factor, &number % &factor);
    match rest.sign() {
        Sign::NoSign => Ok(quotient.to_signed_bytes_be()),
        _ => {
            Err(format!("a Decimal has the scale {own}, its schema {scale} (the parameter `scale` of its field_meta)"))
        }
    }
}

/// Rounds to the precision, half up, as Java does.
fn rounded(number: BigInt, parts: &Parts<'_>) -> Result<(BigInt, i64), String> {
    let (wanted, scale) = (u64::from(parts.precision), i64::from(parts.scale));
    // A digit has more than 3.3 bits.
    if wanted == 0 || number.bits() * 10 / 33 < wanted {
        return Ok((number, scale));
    }
    let dropped = u64::from(precision(&number)?).saturating_sub(wanted);
    let Some(dropped) = u32::try_from(dropped).ok().filter(|dropped| *dropped > 0) else { return Ok((number, scale)) };
    let factor = BigInt::from(10).pow(dropped);
    let half = &factor / 2;
    let up = if number.sign() == Sign::Minus { &number - half } else { &number + half };
    let quotient = up / factor;
    let parts = Parts { value: &[], precision: parts.precision, scale: parts.scale.saturating_sub_unsigned(dropped) };
    // 99.9 has a digit more once it is rounded.
    rounded(quotient, &parts)
}

/// Counts the digits.
///
/// # Errors
/// Says that there are too many.
pub(super) fn precision(number: &BigInt) -> Result<u32, String> {
    if number.bits() > MOST_BYTES as u64 * 8 {
        return Err(format!("a Decimal has more than {MOST_BYTES} bytes"));
    }
    let digits = number.magnitude().to_string().len();
    u32::try_from(digits).map_err(|_| "a Decimal has too many digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: i64, (precision, own): (u32, i32), scale: i32) -> Result<BigInt, String> {
        let value = BigInt::from(number).to_signed_bytes_be();
        let parts = Parts { value: &value, precision, scale: own };
        unscaled(&parts, scale).map(|bytes| BigInt::from_signed_bytes_be(&bytes))
    }

    #[test]
    fn decimals_get_their_schemas_scale() {
        assert_eq!(at(-1234, (4, 2), 2), Ok((-1234).into()));
        assert_eq!(at(-1234, (0, 2), 4), Ok((-123_400).into()));
        assert_eq!(at(1200, (0, 2), 0), Ok(12.into()));
        assert_eq!(at(0, (1, 99), 0), Ok(0.into()));
        assert!(at(1234, (0, 2), 0).unwrap_err().contains("scale"));
        assert!(at(1, (0, i32::MIN), i32::MAX).unwrap_err().contains("too far"));
    }

    #[test]
    fn decimals_are_rounded_to_their_precision() {
        assert_eq!(at(1235, (3, 2), 2), Ok(1240.into()));
        assert_eq!(at(-1234, (3, 2), 2), Ok((-1230).into()));
        assert_eq!(at(9995, (3, 2), 2), Ok(10_000.into()));
        assert_eq!(
            unscaled(&Parts { value: &[], precision: 0, scale: 0 }, 0),
            Err("a Decimal has no bytes".to_owned())
        );
        let long = vec![1; 20 << 10];
        assert!(unscaled(&Parts { value: &long, precision: 5, scale: 0 }, 0).unwrap_err().contains("bytes"));
    }
}
