//! Components on disk: `<folder>/<name>/<version>.wasm`. What is inside them is the catalogue's matter.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder of components.
#[derive(Debug, Clone)]
pub(crate) struct ComponentStore {
    folder: PathBuf,
}

/// A component file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// None for a file of `plugin.path`, whose version its plugins tell.
    pub(crate) version: Option<String>,
    pub(crate) path: PathBuf,
}

impl ComponentStore {
    /// Opens the folder, and makes it where it isn't there.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Lists what is stored, in order of names and versions.
    pub(crate) fn list(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for folder in fs::read_dir(&self.folder)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            let name = folder.file_name().to_string_lossy().into_owned();
            for path in wasm_files(&folder.path())? {
                let version = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                found.push(Found { name: name.clone(), version, path });
            }
        }
        found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        Ok(found)
    }

    /// Stores a component durably, or nothing of it.
    pub(crate) fn put(&self, name: &str, version: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let mut part = tempfile::NamedTempFile::new_in(&folder)?;
        part.write_all(bytes)?;
        part.as_file().sync_all()?;
        part.persist(self.path(name, version)).map_err(|error| error.error)?;
        File::open(&folder)?.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    /// Removes a component.
    pub(crate) fn remove(&self, name: &str, version: &str) -> io::Result<()> {
        fs::remove_file(self.path(name, version))?;
        let folder = self.folder.join(name);
        // The folder goes with its last version; while others are there this fails, as it should.
        fs::remove_dir(&folder).ok();
        File::open(&self.folder)?.sync_all()
    }

    fn path(&self, name: &str, version: &str) -> PathBuf {
        self.folder.join(name).join(format!("{version}.wasm"))
    }
}

/// Lists the components of a `plugin.path` folder: its `.wasm` files and those of its child folders. JARs
/// are answered too, as the second list, since users should hear that they can't be used.
pub(crate) fn scan(folder: &Path) -> io::Result<(Vec<Found>, Vec<PathBuf>)> {
    let mut folders = vec![folder.to_owned()];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    let (mut found, mut jars) = (Vec::new(), Vec::new());
    for folder in folders {
        jars.extend(files_with(&folder, "jar")?);
        for path in wasm_files(&folder)? {
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            found.push(Found { name, version: None, path });
        }
    }
    Ok((found, jars))
}

fn wasm_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    files_with(folder, "wasm")
}

fn files_with(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
