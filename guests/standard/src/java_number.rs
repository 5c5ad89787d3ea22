//! Floating-point numbers as text, as Java 17's `Double.toString` and `Float.toString` have it.
//!
//! Those are not always the shortest digits that read back as the same number: 2e23 is `1.9999999999999998E23`, and
//! the smallest double is `4.9E-324`. Java 19 changed that; what is here is Java 17's, the oldest that Connect runs on.
//! Digits are made one by one (Steele and White's method); what Java does besides is told where it is done.

use num_bigint::BigUint;

/// How many bits the fraction of a double has.
const FRACTION_BITS: i32 = 52;

/// Returns the text of a double, such as `1.0`, `1.0E10` or `NaN`: `Double.toString`.
pub(crate) fn double_to_string(number: f64) -> String {
    let bits = number.to_bits();
    let (fraction, exponent) = (bits & ((1 << FRACTION_BITS) - 1), (bits >> FRACTION_BITS) as i32 & 0x7ff);
    if !number.is_finite() || number == 0.0 {
        return special(number);
    }
    let binary = if exponent == 0 {
        Binary::subnormal(fraction, -1022)
    } else {
        Binary { fraction: fraction | 1 << FRACTION_BITS, exponent: exponent - 1023, precision: FRACTION_BITS + 1 }
    };
    signed(if number.is_sign_negative() { "-" } else { "" }, &binary)
}

/// Returns the text of a float: `Float.toString`.
pub(crate) fn float_to_string(number: f32) -> String {
    let bits = number.to_bits();
    let (fraction, exponent) = (bits & 0x7f_ffff, (bits >> 23) as i32 & 0xff);
    if !number.is_finite() || number == 0.0 {
        return special(f64::from(number));
    }
    let fraction = u64::from(fraction) << (FRACTION_BITS - 23);
    let binary = if exponent == 0 {
        let mut binary = Binary::subnormal(fraction, -126);
        binary.precision -= FRACTION_BITS - 23;
        binary
    } else {
        Binary { fraction: fraction | 1 << FRACTION_BITS, exponent: exponent - 127, precision: 24 }
    };
    signed(if number.is_sign_negative() { "-" } else { "" }, &binary)
}

fn special(number: f64) -> String {
    let words = match number {
        _ if number.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ if number.is_sign_negative() => "-0.0",
        _ => "0.0",
    };
    words.to_owned()
}

fn signed(sign: &str, binary: &Binary) -> String {
    format!("{sign}{}", binary.digits().text())
}

/// A number above zero: `fraction`, whose highest bit is bit 52, stands for 1 to 2; times two to `exponent`.
struct Binary {
    fraction: u64,
    exponent: i32,
    /// How many of the fraction's bits the type keeps.
    precision: i32,
}

/// Digits from the first that isn't zero, and the power of ten that the first stands for.
struct Digits {
    digits: Vec<u8>,
    exponent: i32,
}

/// How a digit was made: whether the number may end here, and on which side of it.
struct Ending {
    /// The digits so far are near enough from below.
    low: bool,
    /// One more in the last place is near enough from above.
    high: bool,
    /// Which of the two is nearer, where both are: above zero for the one from above.
    nearer: std::cmp::Ordering,
}

/// What the digits are made of: `value / unit` is the first digit and a rest, `margin / unit` half a last place.
/// Each is a number of ours times powers of two and five.
struct Scaled {
    fraction: u64,
    /// Exponents of two, and of five: of the value, the unit and the margin.
    twos: [i32; 3],
    fives: [i32; 3],
}

impl Binary {
    fn subnormal(fraction: u64, exponent: i32) -> Self {
        let missing = fraction.leading_zeros() as i32 - (63 - FRACTION_BITS);
        Self { fraction: fraction << missing, exponent: exponent - missing, precision: FRACTION_BITS + 1 - missing }
    }

    fn digits(&self) -> Digits {
        let used = FRACTION_BITS + 1 - self.fraction.trailing_zeros() as i32;
        let behind_point = (used - self.exponent - 1).max(0);
        if behind_point == 0 && self.exponent <= 62 {
            return self.whole();
        }
        let exponent = self.estimate();
        let (scaled, largest) = self.scaled(used, exponent);
        match largest {
            ..32 => small_digits_32(&scaled, exponent),
            32..64 => small_digits_64(&scaled, exponent),
            _ => large_digits(&scaled, exponent),
        }
    }

    /// Whole numbers below 2^63 have all their digits, but for those that the type can't tell: these are rounded
    /// off, as many as surely mean nothing.
    fn whole(&self) -> Digits {
        let shift = self.exponent - FRACTION_BITS;
        let mut number = if shift >= 0 { self.fraction << shift } else { self.fraction >> -shift };
        let meaningless = self.exponent - self.precision - 1;
        let dropped = if meaningless > 1 { (f64::from(meaningless) * std::f64::consts::LOG10_2) as u32 } else { 0 };
        let unit = 10_u64.pow(dropped);
        number = number / unit + u64::from(dropped > 0 && number % unit >= unit / 2);
        let text = number.to_string();
        let exponent = dropped as i32 + text.len() as i32 - 1;
        Digits { digits: text.trim_end_matches('0').bytes().map(|digit| digit - b'0').collect(), exponent }
    }

    /// Returns the power of ten of the first digit, or one more: Java's own linear guess at the logarithm, which
    /// decides where digits may end.
    fn estimate(&self) -> i32 {
        let mantissa = self.fraction as f64 / (1_u64 << FRACTION_BITS) as f64;
        let guess = (mantissa - 1.5) * 0.289529654 + 0.176091259 + f64::from(self.exponent) * std::f64::consts::LOG10_2;
        guess.floor() as i32
    }

    /// Returns what the digits are made of, and how many bits its largest numbers take.
    fn scaled(&self, used: i32, exponent: i32) -> (Scaled, i32) {
        let behind_point = (used - self.exponent - 1).max(0);
        let (value_five, unit_five) = ((-exponent).max(0), exponent.max(0));
        let mut value = value_five + behind_point + self.exponent;
        let mut unit = unit_five + behind_point;
        let mut margin = value - self.precision;
        value -= used - 1;
        let common = value.min(unit);
        value -= common;
        unit -= common;
        margin -= common;
        if used == 1 {
            // Below a power of two the next number is half as far away.
            margin -= 1;
        }
        let lack = (-margin).max(0);
        let twos = [value + lack, unit + lack, margin + lack];
        let value_bits = used + twos[0] + bits_of_five(value_five);
        let unit_bits = twos[1] + 1 + bits_of_five(unit_five + 1);
        let fraction = self.fraction >> (FRACTION_BITS + 1 - used);
        (Scaled { fraction, twos, fives: [value_five, unit_five, value_five] }, value_bits.max(unit_bits))
    }
}

/// Returns how many bits a power of five takes, or more where that is too many for 64 bits.
fn bits_of_five(power: i32) -> i32 {
    match power {
        0 => 0,
        1..27 => 64 - 5_u64.pow(power as u32).leading_zeros() as i32,
        _ => power * 3,
    }
}

/// Digits in machine words. Java's margin may overflow at the last digit, and so does this one.
macro_rules! small_digits {
    ($name:ident, $word:ty) => {
        fn $name(scaled: &Scaled, exponent: i32) -> Digits {
            let [value_two, unit_two, margin_two] = scaled.twos;
            let [value_five, unit_five, margin_five] = scaled.fives;
            let five: $word = 5;
            let mut value = (scaled.fraction as $word).wrapping_mul(five.wrapping_pow(value_five as u32)) << value_two;
            let unit = five.wrapping_pow(unit_five as u32) << unit_two;
            let mut margin = five.wrapping_pow(margin_five as u32) << margin_two;
            let ten_units = unit.wrapping_mul(10);
            develop(exponent, || {
                let digit = (value / unit) as u8;
                value = (value % unit).wrapping_mul(10);
                margin = margin.wrapping_mul(10);
                let overflows = margin <= 0;
                let nearer = value.wrapping_mul(2).wrapping_sub(ten_units).cmp(&0);
                let high = overflows || value.wrapping_add(margin) > ten_units;
                (digit, Ending { low: overflows || value < margin, high, nearer })
            })
        }
    };
}

small_digits!(small_digits_32, i32);
small_digits!(small_digits_64, i64);

/// Digits in numbers of any size. Unlike with words, one that is exactly half a last place away is near enough.
fn large_digits(scaled: &Scaled, exponent: i32) -> Digits {
    let power = |index: usize| {
        let (five, two) = (scaled.fives.get(index).copied(), scaled.twos.get(index).copied());
        BigUint::from(5_u8).pow(five.unwrap_or(0) as u32) << two.unwrap_or(0) as usize
    };
    let (mut value, unit, mut margin) = (power(0) * scaled.fraction, power(1), power(2));
    let ten_units = &unit * 10_u8;
    develop(exponent, || {
        let quotient = &value / &unit;
        let digit = quotient.iter_u32_digits().next().unwrap_or(0) as u8;
        value = (&value - quotient * &unit) * 10_u8;
        margin *= 10_u8;
        let nearer = (&value * 2_u8).cmp(&ten_units);
        (digit, Ending { low: value < margin, high: &value + &margin >= ten_units, nearer })
    })
}

/// Makes digits until one is near enough, and rounds the last.
fn develop(exponent: i32, mut next: impl FnMut() -> (u8, Ending)) -> Digits {
    let mut made = Digits { digits: Vec::new(), exponent };
    let (digit, mut ending) = next();
    if digit == 0 && !ending.high {
        // The guess was one too high.
        made.exponent -= 1;
    } else {
        made.digits.push(digit);
    }
    // What is written with an exponent has a second digit, so that Java makes one even where the first would do;
    // it counts 10,000,000 to 99,999,999 as written without.
    let mut ends = (-3..8).contains(&made.exponent) && (ending.low || ending.high);
    while !ends {
        let (digit, next_ending) = next();
        made.digits.push(digit);
        ending = next_ending;
        ends = ending.low || ending.high;
    }
    let is_odd = made.digits.last().is_some_and(|digit| digit % 2 == 1);
    if ending.high && (!ending.low || ending.nearer.is_gt() || (ending.nearer.is_eq() && is_odd)) {
        made.round_up();
    }
    made
}

impl Digits {
    fn round_up(&mut self) {
        while self.digits.last() == Some(&9) && self.digits.len() > 1 {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(digit) if *digit == 9 => {
                *digit = 1;
                self.exponent += 1;
            }
            Some(digit) => *digit += 1,
            None => {}
        }
    }

    fn text(&self) -> String {
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let trimmed = |digits: &str| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
        match self.exponent {
            0..7 => {
                let digits = format!("{digits:0<width$}", width = self.exponent as usize + 1);
                let (whole, rest) = digits.split_at_checked(self.exponent as usize + 1).unwrap_or((&digits, ""));
                format!("{whole}.{}", trimmed(rest))
            }
            -3..0 => format!("0.{}{digits}", "0".repeat((-1 - self.exponent) as usize)),
            exponent => {
                let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
                format!("{first}.{}E{exponent}", trimmed(rest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17 answered; it was asked for 1,400,000 drawn numbers as well.
    #[test]
    fn doubles_are_written_as_in_java() {
        let cases = [
            ("1.0", 0x3ff0_0000_0000_0000),
            ("100.0", 0x4059_0000_0000_0000),
            ("0.001", 0x3f50_624d_d2f1_a9fc),
            ("9.999E-4", 0x3f50_61e2_7327_3f09),
            ("1.0E7", 0x4163_12d0_0000_0000),
            ("9999999.0", 0x4163_12cf_e000_0000),
            ("1.2345678E7", 0x4167_8c29_c000_0000),
            ("0.002", 0x3f60_624d_d2f1_a9fc),
            ("1.9999999999999998E23", 0x44c5_2d02_c7e1_4af6),
            ("9.999999999999999E22", 0x44b5_2d02_c7e1_4af6),
            ("4.9E-324", 0x1),
            ("2.2E-322", 0x2d),
            ("1.7976931348623157E308", 0x7fef_ffff_ffff_ffff),
            ("5.6843418860808015E-14", 0x3d30_0000_0000_0000),
            ("8.409999999999999E21", 0x447c_7e83_209e_90b2),
            ("9.007199254740992E15", 0x4340_0000_0000_0000),
            ("9.223372036854776E18", 0x43e0_0000_0000_0000),
            ("-0.1", 0xbfb9_9999_9999_999a),
            ("1.0E-5", 0x3ee4_f8b5_88e3_68f1),
            ("1.2345678901234568E17", 0x437b_69b4_ba63_0f35),
            ("1.100000023841858", 0x3ff1_9999_a000_0000),
            ("4.35", 0x4011_6666_6666_6666),
            ("2.2250738585072014E-308", 0x10_0000_0000_0000),
            ("7.5449320956093522E18", 0x43da_2d3e_f109_4f4c),
            ("4.3225817678266135E-224", 0x1190_0000_0000_0000),
            ("1.18205023480132403E18", 0x43b0_677c_6d00_0000),
            ("1.9259299443872359E-34", 0x38f0_0000_0000_0000),
        ];
        for (text, bits) in cases {
            assert_eq!(double_to_string(f64::from_bits(bits)), text);
        }
        assert_eq!([f64::NAN, f64::NEG_INFINITY, -0.0].map(double_to_string), ["NaN", "-Infinity", "-0.0"]);
    }

    #[test]
    fn floats_are_written_as_in_java() {
        let cases = [
            ("1.0", 0x3f80_0000),
            ("1.1", 0x3f8c_cccd),
            ("3.4028235E38", 0x7f7f_ffff),
            ("1.4E-45", 0x1),
            ("1.0E10", 0x5015_02f9),
            ("0.001", 0x3a83_126f),
            ("9.8E-45", 0x7),
            ("1.6777216E7", 0x4b80_0000),
            ("3.3554432E7", 0x4c00_0000),
            ("1.17549435E-38", 0x80_0000),
            ("-2.5", 0xc020_0000),
            ("8.507059E37", 0x7e80_0000),
            ("1.0E7", 0x4b18_9680),
            ("0.002", 0x3b03_126f),
        ];
        for (text, bits) in cases {
            assert_eq!(float_to_string(f32::from_bits(bits)), text);
        }
        assert_eq!([f32::INFINITY, 0.0, -0.0].map(float_to_string), ["Infinity", "0.0", "-0.0"]);
    }
}
