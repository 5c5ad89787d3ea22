//! A connector's guest: checks configurations and divides work into tasks.

use super::guest::{Guest, Recipe};
use super::transform::Configured;
use crate::pipeline::edges::CallError;

/// A connector, as the worker drives it.
pub struct ConnectorGuest {
    guest: Guest,
    plugin: Configured,
}

/// Keys and values.
pub type Config = Vec<(String, String)>;

impl ConnectorGuest {
    pub(crate) fn new(recipe: Recipe, plugin: Configured) -> Self {
        Self { guest: Guest::new(recipe), plugin }
    }

    /// Asks for what is wrong with the configuration: keys and words.
    ///
    /// # Errors
    /// The guest can't be made, or trapped.
    pub async fn validate(&mut self) -> Result<Vec<(String, String)>, CallError> {
        let Configured { class, config } = self.plugin.clone();
        let problems = self
            .guest
            .renew()
            .await?
            .call("connector.validate", |store, exports| {
                Box::pin(async move { Ok(Ok(exports.connector()?.call_validate(store, &class, &config).await?)) })
            })
            .await?;
        Ok(problems.into_iter().map(|problem| (problem.key, problem.message)).collect())
    }

    /// Starts the connector on a fresh instance.
    ///
    /// # Errors
    /// The guest can't be made, refuses, or trapped.
    pub async fn start(&mut self) -> Result<(), CallError> {
        let Configured { class, config } = self.plugin.clone();
        let instance = self.guest.renew().await?;
        instance
            .call("connector.start", |store, exports| {
                Box::pin(async move { exports.connector()?.call_start(store, &class, &config).await })
            })
            .await
    }

    /// Asks for the configurations of at most `max` tasks.
    ///
    /// # Errors
    /// The guest isn't running, refuses, or trapped.
    pub async fn task_configs(&mut self, max: u32) -> Result<Vec<Config>, CallError> {
        self.guest
            .started()?
            .call("connector.task-configs", |store, exports| {
                Box::pin(async move { exports.connector()?.call_task_configs(store, max).await })
            })
            .await
    }

    /// Stops the connector; its instance is gone afterwards.
    pub async fn stop(&mut self) {
        if let Some(instance) = self.guest.alive() {
            let stopped = instance
                .call("connector.stop", |store, exports| {
                    Box::pin(async move { Ok(Ok(exports.connector()?.call_stop(store).await?)) })
                })
                .await;
            if let Err(error) = stopped {
                tracing::warn!(%error, "a connector did not stop cleanly");
            }
        }
        self.guest.end();
    }
}
