//! Numbers as Java reads, converts and writes them. JDK 17 says what is right.

mod parse;
mod text;

pub(crate) use parse::{digit, double, float, integer};
pub(crate) use text::{of_double, of_float};

/// Returns the low 64 bits of an integer in decimal digits, which is what Java's `BigInteger.longValue` gives.
pub(crate) fn low_bits(number: &num_bigint::BigInt) -> i64 {
    let low = number.iter_u64_digits().next().unwrap_or(0).cast_signed();
    if number.sign() == num_bigint::Sign::Minus { low.wrapping_neg() } else { low }
}
