//! The components that this worker has, and which of them owns a class name: those built in, those of
//! `plugin.path`, and uploads. Components are compiled, described and linked before they are listed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};

use super::account::{Accounts, Payer};
use super::cache::{Cache, CacheError};
use super::capability::Grants;
use super::component::{LinkedComponent, Toolchain};
use super::describe::{self, DescribeError, Kind, PluginDescription};
use super::inspect::{InspectError, inspect};
use super::instance::Instance;
use super::limits::Limits;
use super::names::{check_component_name, compare_versions};
use super::state::Setting;
use super::store::{self, ComponentStore};
use crate::pipeline::edges::CallError;
use crate::record::{ComponentRef, Digest};

/// Where a component came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The `airlock` executable.
    BuiltIn,
    /// A folder of `plugin.path`.
    PluginPath,
    /// An upload.
    Upload,
}

/// A component that can be used.
pub struct Entry {
    /// Its name, version and digest.
    pub component: ComponentRef,
    /// Where it came from.
    pub origin: Origin,
    /// Its size in bytes.
    pub size: u64,
    /// The plugins inside.
    pub plugins: Vec<PluginDescription>,
    pub(crate) linked: Arc<LinkedComponent>,
}

/// Why a component isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The name or version can't be used.
    #[error("{0}")]
    Name(String),
    /// It is something else than a component of plugins.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// It can't be compiled, or the cache fails.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// It can't be linked.
    #[error("the component can't be linked: {0}")]
    Link(String),
    /// Its `describe` failed.
    #[error("the component's describe() failed: {0}")]
    Call(#[from] CallError),
    /// What it described can't be right.
    #[error(transparent)]
    Describe(#[from] DescribeError),
    /// Something else has this name, version or class name.
    #[error("{0}")]
    Conflict(String),
    /// The disk failed.
    #[error("can't store the component: {0}")]
    Disk(#[from] std::io::Error),
}

type Entries = BTreeMap<(Arc<str>, Arc<str>), Arc<Entry>>;

/// The components of a worker.
pub struct Catalog {
    toolchain: Toolchain,
    cache: Cache,
    store: ComponentStore,
    limits: Limits,
    accounts: Arc<Accounts>,
    /// By name and version.
    entries: RwLock<Entries>,
    /// One upload at a time: ownership is checked before, and claimed after, a slow compilation.
    putting: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// Opens a catalogue over a folder of uploads; nothing is loaded yet.
    ///
    /// # Errors
    /// The engine can't be started or the folder can't be used; in words.
    pub fn open(uploads: &Path, cache: Cache, limits: Limits) -> Result<Self, String> {
        let toolchain = Toolchain::start().map_err(|error| format!("can't start the wasm engine: {error:#}"))?;
        let store = ComponentStore::open(uploads.to_owned())
            .map_err(|error| format!("can't use {} (airlock.data.dir): {error}", uploads.display()))?;
        let entries = RwLock::default();
        Ok(Self { toolchain, cache, store, limits, accounts: Arc::default(), entries, putting: Default::default() })
    }

    /// Returns the accounts of all instances.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// Returns the limits of all instances.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Adds a component that the executable carries.
    ///
    /// # Errors
    /// It can't be compiled or described.
    pub async fn add_built_in(&self, name: &str, bytes: &[u8]) -> Result<(), PutError> {
        let version = env!("CARGO_PKG_VERSION");
        let entry = self.prepare((name, Some(version)), bytes, Origin::BuiltIn).await?;
        self.claim(entry)?;
        Ok(())
    }

    /// Adds the components of a `plugin.path` folder. One that can't be used is logged and left out, as
    /// Connect does.
    pub async fn add_folder(&self, folder: &Path) {
        let (found, jars) = match store::scan(folder) {
            Ok(scanned) => scanned,
            Err(error) => {
                return tracing::warn!(folder = %folder.display(), %error, "can't read a folder of plugin.path");
            }
        };
        for jar in jars {
            tracing::warn!(jar = %jar.display(), "plugin.path holds a JAR, which Airlock can't run: it runs .wasm components");
        }
        for found in found {
            let added = self.add_file((&found.name, None), &found.path, Origin::PluginPath).await;
            if let Err(error) = added {
                tracing::error!(path = %found.path.display(), %error, "a component of plugin.path can't be used");
            }
        }
    }

    /// Adds what was uploaded before. A component that can't be used any more is logged and left out.
    pub async fn add_uploads(&self) {
        let found = match self.store.list() {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "can't list the uploaded components"),
        };
        for found in found {
            let added = self.add_file((&found.name, found.version.as_deref()), &found.path, Origin::Upload).await;
            if let Err(error) = added {
                tracing::error!(path = %found.path.display(), %error, "an uploaded component can't be used");
            }
        }
    }

    async fn add_file(&self, name: (&str, Option<&str>), path: &Path, origin: Origin) -> Result<(), PutError> {
        let bytes = tokio::fs::read(path).await?;
        let entry = self.prepare(name, &bytes, origin).await?;
        self.claim(entry)?;
        Ok(())
    }

    /// Stores an upload. True in the answer: it is new; false: the same was there before.
    ///
    /// # Errors
    /// It can't be used, or conflicts with what is there. Nothing is changed then.
    pub async fn put(&self, name: &str, version: &str, bytes: &[u8]) -> Result<(bool, Arc<Entry>), PutError> {
        check_component_name(name, version).map_err(PutError::Name)?;
        let _one_at_a_time = self.putting.lock().await;
        if let Some(existing) = self.get(name, version) {
            return self.same(existing, digest(bytes)).map(|entry| (false, entry));
        }
        let entry = self.prepare((name, Some(version)), bytes, Origin::Upload).await?;
        self.check_owners(&entry)?;
        self.store.put(name, version, bytes)?;
        Ok((true, self.claim(entry)?))
    }

    fn same(&self, existing: Arc<Entry>, digest: Digest) -> Result<Arc<Entry>, PutError> {
        if existing.component.digest == digest && existing.origin == Origin::Upload {
            return Ok(existing);
        }
        let ComponentRef { name, version, digest: stored } = &existing.component;
        Err(PutError::Conflict(format!(
            "component {name} version {version} is there already, with digest {stored}: versions never change, so \
             upload this one ({digest}) under another version"
        )))
    }

    /// Removes an upload. False: it isn't there.
    ///
    /// # Errors
    /// It is no upload, or the disk fails.
    pub fn remove(&self, name: &str, version: &str) -> Result<bool, PutError> {
        let Some(entry) = self.get(name, version) else { return Ok(false) };
        if entry.origin != Origin::Upload {
            return Err(PutError::Conflict(format!(
                "component {name} version {version} was not uploaded, so it can't be deleted here: it belongs to the \
                 executable or to plugin.path"
            )));
        }
        self.store.remove(name, version)?;
        let key = (entry.component.name.clone(), entry.component.version.clone());
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        Ok(true)
    }

    /// Returns all components, in order of names and versions.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Returns one component.
    pub fn get(&self, name: &str, version: &str) -> Option<Arc<Entry>> {
        self.entries().into_iter().find(|entry| &*entry.component.name == name && &*entry.component.version == version)
    }

    /// Finds a plugin by one of its full names, by what stands behind the last dot of one, or, for a
    /// connector, by that without `Connector`. Of several versions of a component the newest answers; none
    /// where plugins of two components do.
    pub fn find(&self, class: &str) -> Option<(Arc<Entry>, PluginDescription)> {
        let mut exact = Vec::new();
        let mut short = Vec::new();
        for entry in self.entries() {
            for plugin in &entry.plugins {
                if plugin.class_names.iter().any(|name| name == class) {
                    exact.push((entry.clone(), plugin.clone()));
                } else if plugin.class_names.iter().any(|name| answers(name, plugin.kind, class)) {
                    short.push((entry.clone(), plugin.clone()));
                }
            }
        }
        newest(exact).or_else(|| newest(short))
    }

    async fn prepare(
        &self,
        (name, version): (&str, Option<&str>),
        bytes: &[u8],
        origin: Origin,
    ) -> Result<Entry, PutError> {
        inspect(bytes)?;
        let digest = digest(bytes);
        let compiled = self.cache.load(self.toolchain.engine.engine(), digest, bytes).await?;
        let linked = self.toolchain.link(digest, &compiled).map_err(|error| PutError::Link(format!("{error:#}")))?;
        let linked = Arc::new(linked);
        let plugins = self.describe(name, &linked).await?;
        let version = match version {
            Some(version) => version,
            None => plugins.first().map(|plugin| plugin.version.as_str()).filter(|own| !own.is_empty()).unwrap_or("0"),
        };
        check_component_name(name, version).map_err(PutError::Name)?;
        let component = ComponentRef { name: name.into(), version: version.into(), digest };
        Ok(Entry { component, origin, size: bytes.len() as u64, plugins, linked })
    }

    async fn describe(&self, name: &str, linked: &Arc<LinkedComponent>) -> Result<Vec<PluginDescription>, PutError> {
        let payer = Payer { task: None, step: "describe".to_owned(), plugin: name.to_owned() };
        let setting = Setting {
            component: format!("component {name}"),
            scope: format!("component {name}"),
            accounts: vec![self.accounts.open(payer)],
            limits: self.limits,
            schemas: Arc::default(),
            offsets: None,
            reconfigure: None,
        };
        let mut instance = Instance::new(linked.clone(), setting, &Grants::default()).await?;
        let described = instance
            .call("plugin.describe", |store, exports| {
                Box::pin(async move { Ok(Ok(exports.plugin.call_describe(store).await?)) })
            })
            .await?;
        Ok(describe::check(described, &linked.exports)?)
    }

    /// Lists a component, where nobody else owns its name or a class name of its plugins.
    fn claim(&self, entry: Entry) -> Result<Arc<Entry>, PutError> {
        self.check_owners(&entry)?;
        let entry = Arc::new(entry);
        let key = (entry.component.name.clone(), entry.component.version.clone());
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(key, entry.clone());
        Ok(entry)
    }

    fn check_owners(&self, entry: &Entry) -> Result<(), PutError> {
        for other in self.entries() {
            if other.component.name == entry.component.name {
                if other.origin != entry.origin || other.component.version == entry.component.version {
                    let (name, version) = (&other.component.name, &other.component.version);
                    return Err(PutError::Conflict(format!(
                        "the component name {name} is taken by version {version} \
                         of {:?} origin: choose another",
                        other.origin
                    )));
                }
                continue;
            }
            let names = |entry: &Entry| -> Vec<String> {
                entry.plugins.iter().flat_map(|plugin| plugin.class_names.clone()).collect()
            };
            let owned = names(&other);
            if let Some(class) = names(entry).into_iter().find(|class| owned.contains(class)) {
                let owner = &other.component.name;
                return Err(PutError::Conflict(format!(
                    "the class name {class} belongs to the component {owner}: give your plugin a name of its own"
                )));
            }
        }
        Ok(())
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// Whether a short name stands for a full one (Kafka's `PluginUtils` aliases).
fn answers(name: &str, kind: Kind, asked: &str) -> bool {
    let simple = name.rsplit('.').next().unwrap_or(name);
    let connector = matches!(kind, Kind::Source | Kind::Sink);
    simple == asked || (connector && simple.strip_suffix("Connector") == Some(asked))
}

fn newest(mut found: Vec<(Arc<Entry>, PluginDescription)>) -> Option<(Arc<Entry>, PluginDescription)> {
    let first = found.first()?.0.component.name.clone();
    if found.iter().any(|(entry, _)| entry.component.name != first) {
        return None;
    }
    found.sort_by(|(a, _), (b, _)| compare_versions(&a.component.version, &b.component.version));
    found.pop()
}
