//! What both simulated tasks have in common: their settings, and a herder that pauses and resumes them.

use std::time::Duration;

use airlock::config::connector::{ErrorsConfig, Tolerance};
use airlock::pipeline::PluginNames;
use airlock::pipeline::batch::{Content, Contents};
use airlock::pipeline::control::TargetState;
use airlock::pipeline::isolation::IsolationBudget;
use airlock::pipeline::sink_task::TaskSettings;
use airlock::pipeline::template::BatchTemplate;
use airlock::record::{ConnectorId, TaskId};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::dice::Dice;

/// Pauses and resumes a task a few times.
pub(crate) async fn pull(dice: &Dice, target: &watch::Sender<TargetState>) {
    for _ in 0..dice.below(8) {
        sleep(Duration::from_millis(dice.below(4000) as u64)).await;
        let state = if dice.once_in(2) { TargetState::Paused } else { TargetState::Running };
        dice.note(format!("target {state:?}"));
        let _ = target.send(state);
    }
}

pub(crate) fn task_id() -> TaskId {
    TaskId { connector: ConnectorId::new("sim"), task: 0 }
}

/// Settings of a task that tolerates records which are rejected, in a world that has them.
pub(crate) fn settings(rejects: bool, batch_max_rows: u32) -> TaskSettings {
    TaskSettings {
        id: task_id(),
        errors: ErrorsConfig {
            retry_timeout: Some(Duration::from_secs(20)),
            retry_delay_max: Duration::from_secs(2),
            tolerance: if rejects { Tolerance::All } else { Tolerance::None },
            log_enable: false,
            log_include_messages: false,
        },
        commit_interval: Duration::from_secs(3),
        commit_timeout: Duration::from_secs(2),
        tick: Duration::from_secs(1),
        batch_max_rows,
        batch_max_bytes: 1 << 20,
        isolation: IsolationBudget { calls: 200, cpu: Duration::from_secs(300) },
        names: PluginNames::default(),
        template: BatchTemplate {
            contents: Contents { key: Content::Text, value: Content::JSON },
            ..BatchTemplate::default()
        },
    }
}
