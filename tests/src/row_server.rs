//! An HTTP or HTTPS server that takes rows by `POST /…/{topic}/{partition}/{offset}`, and answers as a test tells it to.

use std::collections::BTreeMap;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::{Router, routing::post};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::tls::{Identity, TlsListener};

/// What the server answers to a row, given its body and how often it came before.
type Rule = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// How long it takes.
    pub after: Duration,
    /// Its status.
    pub status: u16,
    /// A header.
    pub header: Option<(&'static str, String)>,
}

impl Reply {
    /// An answer with a status, at once.
    pub fn of(status: u16) -> Self {
        Reply { after: Duration::ZERO, status, header: None }
    }
}

#[derive(Default)]
struct Rows {
    /// The bodies that were taken, by offset.
    taken: BTreeMap<i64, String>,
    /// How often each came.
    came: BTreeMap<i64, usize>,
    now: usize,
    most_at_once: usize,
}

#[derive(Clone)]
struct Shared {
    rows: Arc<Mutex<Rows>>,
    rule: Arc<Rule>,
}

/// The server; it ends when it is dropped.
pub struct RowServer {
    address: SocketAddr,
    shared: Shared,
    /// None: it speaks plain HTTP.
    identity: Option<Identity>,
    runtime: Option<Runtime>,
}

impl RowServer {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(rule: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Result<Self> {
        Self::open(None, Arc::new(rule))
    }

    /// Starts a server that speaks HTTPS and takes every row.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start_tls(identity: Identity) -> Result<Self> {
        Self::open(Some(identity), Arc::new(|_, _| Reply::of(200)))
    }

    fn open(identity: Option<Identity>, rule: Arc<Rule>) -> Result<Self> {
        let shared = Shared { rows: Arc::default(), rule };
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), shared, identity, runtime: None };
        server.come_back()?;
        Ok(server)
    }

    /// Goes away: connections break, new ones are refused.
    pub fn go_away(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    /// Comes back to the same port.
    ///
    /// # Errors
    /// When it is taken.
    pub fn come_back(&mut self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(self.address))?;
        self.address = listener.local_addr()?;
        let app = Router::new().fallback(post(answer)).with_state(self.shared.clone());
        let app = app.route("/{topic}/{partition}/{offset}", post(take).with_state(self.shared.clone()));
        match self.identity.clone() {
            Some(identity) => {
                runtime.spawn(axum::serve(TlsListener { tcp: listener, identity }, app).into_future());
            }
            None => {
                runtime.spawn(axum::serve(listener, app).into_future());
            }
        }
        self.runtime = Some(runtime);
        Ok(())
    }

    /// Returns where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the bodies that were taken, by offset.
    pub fn taken(&self) -> BTreeMap<i64, String> {
        lock(&self.shared.rows).taken.clone()
    }

    /// Returns how many requests came, in all.
    pub fn requests(&self) -> usize {
        lock(&self.shared.rows).came.values().sum()
    }

    /// Returns how many requests there were at once, at most.
    pub fn most_at_once(&self) -> usize {
        lock(&self.shared.rows).most_at_once
    }
}

fn lock(rows: &Mutex<Rows>) -> MutexGuard<'_, Rows> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer() -> StatusCode {
    StatusCode::NOT_FOUND
}

async fn take(
    State(shared): State<Shared>,
    Path((_, _, offset)): Path<(String, i32, i64)>,
    body: String,
) -> (StatusCode, HeaderMap) {
    let came = {
        let mut rows = lock(&shared.rows);
        rows.now += 1;
        rows.most_at_once = rows.most_at_once.max(rows.now);
        let came = rows.came.entry(offset).or_default();
        *came += 1;
        *came - 1
    };
    let reply = (shared.rule)(&body, came);
    tokio::time::sleep(reply.after).await;
    let mut rows = lock(&shared.rows);
    rows.now -= 1;
    if (200..300).contains(&reply.status) {
        rows.taken.insert(offset, body);
    }
    let mut headers = HeaderMap::from_iter([(header::SERVER, HeaderValue::from_static("rows"))]);
    if let Some((name, value)) = reply.header
        && let Ok(value) = value.parse()
    {
        headers.insert(HeaderName::from_static(name), value);
    }
    (StatusCode::from_u16(reply.status).unwrap_or_default(), headers)
}
