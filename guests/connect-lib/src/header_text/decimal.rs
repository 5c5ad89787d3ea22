//! Numbers in texts: the smallest type that holds them.

use airlock_sdk::data::{BigInt, Decimal, Value};

use super::digits;
use super::merge::{Type, Typed};

/// A decimal number by its digits, without zeros before the first: `digits` divided by ten to the power of `scale`.
struct Number {
    sign: &'static str,
    digits: String,
    scale: i32,
}

/// Returns a number with the type that Kafka infers; none where the text is no `BigDecimal`.
pub(super) fn parse(text: &str) -> Option<Typed> {
    let number = Number::parse(text)?;
    Some(number.whole().map(smallest).unwrap_or_else(|| number.fraction()))
}

fn smallest(number: i64) -> Typed {
    if let Ok(number) = i8::try_from(number) {
        Typed::new(Type::Int8, Value::Int8(number))
    } else if let Ok(number) = i16::try_from(number) {
        Typed::new(Type::Int16, Value::Int16(number))
    } else if let Ok(number) = i32::try_from(number) {
        Typed::new(Type::Int32, Value::Int32(number))
    } else {
        Typed::new(Type::Int64, Value::Int64(number))
    }
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let (sign, mut rest) = sign(text);
        let mut digits = digits::take(&mut rest);
        let mut places = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction;
            let fraction = digits::take(&mut rest);
            places = i64::try_from(fraction.len()).ok()?;
            digits += &fraction;
        }
        if digits.is_empty() {
            return None;
        }
        let exponent = if rest.is_empty() { 0 } else { exponent(rest.strip_prefix(['e', 'E'])?)? };
        let digits = digits.trim_start_matches('0').to_owned();
        Some(Self { sign, digits, scale: i32::try_from(places - i64::from(exponent)).ok()? })
    }

    /// Returns the number where it is whole and has 64 bits.
    fn whole(&self) -> Option<i64> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let length = self.digits.len() as i64 - i64::from(self.scale);
        if !(1..=19).contains(&length) {
            return None;
        }
        let (whole, fraction) = self.digits.split_at_checked(length as usize).unwrap_or((&self.digits, ""));
        let is_whole = fraction.bytes().all(|digit| digit == b'0');
        let whole = format!("{}{whole:0<width$}", self.sign, width = length as usize);
        whole.parse().ok().filter(|_| is_whole)
    }

    /// Returns a float where it is within the range of floats, however it is rounded; else a double, else a decimal.
    fn fraction(&self) -> Typed {
        let text = format!("{}{}e{}", self.sign, self.digits, -i64::from(self.scale));
        let has_scale = self.scale != 0;
        let float = text.parse::<f32>().ok().filter(|float| float.is_finite() && has_scale);
        let double = || text.parse::<f64>().ok().filter(|double| double.is_finite() && has_scale);
        if let Some(float) = float {
            return Typed::new(Type::Float32, Value::Float32(float));
        }
        if let Some(double) = double() {
            return Typed::new(Type::Float64, Value::Float64(double));
        }
        let unscaled = BigInt::parse_bytes(format!("{}{}", self.sign, self.digits).as_bytes(), 10);
        Typed::new(Type::Bytes, Value::Decimal(Decimal::new(unscaled.unwrap_or_default(), self.scale)))
    }
}

fn sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

fn exponent(text: &str) -> Option<i32> {
    let (sign, mut rest) = sign(text);
    let digits = digits::take(&mut rest);
    format!("{sign}{digits}").parse().ok().filter(|_| rest.is_empty())
}
