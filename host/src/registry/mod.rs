//! The client of a schema registry that keeps Confluent's HTTP interface: JSON over HTTP, several URLs tried in
//! turn, what never changes kept in memory. Knows no schema language.

mod answers;
mod http;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{Method, StatusCode};
use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use crate::config::converter::{Format, RegistryConfig};
use crate::pipeline::edges::{RegisteredSchema, RegistryError, SchemaRegistry, SchemaText};

pub use http::Reach;

use answers::{id_of, schema_of};
use http::{Answer, Transport};

const AVRO: &str = Format::Avro.schema_type();
/// How many answers are kept of each kind.
const KEPT: usize = 1_000;

/// A client. Its schemas are kept for as long as it lives: a task.
#[derive(Debug)]
pub struct RegistryClient {
    config: RegistryConfig,
    transport: Transport,
    kept: Mutex<Kept>,
}

/// Answers that hold for ever.
#[derive(Debug, Default)]
struct Kept {
    schemas: HashMap<u32, RegisteredSchema>,
    versions: HashMap<(String, i64), RegisteredSchema>,
    /// Ids of schemas, by path, type and text.
    ids: HashMap<(String, String, String), u32>,
}

/// A request's path below the URL, and what is sent.
struct Request<'a> {
    path: Vec<&'a str>,
    query: &'a [(&'a str, &'a str)],
    body: Option<Value>,
}

impl RegistryClient {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// Says what is wrong with the certificates or headers.
    pub fn new(config: &RegistryConfig) -> Result<Self, String> {
        Self::within(config, None)
    }

    /// Makes a client that connects only to addresses that `reach` allows. It isn't asked for a URL that has an address
    /// in place of a name.
    ///
    /// # Errors
    /// Says what is wrong with the certificates or headers.
    pub fn within(config: &RegistryConfig, reach: Option<Reach>) -> Result<Self, String> {
        let transport = Transport::new(config, reach)?;
        Ok(Self { config: config.clone(), transport, kept: Mutex::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { schemas, versions, ids } = &mut *kept;
        if schemas.len().max(versions.len()).max(ids.len()) >= KEPT {
            *kept = Kept::default();
        }
        kept
    }

    /// Asks, and asks again where that may help.
    async fn ask(&self, request: &Request<'_>) -> Result<Answer, RegistryError> {
        let (mut wait, mut left) = (self.config.retry_wait, self.config.retries);
        loop {
            match self.ask_all(request).await {
                Err(RegistryError::Retriable(_)) if left > 0 => {
                    tokio::time::sleep(wait.min(self.config.retry_max_wait)).await;
                    (wait, left) = (wait.saturating_mul(2), left - 1);
                }
                answer => return answer,
            }
        }
    }

    /// Asks each URL in turn until one answers.
    async fn ask_all(&self, request: &Request<'_>) -> Result<Answer, RegistryError> {
        let mut failed = Vec::new();
        for url in &self.config.urls {
            match self.ask_one(url, request).await {
                Err(RegistryError::Retriable(text)) => failed.push(text),
                answer => return answer,
            }
        }
        Err(RegistryError::Retriable(failed.join("; ")))
    }

    async fn ask_one(&self, base: &Url, request: &Request<'_>) -> Result<Answer, RegistryError> {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let method = if request.body.is_some() { Method::POST } else { Method::GET };
        let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
        let shown = url.to_string();
        let answer = self.transport.send((method, &url), body).await;
        let answer =
            answer.map_err(|error| RegistryError::Retriable(format!("the schema registry {shown}: {error}")))?;
        sorted(answer, &shown)
    }

    fn normalize(&self) -> &'static [(&'static str, &'static str)] {
        if self.config.normalize { &[("normalize", "true")] } else { &[] }
    }

    async fn id(&self, path: Vec<&str>, schema: SchemaText<'_>) -> Result<u32, RegistryError> {
        let key = (path.join("/"), schema.schema_type.to_owned(), schema.text.to_owned());
        let known = self.kept().ids.get(&key).copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let request = Request { path, query: self.normalize(), body: Some(body_of(schema)) };
        let answer = self.ask(&request).await?;
        let id = id_of(&answer.body).map_err(RegistryError::Retriable)?;
        self.kept().ids.insert(key, id);
        Ok(id)
    }
}

/// Returns what is sent of a schema. As Confluent's client has it, Avro isn't named.
fn body_of(schema: SchemaText<'_>) -> Value {
    match schema.schema_type {
        AVRO => json!({"schema": schema.text}),
        other => json!({"schema": schema.text, "schemaType": other}),
    }
}

/// Sorts an answer by reaction.
fn sorted(answer: Answer, shown: &str) -> Result<Answer, RegistryError> {
    let status = answer.status;
    let said = answers::message(&answer.body);
    let told = format!("the schema registry {shown} answered {status}: {said}");
    match status {
        _ if status.is_success() => Ok(answer),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(RegistryError::Refused(format!(
            "{told} (check basic.auth.user.info or bearer.auth.token of the converter, and what they may do)"
        ))),
        StatusCode::CONFLICT => Err(RegistryError::Rejected(format!(
            "{told} (the schema is not compatible with the subject's; change it, or the subject's compatibility)"
        ))),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(RegistryError::Retriable(told)),
        _ if status.is_redirection() => Err(RegistryError::Refused(format!(
            "{told} (redirects are not followed; set schema.registry.url to where it is)"
        ))),
        _ if status.is_client_error() => Err(RegistryError::Rejected(told)),
        _ => Err(RegistryError::Retriable(told)),
    }
}

#[async_trait]
impl SchemaRegistry for RegistryClient {
    async fn by_id(&self, id: u32) -> Result<RegisteredSchema, RegistryError> {
        let known = self.kept().schemas.get(&id).cloned();
        if let Some(schema) = known {
            return Ok(schema);
        }
        let number = id.to_string();
        let path = vec!["schemas", "ids", &number];
        let answer = self.ask(&Request { path, query: &[], body: None }).await?;
        let schema = schema_of(&answer.body, Some(id)).map_err(RegistryError::Rejected)?;
        self.kept().schemas.insert(id, schema.clone());
        Ok(schema)
    }

    async fn version(&self, id: u32, subject: &str) -> Result<Option<i64>, RegistryError> {
        let number = id.to_string();
        let path = vec!["schemas", "ids", &number, "versions"];
        match self.ask(&Request { path, query: &[], body: None }).await {
            Ok(answer) => Ok(answers::version_of(&answer.body, subject)),
            // A registry that doesn't know the way there: the schema goes without its version.
            Err(RegistryError::Rejected(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn of_subject(&self, subject: &str, version: Option<i64>) -> Result<RegisteredSchema, RegistryError> {
        let key = (subject.to_owned(), version.unwrap_or(-1));
        let known = self.kept().versions.get(&key).cloned();
        if let Some(schema) = known {
            return Ok(schema);
        }
        let number = version.map_or("latest".to_owned(), |version| version.to_string());
        let path = vec!["subjects", subject, "versions", &number];
        let answer = self.ask(&Request { path, query: &[], body: None }).await?;
        let schema = schema_of(&answer.body, None).map_err(RegistryError::Rejected)?;
        self.kept().versions.insert(key, schema.clone());
        Ok(schema)
    }

    async fn register(&self, schema: SchemaText<'_>) -> Result<u32, RegistryError> {
        self.id(vec!["subjects", schema.subject, "versions"], schema).await
    }

    async fn look_up(&self, schema: SchemaText<'_>) -> Result<u32, RegistryError> {
        self.id(vec!["subjects", schema.subject], schema).await
    }
}

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
