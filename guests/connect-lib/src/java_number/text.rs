//! Numbers to text: `Float.toString` and `Double.toString`. Until JDK 18 these are not always the shortest digits that
//! read back (2E23 is `1.9999999999999998E23`), so the digits come from the same steps: an estimate of the power of ten, then a digit at a time until what is left can't matter.

use num_bigint::BigInt;

/// How many bits a double's mantissa has behind its first.
const MANTISSA: i32 = 52;

/// The length of the longest text, in bytes: `-1.2345678901234567E-308`.
const LONGEST: usize = 24;

/// Returns the text of a double.
pub fn of_double(number: f64) -> String {
    let mantissa = number.to_bits() & ((1 << MANTISSA) - 1);
    let exponent = (number.to_bits() >> MANTISSA & 0x7ff) as i32;
    let binary = Binary::new(mantissa, exponent, (MANTISSA, 1023));
    written(number, binary)
}

/// Returns the text of a float.
pub fn of_float(number: f32) -> String {
    let mantissa = u64::from(number.to_bits() & 0x007f_ffff);
    let exponent = (number.to_bits() >> 23 & 0xff) as i32;
    let binary = Binary::new(mantissa, exponent, (23, 127));
    written(number.into(), binary)
}

fn written(number: f64, binary: Binary) -> String {
    let mut text = String::with_capacity(LONGEST);
    if number.is_sign_negative() && !number.is_nan() {
        text.push('-');
    }
    match number {
        _ if number.is_nan() => text.push_str("NaN"),
        _ if number.is_infinite() => text.push_str("Infinity"),
        _ if number == 0.0 => text.push_str("0.0"),
        _ => binary.digits().write(&mut text),
    }
    text
}

/// Digits behind `0.`, times ten to the power of `exponent`.
struct Digits {
    digits: String,
    exponent: i32,
}

impl Digits {
    fn write(&self, text: &mut String) {
        let digits = self.digits.as_str();
        match self.exponent {
            1..=7 => {
                let whole = self.exponent as usize;
                let (whole_digits, fraction) = digits.split_at_checked(whole).unwrap_or((digits, ""));
                text.push_str(whole_digits);
                (whole_digits.len()..whole).for_each(|_| text.push('0'));
                text.push('.');
                text.push_str(if fraction.is_empty() { "0" } else { fraction });
            }
            -2..=0 => {
                text.push_str("0.");
                (self.exponent..0).for_each(|_| text.push('0'));
                text.push_str(digits);
            }
            exponent => {
                let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
                text.push_str(first);
                text.push('.');
                text.push_str(if rest.is_empty() { "0" } else { rest });
                text.push('E');
                text.push_str(itoa::Buffer::new().format(exponent - 1));
            }
        }
    }

    /// Returns an integer's digits, less the last so many, which are rounded away.
    fn of_integer(number: u64, insignificant: u32) -> Self {
        let power = 10_u64.pow(insignificant);
        let rounded = number / power + u64::from(insignificant > 0 && number % power >= power >> 1);
        let mut buffer = itoa::Buffer::new();
        let all = buffer.format(rounded);
        let exponent = (all.len() as u32 + insignificant) as i32;
        Digits { digits: all.trim_end_matches('0').to_owned(), exponent }
    }

    /// Adds one to the last digit.
    fn round_up(mut self) -> Self {
        let kept = self.digits.trim_end_matches('9');
        match kept.char_indices().last() {
            None => Digits { digits: format!("1{}", "0".repeat(self.digits.len() - 1)), exponent: self.exponent + 1 },
            Some((at, last)) => {
                let next = char::from(last as u8 + 1);
                let zeros = "0".repeat(self.digits.len() - kept.len());
                let kept = kept.get(..at).unwrap_or_default();
                self.digits = format!("{kept}{next}{zeros}");
                self
            }
        }
    }
}

/// `mantissa` times two to the power of `exponent` - 52, where the mantissa's bit 52 is its first.
struct Binary {
    mantissa: u64,
    exponent: i32,
    /// How many bits of the mantissa the number really has.
    precision: i32,
}

impl Binary {
    fn new(mantissa: u64, exponent: i32, (bits, bias): (i32, i32)) -> Self {
        let (mantissa, exponent, precision) = if exponent == 0 {
            let shift = mantissa.leading_zeros() as i32 - (63 - bits);
            (mantissa.wrapping_shl(shift.unsigned_abs()), 1 - shift, bits + 1 - shift)
        } else {
            (mantissa | 1 << bits, exponent, bits + 1)
        };
        Binary { mantissa: mantissa << (MANTISSA - bits), exponent: exponent - bias, precision }
    }

    fn digits(&self) -> Digits {
        let length = MANTISSA + 1 - self.mantissa.trailing_zeros() as i32;
        let fraction = (length - self.exponent - 1).max(0);
        if fraction == 0 && (-21..=62).contains(&self.exponent) {
            let beyond = self.exponent - self.precision - 1;
            let insignificant = if beyond > 1 { (f64::from(beyond) * std::f64::consts::LOG10_2) as u32 } else { 0 };
            let shift = self.exponent - MANTISSA;
            let integer = if shift >= 0 { self.mantissa << shift } else { self.mantissa >> -shift };
            return Digits::of_integer(integer, insignificant);
        }
        self.ratio(length, fraction).digits()
    }

    /// Returns the power of ten at or just below the number, by its logarithm's tangent.
    #[allow(clippy::approx_constant, reason = "Java's constant has fewer digits, and the estimate must be Java's")]
    fn estimated_power(&self) -> i32 {
        let one_to_two = f64::from_bits(1023 << MANTISSA | self.mantissa & ((1 << MANTISSA) - 1));
        let slope = (one_to_two - 1.5) * 0.289529654 + 0.176091259;
        (slope + f64::from(self.exponent) * 0.301029995663981).floor() as i32
    }

    fn ratio(&self, length: i32, fraction: i32) -> Ratio {
        let power = self.estimated_power();
        let (fives, divisor_fives) = ((-power).max(0), power.max(0));
        let mut twos = fives + fraction + self.exponent;
        let mut divisor_twos = divisor_fives + fraction;
        let mut margin_twos = twos - self.precision;
        twos -= length - 1;
        let common = twos.min(divisor_twos);
        (twos, divisor_twos, margin_twos) = (twos - common, divisor_twos - common, margin_twos - common);
        if length == 1 {
            // Below a power of two the next number is half as far.
            margin_twos -= 1;
        }
        if margin_twos < 0 {
            (twos, divisor_twos, margin_twos) = (twos - margin_twos, divisor_twos - margin_twos, 0);
        }
        let bits = length + twos + bits_of_five(fives);
        let divisor_bits = divisor_twos + 1 + bits_of_five(divisor_fives + 1);
        let product =
            |number, fives: i32, twos: i32| Product { number, fives: fives.unsigned_abs(), twos: twos.unsigned_abs() };
        Ratio {
            number: product(self.mantissa >> self.mantissa.trailing_zeros(), fives, twos),
            divisor: product(1, divisor_fives, divisor_twos),
            margin: product(1, fives, margin_twos),
            power,
            width: bits.max(divisor_bits),
        }
    }
}

/// A number times powers of five and of two.
struct Product {
    number: u64,
    fives: u32,
    twos: u32,
}

impl Product {
    fn large(&self) -> BigInt {
        (BigInt::from(self.number) * BigInt::from(5).pow(self.fives)) << self.twos
    }

    /// Returns it, or the largest number of 64 bits.
    fn small(&self) -> i64 {
        let product = 5_u64.checked_pow(self.fives).and_then(|fives| self.number.checked_mul(fives));
        let shifted = product.filter(|product| product.leading_zeros() > self.twos).map(|product| product << self.twos);
        shifted.and_then(|product| i64::try_from(product).ok()).unwrap_or(i64::MAX)
    }
}

/// Returns how many bits a power of five has; of large ones, an upper bound.
fn bits_of_five(power: i32) -> i32 {
    match power {
        0 => 0,
        1..27 => (f64::from(power) * 5_f64.log2()) as i32 + 1,
        _ => power * 3,
    }
}

/// What the digits are taken from: `number / divisor`, and how far that may be off.
struct Ratio {
    number: Product,
    divisor: Product,
    margin: Product,
    power: i32,
    /// How many bits it takes to compute with them.
    width: i32,
}

/// A way to compute: in 32 and 64 bits Java's margin may overflow, and a tie above is not told as one.
trait Steps {
    /// Takes the next digit, and tells whether the rest is within the margin below, and above.
    fn next(&mut self) -> (u8, bool, bool);
    /// Compares the rest with one half.
    fn rest(&self) -> std::cmp::Ordering;
}

impl Ratio {
    fn digits(self) -> Digits {
        let power = self.power;
        if self.width < 64 {
            let (number, divisor, margin) = (self.number.small(), self.divisor.small(), self.margin.small());
            take(Small { number, divisor, margin, is_int: self.width < 32 }, power)
        } else {
            let (number, divisor, margin) = (self.number.large(), self.divisor.large(), self.margin.large());
            take(Large { tens: &divisor * 10, number, divisor, margin }, power)
        }
    }
}

fn take(mut steps: impl Steps, mut power: i32) -> Digits {
    let mut digits = String::with_capacity(LONGEST);
    let (first, mut low, mut high) = steps.next();
    if first == 0 && !high {
        power -= 1;
    } else {
        digits.push(char::from(b'0' + first));
    }
    if !(-3..8).contains(&power) {
        // The form with an exponent always has two digits.
        (low, high) = (false, false);
    }
    while !low && !high {
        let digit;
        (digit, low, high) = steps.next();
        digits.push(char::from(b'0' + digit));
    }
    let is_odd = digits.bytes().last().is_some_and(|digit| digit & 1 == 1);
    let found = Digits { digits, exponent: power + 1 };
    let up = high && (!low || steps.rest().is_gt() || (steps.rest().is_eq() && is_odd));
    if up { found.round_up() } else { found }
}

struct Small {
    number: i64,
    divisor: i64,
    margin: i64,
    is_int: bool,
}

impl Small {
    fn cut(&self, number: i64) -> i64 {
        if self.is_int { i64::from(number as i32) } else { number }
    }
}

impl Steps for Small {
    fn next(&mut self) -> (u8, bool, bool) {
        let digit = (self.number / self.divisor) as u8;
        self.number = 10 * (self.number % self.divisor);
        self.margin = self.cut(self.margin.wrapping_mul(10));
        if self.margin <= 0 {
            return (digit, true, true);
        }
        let above = self.cut(self.number.wrapping_add(self.margin));
        (digit, self.number < self.margin, above > self.divisor * 10)
    }

    fn rest(&self) -> std::cmp::Ordering {
        self.cut(self.number.wrapping_shl(1).wrapping_sub(self.divisor * 10)).cmp(&0)
    }
}

struct Large {
    number: BigInt,
    divisor: BigInt,
    margin: BigInt,
    tens: BigInt,
}

impl Steps for Large {
    fn next(&mut self) -> (u8, bool, bool) {
        let Large { number, divisor, margin, .. } = self;
        let digit = &*number / &*divisor;
        *number = (&*number - &digit * &*divisor) * 10;
        *margin *= 10;
        (u8::try_from(&digit).unwrap_or(0), *number < *margin, &*number + &*margin >= self.tens)
    }

    fn rest(&self) -> std::cmp::Ordering {
        (&self.number << 1_u32).cmp(&self.tens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_by_jdk_17() {
        for (number, text) in [
            (0.002, "0.002"),
            (2e23, "1.9999999999999998E23"),
            (1e23, "9.999999999999999E22"),
            (8.41e21, "8.409999999999999E21"),
            (5e-324, "4.9E-324"),
            (2.2e-322, "2.2E-322"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::MAX, "1.7976931348623157E308"),
            (9_999_999.999_999_998, "9999999.999999998"),
            (1e7, "1.0E7"),
            (0.001, "0.001"),
            (9.999e-4, "9.999E-4"),
            (-123.0, "-123.0"),
            (-0.0, "-0.0"),
            (9_007_199_254_740_992.0, "9.007199254740992E15"),
            (123_456_789_012_345_680.0, "1.2345678901234568E17"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(of_double(number), text);
        }
    }

    #[test]
    fn floats_are_written_as_by_jdk_17() {
        let of_bits = |bits| of_float(f32::from_bits(bits));
        for (number, text) in [(2e23, "2.0E23"), (0.1, "0.1"), (1e-3, "0.001"), (16_777_216.0, "1.6777216E7")] {
            assert_eq!(of_float(number), text);
        }
        // Here Java's integers of 32 bits overflow.
        assert_eq!((of_bits(0xbd23_f8c9), of_bits(0x3d21_d5a9)), ("-0.040032182".into(), "0.039510403".into()));
        assert_eq!((of_bits(1), of_bits(0x5bdb_4da6)), ("1.4E-45".into(), "1.23456791E17".into()));
    }
}
