//! Schemas that were seen before: by id, by address, and what was made of them.

use std::collections::HashMap;
use std::rc::Rc;

use super::schema::Schema;
use crate::schemas;

/// Up to how many addresses are remembered. A plugin that makes its schemas anew for each row fills that; then it
/// starts again.
const ADDRESSES: usize = 1_000;

/// The schemas of rows by id, and the ids of schemas: kept in the plugin, as ids live as long as the instance. Each
/// schema is parsed once, and interned once.
#[derive(Debug, Default)]
pub struct SchemaCache {
    schemas: HashMap<u32, Rc<Schema>>,
    ids: HashMap<Rc<Schema>, u32>,
    by_address: ByAddress<u32>,
}

impl SchemaCache {
    /// Returns the schema that an id stands for, always the same.
    ///
    /// # Errors
    /// There is no such id, or its schema is none of Kafka's.
    pub fn schema(&mut self, id: u32) -> Result<Rc<Schema>, String> {
        if let Some(schema) = self.schemas.get(&id) {
            return Ok(Rc::clone(schema));
        }
        let json = schemas::json(id).ok_or_else(|| format!("there is no schema {id}"))?;
        let schema = Rc::new(Schema::from_json(&json)?);
        self.schemas.insert(id, Rc::clone(&schema));
        self.ids.entry(Rc::clone(&schema)).or_insert(id);
        Ok(schema)
    }

    /// Returns the id of a schema, which the host gives to those that it didn't know.
    ///
    /// # Errors
    /// The host refuses the schema, and says why.
    pub fn id(&mut self, schema: &Rc<Schema>) -> Result<u32, String> {
        if let Some(id) = self.by_address.get(schema) {
            return Ok(*id);
        }
        let id = match self.ids.get(schema) {
            Some(id) => *id,
            None => schemas::intern(&schema.to_json()).map_err(|error| error.to_string())?,
        };
        self.ids.insert(Rc::clone(schema), id);
        self.by_address.insert(schema, id);
        Ok(id)
    }
}

/// What is made of schemas, such as the schema with one more field: made once for each, told by its address. Kafka's
/// transforms have it as `schemaUpdateCache`.
///
/// ```
/// use airlock_sdk::data::{Derived, Schema};
/// use std::rc::Rc;
/// let (schema, mut made) = (Rc::new(Schema::int32()), 0);
/// let mut optional: Derived = Derived::default();
/// for _ in 0..3 {
///     let derived = optional.get(&schema, |schema| {
///         made += 1;
///         Ok(Rc::new(Schema::clone(schema).optional()))
///     })?;
///     assert!(derived.optional);
/// }
/// assert_eq!(made, 1);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Derived<T = Rc<Schema>> {
    made: ByAddress<Result<T, String>>,
}

impl<T: Clone> Derived<T> {
    /// Returns what is made of a schema.
    ///
    /// # Errors
    /// What `make` said is wrong with it, now or before.
    pub fn get(
        &mut self,
        schema: &Rc<Schema>,
        make: impl FnOnce(&Rc<Schema>) -> Result<T, String>,
    ) -> Result<T, String> {
        if let Some(made) = self.made.get(schema) {
            return made.clone();
        }
        let made = make(schema);
        self.made.insert(schema, made.clone());
        made
    }
}

impl<T> Default for Derived<T> {
    fn default() -> Self {
        Derived { made: ByAddress::default() }
    }
}

/// What is known of schemas by their address, which they keep as they are held here.
#[derive(Debug)]
struct ByAddress<T> {
    known: HashMap<*const Schema, (Rc<Schema>, T)>,
}

impl<T> ByAddress<T> {
    fn get(&self, schema: &Rc<Schema>) -> Option<&T> {
        self.known.get(&Rc::as_ptr(schema)).map(|(_, known)| known)
    }

    fn insert(&mut self, schema: &Rc<Schema>, known: T) {
        if self.known.len() >= ADDRESSES {
            self.known.clear();
        }
        self.known.insert(Rc::as_ptr(schema), (Rc::clone(schema), known));
    }
}

impl<T> Default for ByAddress<T> {
    fn default() -> Self {
        ByAddress { known: HashMap::new() }
    }
}
