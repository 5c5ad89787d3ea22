//! The schemas of a task's rows, by id. Knows their JSON text only, not the values they describe.

use std::collections::HashMap;
use std::sync::Arc;

/// Schemas in the JSON form of Kafka's `JsonConverter`; equal schemas have equal ids, from 1 on.
#[derive(Debug, Default)]
pub struct SchemaTable {
    ids: HashMap<Vec<u8>, u32>,
    texts: Vec<Arc<[u8]>>,
}

impl SchemaTable {
    /// Returns the id of a schema, which is new where no equal one is known.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn intern(&mut self, schema: &[u8]) -> Result<u32, String> {
        if let Some(id) = self.ids.get(schema) {
            return Ok(*id);
        }
        serde_json::from_slice::<serde_json::Value>(schema)
            .map_err(|error| format!("the schema is no JSON: {error}"))?;
        self.texts.push(schema.into());
        let id = u32::try_from(self.texts.len()).map_err(|_| "there are too many schemas".to_owned())?;
        self.ids.insert(schema.to_vec(), id);
        Ok(id)
    }

    /// Returns the JSON text of a schema.
    pub fn get(&self, id: u32) -> Option<Arc<[u8]>> {
        self.texts.get(id.checked_sub(1)? as usize).cloned()
    }
}
