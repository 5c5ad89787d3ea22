//! Values with their schemas: Kafka Connect's data model (`org.apache.kafka.connect.data`), for plugins that work
//! on records by type.
//!
//! [`apply`] visits the rows of a batch that have a schema, each as a [`Datum`]: a [`Schema`] and a [`Value`]. What
//! a visit returns is written back, with another schema where it has one. Schemas are shared (`Rc`), so that one
//! that was seen before is told by its address: a [`SchemaCache`] does that for the ids of rows, and a [`Derived`]
//! for the schemas that a transform makes of others.
//!
//! ```
//! use airlock_sdk::data::{self, Datum, Derived, Kind, Outcome, Schema, SchemaCache, Value};
//! use airlock_sdk::{Batch, Config, Description, Error, Transform};
//! use std::rc::Rc;
//!
//! /// Adds the length of the field `name`, as a field of its own.
//! #[derive(Default)]
//! struct Measure {
//!     schemas: SchemaCache,
//!     longer: Derived,
//! }
//!
//! fn longer(schema: &Rc<Schema>) -> Result<Rc<Schema>, String> {
//!     let mut fields = schema.fields().ok_or("the value is no struct")?.to_vec();
//!     fields.push(data::Field::new("length", Schema::int32().optional()));
//!     let mut longer = schema.copy_basics(Kind::Struct(fields));
//!     longer.optional = schema.optional;
//!     Ok(Rc::new(longer))
//! }
//!
//! impl Transform for Measure {
//!     fn describe() -> Description {
//!         Description::new(["com.example.Measure"])
//!     }
//!
//!     fn configure(_: &Config, _class_name: &str) -> Result<Self, Error> {
//!         Ok(Self::default())
//!     }
//!
//!     fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
//!         let Self { schemas, longer: derived } = self;
//!         let values = batch.value();
//!         let rows = data::typed_rows(&values);
//!         data::apply(values, schemas, &rows, |_row, mut datum| {
//!             let length = match datum.get("name") {
//!                 Some(Value::String(name)) => Value::Int32(name.chars().count() as i32),
//!                 _ => Value::Null,
//!             };
//!             let Value::Struct(fields) = &mut datum.value else { return Ok(Outcome::Keep) };
//!             fields.push(length);
//!             let schema = derived.get(&datum.schema, longer)?;
//!             Ok(Outcome::Put(Datum { schema, value: datum.value }))
//!         })?;
//!         Ok(())
//!     }
//! }
//! # use airlock_sdk::{schemas, testing::{self, Row, Rows}};
//! # let schema = r#"{"type":"struct","fields":[{"type":"string","optional":false,"field":"name"}],"optional":false}"#;
//! # let id = schemas::intern(schema.as_bytes())?;
//! # let rows = Rows::new([Row::json(r#"{"name":"ada"}"#).schemas(0, id)]);
//! # testing::configure::<Measure>(&[])?.apply(&rows.batch())?;
//! # assert_eq!(rows.value(0), r#"{"name":"ada","length":3}"#);
//! # Ok::<(), Error>(())
//! ```

mod apply;
mod cache;
mod cbor;
mod decimal;
mod schema;
mod schema_json;
mod value;
mod value_json;

#[cfg(test)]
mod tests;

pub use apply::{Datum, Outcome, Read, apply, put, read, typed_rows};
pub use cache::{Derived, SchemaCache};
pub use decimal::Decimal;
pub use num_bigint::BigInt;
pub use schema::{Field, Kind, Logical, Schema};
pub use value::Value;

#[cfg(not(target_family = "wasm"))]
pub(crate) use cbor::decode;
pub(crate) use cbor::encode;
#[cfg(not(target_family = "wasm"))]
pub(crate) use value_json::{append as append_json, parse as from_json};

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Says where in a value something is wrong.
fn within(place: &str, what: String) -> String {
    format!("{place}: {what}")
}
