//! Derives a guest's grants from its own configuration: the keys that its definition marks, within the
//! operator's policy, and only where the plugin asked for the capability (Invariant 6).

use std::path::Path;

use super::{Access, Endpoint, FilePolicy, GrantError, GrantPolicy, Grants, NetworkGrant, NetworkPolicy};
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
/// didn't ask for the capability, open nothing.
///
/// # Errors
/// A key names what the policy doesn't cover.
pub fn derive(plugin: &PluginDescription, config: &Properties, policy: &GrantPolicy) -> Result<Grants, GrantProblem> {
    let asks = |capability: &str| plugin.capabilities.iter().any(|asked| asked == capability);
    let mut grants = Grants::default();
    let mut endpoints = Vec::new();
    for key in plugin.definition.keys() {
        let Some(value) = config.get(&key.name).or(key.default_value.as_ref()).filter(|value| !value.is_empty()) else {
            continue;
        };
        let problem = |problem| GrantProblem { key: key.name.clone(), problem };
        match key.grants {
            Grant::Endpoint if asks("outgoing-tcp") || asks("outgoing-http") => {
                endpoints.extend(granted_endpoints(value, &policy.network).map_err(problem)?);
            }
            Grant::Nothing | Grant::Endpoint => {}
            _ if asks("filesystem") => {
                let directory = directory(key, Path::new(value), &policy.files).transpose().map_err(problem)?;
                grants.directories.extend(directory.filter(|new| !grants.directories.contains(new)));
            }
            _ => {}
        }
    }
    let network = NetworkGrant::new(endpoints, policy.network.clone());
    grants.tcp = asks("outgoing-tcp").then(|| network.clone());
    grants.http = asks("outgoing-http").then_some(network);
    Ok(grants)
}

/// Reads the endpoints of a value, or of a list of them, that the policy covers.
fn granted_endpoints(value: &str, policy: &NetworkPolicy) -> Result<Vec<Endpoint>, GrantError> {
    let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
    let granted = |text: &str| text.parse().and_then(|endpoint| policy.check(&endpoint).map(|()| endpoint));
    texts.map(granted).collect()
}

type Derived = Result<super::DirectoryGrant, GrantError>;

fn directory(key: &ConfigKey, path: &Path, files: &FilePolicy) -> Option<Derived> {
    match key.grants {
        Grant::ReadFile => Some(files.file(path, Access::Read)),
        Grant::WriteFile => Some(files.file(path, Access::Write)),
        Grant::ReadDirectory => Some(files.directory(path, Access::Read)),
        Grant::WriteDirectory => Some(files.directory(path, Access::Write)),
        Grant::Nothing | Grant::Endpoint => None,
    }
}
