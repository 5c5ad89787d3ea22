//! Apache Kafka's own classes as the oracle: cases go to them, and their answers tell what is right.
//! `tests/oracle` has the Java program and the notation. How Airlock answers a case is not in here.

pub mod notation;
mod text;

pub mod case;
pub mod client;
pub mod compare;

pub mod draw;
