//! Components, as far as connectors matter: one that is in use can't be removed. Storing them is behind
//! [`Launch`](crate::worker::Launch).

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::RwLockReadGuard;

use super::entry::Entry;
use super::{Herder, HerderError};
use crate::config::connector::ConnectorConfig;
use crate::worker::{ComponentError, ComponentInfo, Stored};

impl Herder {
    /// Stores a component, or nothing of it.
    ///
    /// # Errors
    /// Returns why it can't be used.
    pub async fn put_component(&self, name: &str, version: &str, bytes: Bytes) -> Result<Stored, HerderError> {
        Ok(self.launch.put_component(name, version, bytes).await?)
    }

    /// Returns a stored component.
    ///
    /// # Errors
    /// Returns an error where there is no such component.
    pub fn component(&self, name: &str, version: &str) -> Result<ComponentInfo, HerderError> {
        let not_found = || ComponentError::NotFound { name: name.to_owned(), version: version.to_owned() };
        Ok(self.launch.component(name, version).ok_or_else(not_found)?)
    }

    /// Removes a component.
    ///
    /// # Errors
    /// Returns an error where there is no such component, or a connector uses it.
    pub async fn delete_component(&self, name: &str, version: &str) -> Result<(), HerderError> {
        let _nobody_begins_to_use_it = self.components.write().await;
        self.component(name, version)?;
        let users = self.users_of(name, version);
        if !users.is_empty() {
            let users = users.join(", ");
            let message = format!("component {name} {version} is in use by {users}. Delete or change them first");
            return Err(ComponentError::Conflict(message).into());
        }
        Ok(self.launch.delete_component(name, version).await?)
    }

    /// Returns the connectors whose class, transforms or predicates a component holds.
    fn users_of(&self, name: &str, version: &str) -> Vec<String> {
        let entries: Vec<(String, Arc<Entry>)> =
            self.connectors().iter().map(|(name, entry)| (name.clone(), entry.clone())).collect();
        let is_in_it = |class: &str| {
            let component = self.launch.find(class).and_then(|plugin| plugin.component);
            component.is_some_and(|component| &*component.name == name && &*component.version == version)
        };
        let uses = |entry: &Entry| classes(&entry.config()).any(is_in_it);
        entries.into_iter().filter(|(_, entry)| uses(entry)).map(|(name, _)| name).collect()
    }

    /// Keeps the components that a configuration uses from being removed while the guard lives.
    ///
    /// # Errors
    /// Returns an error where one was removed since the configuration was validated.
    pub(super) async fn hold_components(
        &self,
        config: &ConnectorConfig,
    ) -> Result<RwLockReadGuard<'_, ()>, HerderError> {
        let guard = self.components.read().await;
        match classes(config).find(|class| self.launch.find(class).is_none()) {
            None => Ok(guard),
            Some(class) => {
                let message = format!("the component that holds {class} was removed meanwhile. Upload it again");
                Err(HerderError::Invalid(message))
            }
        }
    }
}

/// Returns the class names of a connector, its transforms and its predicates, as written.
fn classes(config: &ConnectorConfig) -> impl Iterator<Item = &str> {
    let steps = config.chain.iter();
    let chain = steps.flat_map(|step| [Some(&step.class), step.predicate.as_ref().map(|predicate| &predicate.class)]);
    chain.flatten().chain([&config.class]).map(String::as_str)
}
