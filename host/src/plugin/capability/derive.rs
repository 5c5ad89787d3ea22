//! Derives a guest's grants from its own configuration: the keys that its definition marks, within the
//! operator's policy, and only where the plugin asked for the capability (Invariant 6).

use std::path::Path;

use super::{Access, FilePolicy, GrantError, Grants};
use crate::config::Properties;
use crate::config::definition::{ConfigKey, Grant};
use crate::plugin::describe::PluginDescription;

/// A key asks for what isn't granted.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct GrantProblem {
    /// The key.
    pub key: String,
    /// Why not.
    #[source]
    pub problem: GrantError,
}

/// Derives the grants of a plugin with this configuration. Keys without a value, and keys of a plugin that
/// didn't ask for files, open nothing.
///
/// # Errors
/// A key names a path that the policy doesn't cover.
pub fn derive(plugin: &PluginDescription, config: &Properties, files: &FilePolicy) -> Result<Grants, GrantProblem> {
    let mut grants = Grants::default();
    if !plugin.capabilities.iter().any(|asked| asked == "filesystem") {
        return Ok(grants);
    }
    for key in plugin.definition.keys() {
        let Some(value) = config.get(&key.name).or(key.default_value.as_ref()).filter(|value| !value.is_empty()) else {
            continue;
        };
        let directory = directory(key, Path::new(value), files).transpose();
        let directory = directory.map_err(|problem| GrantProblem { key: key.name.clone(), problem })?;
        grants.directories.extend(directory.filter(|new| !grants.directories.contains(new)));
    }
    Ok(grants)
}

type Derived = Result<super::DirectoryGrant, GrantError>;

fn directory(key: &ConfigKey, path: &Path, files: &FilePolicy) -> Option<Derived> {
    match key.grants {
        Grant::ReadFile => Some(files.file(path, Access::Read)),
        Grant::WriteFile => Some(files.file(path, Access::Write)),
        Grant::ReadDirectory => Some(files.directory(path, Access::Read)),
        Grant::WriteDirectory => Some(files.directory(path, Access::Write)),
        // The network is closed to guests of this version: connecting answers access-denied.
        Grant::Nothing | Grant::Endpoint => None,
    }
}
