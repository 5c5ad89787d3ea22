//! Directories for guests. A connector's own configuration names the files; the operator's policy bounds
//! them; cap-std opens them beneath the allowed root, so that no link leads out of it.

use std::io::{self, Read as _};
use std::os::fd::AsRawFd;
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use super::GrantError;

/// How long a text may be that the host itself reads.
const MOST_BYTES: u64 = 1 << 20;

/// The roots beneath which files may be granted: `airlock.grant.directories`.
#[derive(Debug, Clone, Default)]
pub struct FilePolicy {
    roots: Vec<PathBuf>,
}

/// Whether a guest may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only.
    Read,
    /// Reads and writes.
    Write,
}

/// A directory that a guest may use, at its own absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGrant {
    root: PathBuf,
    beneath: PathBuf,
    access: Access,
}

impl FilePolicy {
    /// Allows files beneath these directories.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots }
    }

    /// Grants the directory of a file.
    ///
    /// # Errors
    /// The path isn't absolute, or lies beneath no root.
    pub fn file(&self, file: &Path, access: Access) -> Result<DirectoryGrant, GrantError> {
        self.cover(file.parent(), (file, access))
    }

    /// Grants a directory.
    ///
    /// # Errors
    /// The path isn't absolute, or lies beneath no root.
    pub fn directory(&self, directory: &Path, access: Access) -> Result<DirectoryGrant, GrantError> {
        self.cover(Some(directory), (directory, access))
    }

    /// Reads a text that the host itself needs because a connector's configuration names it.
    ///
    /// # Errors
    /// The path isn't absolute, lies beneath no root, or is of no file with up to 1 MiB of UTF-8.
    pub fn read(&self, file: &Path) -> Result<String, GrantError> {
        let grant = self.file(file, Access::Read)?;
        let beneath = grant.beneath.join(file.file_name().unwrap_or_default());
        read_beneath(&grant.root, &beneath)
            .map_err(|source| GrantError::Read { path: file.display().to_string(), source })
    }

    /// Grants a directory for what was `asked`, which errors name.
    fn cover(&self, directory: Option<&Path>, (asked, access): (&Path, Access)) -> Result<DirectoryGrant, GrantError> {
        let is_plain =
            |path: &Path| path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let Some(directory) = directory.filter(|path| path.is_absolute() && is_plain(path)) else {
            return Err(GrantError::NotAbsolute(asked.display().to_string()));
        };
        let covering = self.roots.iter().find_map(|root| Some((root, directory.strip_prefix(root).ok()?)));
        let Some((root, beneath)) = covering else {
            let roots: Vec<_> = self.roots.iter().map(|root| root.display().to_string()).collect();
            let roots = if roots.is_empty() { "it is empty".to_owned() } else { roots.join(", ") };
            return Err(GrantError::OutsidePolicy { path: asked.display().to_string(), roots });
        };
        Ok(DirectoryGrant { root: root.clone(), beneath: beneath.to_owned(), access })
    }
}

impl DirectoryGrant {
    /// Opens the directory into a WASI context.
    pub(super) fn open_into(&self, builder: &mut WasiCtxBuilder) -> Result<(), GrantError> {
        let path = self.root.join(&self.beneath);
        let failed = |source| GrantError::Open { path: path.display().to_string(), source };
        let mut directory = Dir::open_ambient_dir(&self.root, ambient_authority()).map_err(failed)?;
        if self.beneath != Path::new("") {
            directory = directory.open_dir(&self.beneath).map_err(failed)?;
        }
        let permissions = match self.access {
            Access::Read => FsPerms::ReadOnly,
            Access::Write => FsPerms::ReadWrite,
        };
        // By its descriptor, since a path could lead elsewhere by now.
        let opened = format!("/proc/self/fd/{}", directory.as_raw_fd());
        builder
            .preopened_dir(opened, path.to_string_lossy(), permissions)
            .map_err(|error| failed(std::io::Error::other(error.to_string())))?;
        Ok(())
    }
}

fn read_beneath(root: &Path, file: &Path) -> io::Result<String> {
    let root = Dir::open_ambient_dir(root, ambient_authority())?;
    // Anything else than a file may wait or go on for ever.
    if !root.metadata(file)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    let read = root.open(file)?.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MOST_BYTES { Err(io::Error::other("it has more than 1 MiB")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(root: &Path) -> FilePolicy {
        FilePolicy::new(vec![root.to_owned()])
    }

    #[test]
    fn the_default_policy_grants_nothing() {
        let refused = FilePolicy::default().file(Path::new("/tmp/x"), Access::Read).unwrap_err();
        assert!(refused.to_string().contains("airlock.grant.directories (it is empty)"), "{refused}");
    }

    #[test]
    fn a_path_beneath_a_root_is_granted_by_its_directory() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("in")).unwrap();
        let granted = policy(root.path()).file(&root.path().join("in/lines.txt"), Access::Read).unwrap();
        assert_eq!(granted.beneath, Path::new("in"));
        assert!(granted.open_into(&mut WasiCtxBuilder::new()).is_ok());
    }

    #[test]
    fn a_path_that_could_lead_elsewhere_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("in/../../x").display().to_string();
        for path in [inside.as_str(), "relative/x", "x"] {
            let refused = policy(root.path()).file(Path::new(path), Access::Write).unwrap_err();
            assert!(matches!(&refused, GrantError::NotAbsolute(asked) if asked == path), "{path}: {refused}");
        }
        let sibling = format!("{}-more/x", root.path().display());
        let refused = policy(root.path()).file(Path::new(&sibling), Access::Read).unwrap_err();
        assert!(matches!(refused, GrantError::OutsidePolicy { .. }), "{refused}");
    }

    #[test]
    fn a_link_that_leads_out_of_the_root_is_not_followed() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
        let granted = policy(root.path()).file(&root.path().join("link/x"), Access::Read).unwrap();
        let refused = granted.open_into(&mut WasiCtxBuilder::new()).unwrap_err();
        assert!(matches!(refused, GrantError::Open { .. }), "{refused}");
    }

    #[test]
    fn the_host_reads_files_beneath_a_root_only() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in [root.path(), outside.path()] {
            std::fs::write(folder.join("ca.pem"), "text").unwrap();
        }
        std::os::unix::fs::symlink(outside.path().join("ca.pem"), root.path().join("out.pem")).unwrap();
        std::os::unix::fs::symlink("ca.pem", root.path().join("in.pem")).unwrap();
        std::fs::write(root.path().join("long.pem"), vec![b' '; (1 << 20) + 1]).unwrap();
        let read = |path: &Path| policy(root.path()).read(path).map_err(|error| error.to_string());

        assert_eq!(read(&root.path().join("ca.pem")), Ok("text".to_owned()));
        assert_eq!(read(&root.path().join("in.pem")), Ok("text".to_owned()));
        assert!(read(&outside.path().join("ca.pem")).unwrap_err().contains("is outside of airlock.grant.directories"));
        for (name, why) in [("out.pem", "can't read"), ("long.pem", "more than 1 MiB"), ("none.pem", "can't read")] {
            assert!(read(&root.path().join(name)).unwrap_err().contains(why), "{name}");
        }
        std::fs::create_dir(root.path().join("folder")).unwrap();
        assert!(read(&root.path().join("folder")).unwrap_err().contains("it is no file"));
    }
}
