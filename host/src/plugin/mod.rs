//! The sandbox: components, their instances, and the guests that the pipeline drives. The only folder that
//! imports wasmtime. Knows nothing of Kafka.
//!
//! Reading order: [`catalog`] (which components there are), `component` (one of them, linked), `instance`
//! (one live copy, and the one door into it), then [`guests`] (made for a
//! task) and their kinds: [`transform`], [`sink`], [`source`], [`connector`]. `imports` is what they may call, [`capability`] what they may reach, [`limits`] how much
//! they may use.

pub mod account;
pub mod built_in;
pub mod catalog;
pub mod describe;
mod names;
mod store;

pub mod inspect;

pub mod cache;
pub mod compile;
mod engine;

mod component;
mod instance;
pub mod limits;
mod meter;
mod state;
mod stderr;
mod words;

pub mod capability;

mod bindings;
mod imports;

pub mod connector;
mod guest;
pub mod guests;
pub mod sink;
pub mod source;
pub mod transform;
