//! Facts about the herder, told with a fake launch and a clock that stands still unless a test moves it.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::*;
use crate::config::Properties;
use crate::config::converter::{Charset, Converter, HeaderConverter, JsonConverter};
use crate::config::restart::RestartConfig;
use crate::worker::fake::FakeLaunch;
use crate::worker::task_state::State;
use crate::worker::{ConnectorEvent, Failure};

mod lifecycle;
mod misbehaviour;
mod restarts;

/// A herder and its fake.
struct Story {
    herder: Herder,
    launch: Arc<FakeLaunch>,
}

impl Story {
    fn new() -> Self {
        let launch = Arc::new(FakeLaunch::default());
        let settings = HerderSettings {
            worker_id: "127.0.0.1:8083".to_owned(),
            graceful_shutdown_timeout: Duration::from_secs(5),
            restart: RestartConfig::default(),
            converters: DefaultConverters {
                key: Converter::Text(Charset::Utf8),
                value: Converter::Json(JsonConverter { schemas_enable: false, ..JsonConverter::default() }),
                header: HeaderConverter::Simple,
            },
        };
        Self { herder: Herder::new(launch.clone(), settings), launch }
    }

    /// A herder with a connector `c` that was just created.
    async fn with(pairs: &[(&str, &str)]) -> Self {
        let story = Self::new();
        story.create("c", pairs).await;
        story
    }

    async fn create(&self, name: &str, pairs: &[(&str, &str)]) -> ConnectorInfo {
        self.herder.create(request(name, pairs)).await.unwrap()
    }

    /// Returns the states of `c` and of its tasks, such as `RUNNING 0:PAUSED`.
    fn states(&self) -> String {
        let status = self.herder.status("c").unwrap();
        let name = |state: State| format!("{state:?}").to_uppercase();
        let tasks = status.tasks.iter().map(|task| format!(" {}:{}", task.id, name(task.status.state)));
        [name(status.connector.state)].into_iter().chain(tasks).collect()
    }

    /// Lets everything run that can run without time passing, then checks the states.
    async fn expect(&self, states: &str) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.states(), states);
    }

    fn trace(&self) -> String {
        self.herder.status("c").unwrap().connector.trace.unwrap_or_default()
    }
}

fn body(name: &str, pairs: &[(&str, &str)]) -> ConfigBody {
    let base = [("name", name), ("connector.class", "FileStreamSink"), ("topics", "t")];
    let pairs = base.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    ConfigBody { properties: pairs.collect(), nulls: Vec::new() }
}

fn request(name: &str, pairs: &[(&str, &str)]) -> ConnectorRequest {
    ConnectorRequest { name: name.to_owned(), config: body(name, pairs), initial_state: InitialState::Running }
}
