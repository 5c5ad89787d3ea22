//! Text to numbers: `Long.parseLong` and its kin, `Float.parseFloat`, `Double.parseDouble`.

/// The zeros of the decimal digits that `Character.digit` knows in JDK 17, of one UTF-16 unit each. Nine digits
/// follow each.
const ZEROS: [u32; 37] = [
    0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// Returns what digit a character is, in any script (`Character.digit(c, 10)`).
pub fn digit(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let code = u32::from(character);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= code)?;
    Some(code - zero).filter(|digit| *digit < 10)
}

/// Reads an integer that fits `T`: `Byte.parseByte` to `Long.parseLong`. No blanks; a sign may come first.
pub fn integer<T: TryFrom<i128>>(text: &str) -> Option<T> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut number: i128 = 0;
    for character in digits.chars() {
        // Beyond 64 bits no more digits matter.
        number = (number * 10 + i128::from(digit(character)?)).min(i128::from(u64::MAX));
    }
    let number = if text.starts_with('-') { -number } else { number };
    T::try_from(number).ok().filter(|_| !digits.is_empty())
}

/// Reads a double: `Double.parseDouble`.
pub fn double(text: &str) -> Option<f64> {
    let (negative, number) = unsigned(text);
    let magnitude = match number {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => match hexadecimal(number) {
            Some(number) => number?.rounded(53, -1074),
            None => decimal(number)?.parse().ok()?,
        },
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Reads a float: `Float.parseFloat`. It is rounded once, not by way of a double.
pub fn float(text: &str) -> Option<f32> {
    let (negative, number) = unsigned(text);
    let magnitude = match number {
        "NaN" => f32::NAN,
        "Infinity" => f32::INFINITY,
        _ => match hexadecimal(number) {
            Some(number) => number?.rounded(24, -149) as f32,
            None => decimal(number)?.parse().ok()?,
        },
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Takes away the blanks that `String.trim` does, and the sign.
fn unsigned(text: &str) -> (bool, &str) {
    let text = text.trim_matches(|character| character <= ' ');
    (text.starts_with('-'), text.strip_prefix(['+', '-']).unwrap_or(text))
}

/// Returns digits, a point and an exponent in the form that Rust reads, without the `f` or `d` at their end.
fn decimal(text: &str) -> Option<&str> {
    let number = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = are_digits(whole) && are_digits(fraction) && whole.len() + fraction.len() > 0;
    (is_number && are_digits(power) && !power.is_empty()).then_some(number)
}

/// `bits` times two to the power of `exponent`, and a bit more where `more`.
struct Hexadecimal {
    bits: u64,
    exponent: i64,
    more: bool,
}

/// Reads `0x1.8p3`; none where it doesn't begin so, and nothing in it where it isn't well formed.
fn hexadecimal(text: &str) -> Option<Option<Hexadecimal>> {
    let number = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    Some(hexadecimal_digits(number))
}

fn hexadecimal_digits(number: &str) -> Option<Hexadecimal> {
    let number = number.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(number);
    let (mantissa, power) = number.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
    if whole.len() + fraction.len() == 0 || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let far = if power.starts_with('-') { i64::from(i32::MIN) } else { i64::from(i32::MAX) };
    let power = power.parse::<i32>().map_or(far, i64::from);
    let mut read = Hexadecimal { bits: 0, exponent: power - 4 * fraction.len() as i64, more: false };
    for character in whole.chars().chain(fraction.chars()) {
        let digit = character.to_digit(16)?;
        if read.bits >> 60 == 0 {
            read.bits = read.bits << 4 | u64::from(digit);
        } else {
            read.exponent += 4;
            read.more |= digit != 0;
        }
    }
    Some(read)
}

impl Hexadecimal {
    /// Rounds to so many bits, none of them below two to the power of `lowest`; halves go to the even neighbour.
    fn rounded(&self, bits: i64, lowest: i64) -> f64 {
        if self.bits == 0 {
            return 0.0;
        }
        let length = i64::from(u64::BITS - self.bits.leading_zeros());
        if length + self.exponent > 2_000 {
            return f64::INFINITY;
        }
        let dropped = (length - bits).max(lowest - self.exponent).max(0);
        if dropped > 64 {
            return 0.0;
        }
        let whole = u128::from(self.bits) >> dropped;
        let rest = u128::from(self.bits) - (whole << dropped);
        let half = (1_u128 << dropped) / 2;
        let above = rest > half || (rest == half && self.more && dropped > 0);
        let up = dropped > 0 && (above || (rest == half && whole & 1 == 1));
        let exponent = (self.exponent + dropped) as i32;
        // In two steps, since two to the power of -1074 is no product of normal numbers.
        let (first, second) = (exponent / 2, exponent - exponent / 2);
        (whole as f64 + f64::from(up)) * 2_f64.powi(first) * 2_f64.powi(second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_any_script_and_never_beyond_their_type() {
        assert_eq!(integer::<i8>("-128"), Some(-128));
        assert_eq!(integer::<i64>("+9223372036854775807"), Some(i64::MAX));
        assert_eq!(integer::<i32>("٣४"), Some(34));
        assert_eq!(integer::<i64>("1"), Some(1));
        for text in ["", "+", "-", "--1", " 1", "1 ", "128", "1.0", "1e1", "0x1", "𝟏", "99999999999999999999999"] {
            assert_eq!(integer::<i8>(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_read_as_java_does() {
        for (text, wanted) in [("1.5", 1.5), (" +1e3f\n", 1000.0), (".5D", 0.5), ("5.", 5.0), ("0x1.8p1", 3.0)] {
            assert_eq!(double(text), Some(wanted), "{text}");
        }
        for (text, wanted) in [("-Infinity", f64::NEG_INFINITY), ("1e999", f64::INFINITY), ("0x.8p-1074", 0.0)] {
            assert_eq!(double(text), Some(wanted), "{text}");
        }
        assert_eq!(double("0x.80001P-1073d"), Some(5e-324));
        assert!(double("-0").is_some_and(|zero| zero == 0.0 && zero.is_sign_negative()));
        assert!(double("-NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "e1", "1e", "inf", "nan", "1_0", "0x1", "0xp1", "1ff", "1,5", "٣", "++1", "- 1"] {
            assert_eq!(double(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_rounded_once() {
        assert_eq!(float("0x1.000001000001p0"), Some(1.0 + f32::EPSILON));
        assert_eq!(float("3.4028236e38"), Some(f32::INFINITY));
        assert_eq!(float("1.00000005960464484"), Some(1.0 + f32::EPSILON));
    }
}
