//! A record for each element of an array.

#[cfg(test)]
mod cases;
mod explode;
mod found;
mod typed_rows;

airlock_sdk::export!(transforms: [explode::Explode]);
