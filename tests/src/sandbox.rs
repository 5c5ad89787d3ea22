//! The sandbox without a worker: a catalogue of its own with the components that the tests need.

use std::path::Path;
use std::sync::Arc;

use airlock::config::connector::{ConnectorConfig, Direction};
use airlock::config::properties::parse_config_body;
use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::plugin::built_in::BUILT_IN;
use airlock::plugin::cache::Cache;
use airlock::plugin::catalog::Catalog;
use airlock::plugin::compile::{CompileLimits, Compiler};
use airlock::plugin::guests::Surroundings;
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use tempfile::TempDir;

use crate::airlock::{program, root};

/// A catalogue with a folder of its own.
pub struct Sandbox {
    /// The catalogue.
    pub catalog: Arc<Catalog>,
    folder: TempDir,
}

impl Sandbox {
    /// Opens a catalogue with these limits; nothing is in it. The cache is shared with other tests.
    ///
    /// # Errors
    /// When the program isn't built or a folder can't be used.
    pub fn open(limits: Limits) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let catalog = Arc::new(open(folder.path(), limits)?);
        Ok(Self { catalog, folder })
    }

    /// Opens a second catalogue over the same folder, as a worker does that starts again.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub fn reopen(&self, limits: Limits) -> Result<Catalog> {
        open(self.folder.path(), limits)
    }

    /// Adds what the program carries.
    ///
    /// # Errors
    /// When a component can't be used.
    pub async fn with_built_in(self) -> Result<Self> {
        for (name, bytes) in BUILT_IN {
            self.catalog.add_built_in(name, bytes).await?;
        }
        Ok(self)
    }

    /// Uploads a component that `just guests` built, by its path in `target/components`.
    ///
    /// # Errors
    /// When it can't be used.
    pub async fn with(self, component: &str) -> Result<Self> {
        let path = root().join("target/components").join(component);
        let bytes =
            std::fs::read(&path).with_context(|| format!("{} isn't built: run `just guests`", path.display()))?;
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        self.catalog.put(name, "1", &bytes).await?;
        Ok(self)
    }

    /// Returns the folder of the sandbox.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes the guests of a chain, given as a connector's `transforms.*` and `predicates.*` keys.
    ///
    /// # Errors
    /// When the chain can't be read or a plugin isn't known.
    pub fn chain(&self, chain: &Value) -> Result<Vec<TransformGuest>> {
        self.chain_in(chain, &Surroundings { scope: "test".to_owned(), ..Surroundings::default() })
    }

    /// The same, with surroundings.
    ///
    /// # Errors
    /// When the chain can't be read or a plugin isn't known.
    pub fn chain_in(&self, chain: &Value, around: &Surroundings) -> Result<Vec<TransformGuest>> {
        let mut properties = parse_config_body(chain.to_string().as_bytes())?.properties;
        for (key, value) in [("name", "test"), ("connector.class", "none"), ("topics", "none")] {
            properties.insert(key.to_owned(), value.to_owned());
        }
        let config =
            ConnectorConfig::parse(&properties, Direction::Sink).map_err(|problems| anyhow!("{problems:?}"))?;
        Ok(self.catalog.chain_guests(&config.chain, around)?)
    }
}

fn open(folder: &Path, limits: Limits) -> Result<Catalog> {
    let cache = root().join("target/test-cache");
    let cache = Cache::open(cache, Compiler::new(program()?, CompileLimits::default()))?;
    Catalog::open(&folder.join("components"), cache, limits).map_err(|words| anyhow!(words))
}

/// Makes a batch of JSON values, one a row, decoded.
pub fn batch(values: &[&str]) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::Opaque, value: Content::JSON });
    for (offset, value) in (0..).zip(values) {
        let value = Some(value.as_bytes()).filter(|value| !value.is_empty());
        batch.push(NewRow { topic: "topic", partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
    }
    batch.decode();
    batch
}

/// Encodes a batch and returns its values as text; a tombstone is empty.
pub fn values(batch: &mut Batch) -> Vec<String> {
    batch.encode();
    let values = batch.outgoing().map(|(_, record)| record.value.unwrap_or_default());
    values.map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
}
