//! Numbers as Java reads, converts and writes them. JDK 17 says what is right.

mod parse;
mod text;

pub use parse::{digit, double, float, integer};
pub use text::{of_double, of_float};

/// Returns the low 64 bits of an integer in decimal digits, which is what Java's `BigInteger.longValue` gives.
pub fn low_bits(number: &num_bigint::BigInt) -> i64 {
    let low = number.iter_u64_digits().next().unwrap_or(0).cast_signed();
    if number.sign() == num_bigint::Sign::Minus { low.wrapping_neg() } else { low }
}
