//! Precompiled components on disk. Loading one is as good as running native code, so that only files in
//! a folder that nobody but the worker's user can write are loaded.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

use super::compile::{CompileError, Compiler};
use crate::record::Digest;

/// Why no precompiled component could be had.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder can't be used.
    #[error("can't use the cache folder {path} (airlock.cache.dir): {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else could write to the folder.
    #[error("the cache folder {0} (airlock.cache.dir) can be written by others: chmod 700 it, or choose another")]
    Shared(PathBuf),
    /// Compiling failed.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A file that was just written can't be loaded.
    #[error("can't load the precompiled component: {0}")]
    Load(String),
}

/// A folder of precompiled components, by the component's digest and the engine's settings.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    compiler: Compiler,
}

impl Cache {
    /// Opens the folder, and makes it where it isn't there.
    ///
    /// # Errors
    /// It can't be made, or others can write to it.
    pub fn open(folder: PathBuf, compiler: Compiler) -> Result<Self, CacheError> {
        let failed = |source| CacheError::Folder { path: folder.clone(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        let metadata = std::fs::metadata(&folder).map_err(failed)?;
        let owned = metadata.uid() == rustix::process::geteuid().as_raw();
        if !owned || metadata.permissions().mode() & 0o022 != 0 {
            return Err(CacheError::Shared(folder));
        }
        Ok(Self { folder, compiler })
    }

    /// Loads a component, after compiling it where that wasn't done yet.
    ///
    /// # Errors
    /// It can't be compiled, or the folder fails.
    pub(crate) async fn load(&self, engine: &Engine, digest: Digest, bytes: &[u8]) -> Result<Component, CacheError> {
        let path = self.path(engine, digest);
        if let Ok(component) = load(engine, &path) {
            return Ok(component);
        }
        let failed = |source| CacheError::Folder { path: self.folder.clone(), source };
        let part = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?.into_temp_path();
        self.compiler.compile(bytes, &part).await?;
        part.persist(&path).map_err(|error| failed(error.error))?;
        load(engine, &path).map_err(|error| CacheError::Load(format!("{error:#}")))
    }

    fn path(&self, engine: &Engine, digest: Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let name = digest.to_string().replace(':', "-");
        self.folder.join(format!("{name}-{:016x}.cwasm", hasher.finish()))
    }
}

#[allow(unsafe_code, reason = "the file was written by our own compiler into a folder that only our user can write")]
fn load(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: see the reason above and `Cache::open`, which checks the folder's owner and mode.
    unsafe { Component::deserialize_file(engine, path) }
}
