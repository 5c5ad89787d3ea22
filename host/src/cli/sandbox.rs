//! A catalogue for commands that need no worker: the built-in components and files that the user names.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::{add_built_in, open_catalog, user_cache};
use crate::config::Properties;
use crate::config::worker::{Mode, WorkerConfig};
use crate::plugin::catalog::{Catalog, Entry};

/// A catalogue whose uploads go with it.
pub(crate) struct Sandbox {
    pub(crate) catalog: Arc<Catalog>,
    _folder: tempfile::TempDir,
}

/// Opens a catalogue with the built-in components.
pub(crate) async fn open() -> anyhow::Result<Sandbox> {
    let sandbox = empty()?;
    add_built_in(&sandbox.catalog).await?;
    Ok(sandbox)
}

/// Opens an empty catalogue.
pub(crate) fn empty() -> anyhow::Result<Sandbox> {
    let folder = tempfile::tempdir()?;
    let properties = Properties::from([
        ("airlock.data.dir".to_owned(), folder.path().display().to_string()),
        ("airlock.cache.dir".to_owned(), user_cache().display().to_string()),
    ]);
    let config = WorkerConfig::parse(&properties, Mode::Dev)
        .map_err(|problems| anyhow::anyhow!("the defaults can't be used: {problems:?}"))?;
    Ok(Sandbox { catalog: open_catalog(&config.airlock)?, _folder: folder })
}

impl Sandbox {
    /// Adds a component, as an upload would.
    pub(crate) async fn add(&self, file: &Path, bytes: &[u8]) -> anyhow::Result<Arc<Entry>> {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name =
            if self.catalog.get(&name, env!("CARGO_PKG_VERSION")).is_some() { format!("{name}-file") } else { name };
        let added = self.catalog.put(&name, "0", bytes).await;
        Ok(added.with_context(|| format!("{}", file.display()))?.1)
    }
}
