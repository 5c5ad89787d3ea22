//! Makes schemas ready before a batch is converted: fetches those that it was written with, registers those that
//! it is to be written with. Retries as the `errors.*` keys say, and does what else is due meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;
use tracing::warn;

use super::codec::{Decoder, Encoder, RegistryCodec, Written};
use super::format::{Definition, Referenced};
use crate::config::converter::WriteWith;
use crate::pipeline::batch::Batch;
use crate::pipeline::chain::{Caller, Hand};
use crate::pipeline::edges::{EdgeError, Reference, RegisteredSchema, RegistryError, SchemaText};
use crate::pipeline::failure::{Stop, TaskError};
use crate::record::{Part, Stage};

/// How many schemas one may refer to, directly or not.
const MOST_REFERENCES: usize = 200;
/// How many bytes they may have in all.
const MOST_TEXT: usize = 4 << 20;

/// What is made ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Preparation {
    /// What the batch's records were written with.
    Decode,
    /// What its live rows are to be written with.
    Encode,
}

impl Preparation {
    /// Makes all schemas ready that a batch needs. The batch is given up where the wait for them took it away.
    pub(in crate::pipeline) async fn run(self, batch: &Batch, caller: &mut dyn Caller) -> Result<Hand, Stop> {
        let contents = batch.contents().clone();
        for (part, content) in [(Part::Key, &contents.key), (Part::Value, &contents.value)] {
            let Some(codec) = content.registered() else { continue };
            let needs = codec.needs(self, batch);
            if !needs.is_empty() && codec.make_ready(needs, part, caller).await? == Hand::GivenUp {
                return Ok(Hand::GivenUp);
            }
        }
        Ok(Hand::Kept)
    }
}

/// A schema that isn't ready.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// What this was written with, met in this topic.
    Id(Written, String),
    /// What rows to this topic are written with that have this schema: its id in the task's table, and its text.
    Row(String, u32, Option<Arc<[u8]>>),
}

impl RegistryCodec {
    fn needs(&self, preparation: Preparation, batch: &Batch) -> BTreeSet<Need> {
        let mut ready = self.ready();
        // What failed for rows of an earlier batch is asked again.
        ready.decoders.retain(|_, decoder| decoder.is_ok());
        ready.encoders.retain(|_, encoder| encoder.is_ok());
        if ready.decoders.len() > self.config.cache {
            ready.decoders.clear();
        }
        if ready.encoders.len() > self.config.cache {
            ready.encoders.clear();
        }
        let mut needs = BTreeSet::new();
        match preparation {
            Preparation::Decode => {
                for (topic, bytes) in batch.undecoded(self.part) {
                    if let Ok((written, _)) = self.split(bytes)
                        && !ready.decoders.contains_key(&written)
                    {
                        needs.insert(Need::Id(written, topic.to_owned()));
                    }
                }
            }
            Preparation::Encode => {
                let mut last = None;
                for (topic, schema) in batch.unencoded(self.part) {
                    if last.replace((topic, schema)) != Some((topic, schema))
                        && !ready.encoders.contains_key(&(topic.to_owned(), schema))
                    {
                        needs.insert(Need::Row(topic.to_owned(), schema, batch.schema_text(schema)));
                    }
                }
            }
        }
        needs
    }

    async fn make_ready(&self, needs: BTreeSet<Need>, part: Part, caller: &mut dyn Caller) -> Result<Hand, Stop> {
        let stage = if part == Part::Key { Stage::KeyConverter } else { Stage::ValueConverter };
        let mut attempts = caller.policy().attempts();
        for need in needs {
            loop {
                // A task that is asked to stop waits for no registry.
                let error = match caller.policy().unless_stopped(self.provide(&need)).await? {
                    Ok(()) => break,
                    Err(error) => error,
                };
                let delay = match &error {
                    RegistryError::Retriable(_) => caller.policy().delay(&mut attempts),
                    _ => None,
                };
                let Some(delay) = delay else {
                    let error = match error {
                        RegistryError::Retriable(text) => {
                            EdgeError::Retriable(format!("{text}; tried for as long as errors.retry.timeout says"))
                        }
                        other => EdgeError::Fatal(other.to_string()),
                    };
                    return Err(TaskError::Edge { stage, error }.into());
                };
                warn!(stage = stage.as_str(), %error, "the schema registry doesn't answer, asking again");
                caller.metrics().retries.add(1);
                if caller.meanwhile(Instant::now() + delay).await? == Hand::GivenUp {
                    return Ok(Hand::GivenUp);
                }
            }
        }
        Ok(Hand::Kept)
    }

    /// Makes one schema ready; that rows are to blame is kept for them.
    async fn provide(&self, need: &Need) -> Result<(), RegistryError> {
        match need {
            Need::Id(written, topic) => {
                let decoder = rows_to_blame(self.decoder(written, topic).await)?;
                self.ready().decoders.insert(written.clone(), decoder.map(Arc::new));
            }
            Need::Row(topic, schema, text) => {
                let encoder = rows_to_blame(self.encoder(topic, text.as_deref()).await)?;
                self.ready().encoders.insert((topic.clone(), *schema), encoder.map(Arc::new));
            }
        }
        Ok(())
    }

    async fn decoder(&self, (id, message): &Written, topic: &str) -> Result<Decoder, RegistryError> {
        let found = self.registry.by_id(*id).await?;
        let references = self.references(&found).await?;
        let unfit = |problem| RegistryError::Rejected(format!("the schema of id {id}: {problem}"));
        let mut definition = Definition { text: &found.text, references: &references, version: None, message };
        let bare = self.conversion.decoder(definition).map_err(unfit)?;
        let Ok(subject) = self.subject(topic, bare.record_name()) else {
            return Ok(Decoder { values: bare, schema: Mutex::default() });
        };
        definition.version = self.registry.version(*id, &subject).await?;
        let values = self.conversion.decoder(definition).map_err(unfit)?;
        Ok(Decoder { values, schema: Mutex::default() })
    }

    async fn encoder(&self, topic: &str, schema: Option<&[u8]>) -> Result<Encoder, RegistryError> {
        let values = self.conversion.encoder(schema).map_err(RegistryError::Rejected)?;
        let text = values.text().map_err(RegistryError::Rejected)?;
        let subject = self.subject(topic, values.record_name()).map_err(RegistryError::Rejected)?;
        let own = SchemaText { subject: &subject, schema_type: self.config.format.schema_type(), text: &text };
        let found = match self.config.write_with {
            WriteWith::Registered => {
                let id = self.registry.register(own).await?;
                return Ok(Encoder { values, id });
            }
            WriteWith::LookedUp => {
                let id = self.registry.look_up(own).await?;
                return Ok(Encoder { values, id });
            }
            WriteWith::Latest => self.registry.of_subject(&subject, None).await?,
            WriteWith::Id(id) => self.registry.by_id(id).await?,
        };
        let references = self.references(&found).await?;
        let definition = Definition { text: &found.text, references: &references, version: None, message: &[] };
        let values = values.with_schema(definition).map_err(|problem| {
            RegistryError::Rejected(format!("the schema of id {} does not fit: {problem}", found.id))
        })?;
        Ok(Encoder { values, id: found.id })
    }

    /// Returns the schemas that one names, each behind those that it names itself.
    async fn references(&self, schema: &RegisteredSchema) -> Result<Vec<Referenced>, RegistryError> {
        let (wanted, found) = (self.config.format.schema_type(), &schema.schema_type);
        if wanted != found {
            return Err(RegistryError::Rejected(format!("the schema of id {} is {found}, not {wanted}", schema.id)));
        }
        let mut open = vec![(schema.references.clone(), None::<Referenced>)];
        let (mut seen, mut all, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
        while let Some((left, _)) = open.last_mut() {
            let Some(reference) = left.pop() else {
                all.extend(open.pop().and_then(|(_, referenced)| referenced));
                continue;
            };
            let Reference { name, subject, version } = reference;
            if !seen.insert((name.clone(), subject.clone(), version)) {
                continue;
            }
            let found = self.registry.of_subject(&subject, Some(version)).await?;
            bytes += found.text.len();
            if seen.len() > MOST_REFERENCES || bytes > MOST_TEXT {
                let id = schema.id;
                return Err(RegistryError::Rejected(format!("the schema of id {id} refers to too many others")));
            }
            open.push((found.references, Some(Referenced { name, text: found.text })));
        }
        Ok(all)
    }
}

/// Separates what rows are rejected for from what concerns the task.
fn rows_to_blame<T>(made: Result<T, RegistryError>) -> Result<Result<T, String>, RegistryError> {
    match made {
        Ok(made) => Ok(Ok(made)),
        Err(RegistryError::Rejected(text)) => Ok(Err(text)),
        Err(error) => Err(error),
    }
}
