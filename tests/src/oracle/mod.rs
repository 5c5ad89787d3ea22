//! Apache Kafka's own classes as the oracle: cases go to them, and their answers tell what is right.
//! `tests/oracle` has the Java program and the notation; `ours` is how Airlock answers, and `trial` compares the two.

pub mod notation;
mod text;

pub mod bridge;
pub mod case;
pub mod client;
pub mod compare;
pub mod conversions;
mod fit;
pub mod listed;
pub mod listed_conversions;
pub mod ours;
pub mod trial;
pub mod typed_cbor;

pub mod draw;
