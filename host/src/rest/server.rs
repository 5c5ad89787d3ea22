//! Serves the routes on sockets until the worker ends. Knows no resource.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Rest;
use crate::config::worker::Listener;

/// How long requests that are under way may take once the worker ends.
const DRAIN: Duration = Duration::from_secs(3);

/// Why REST can't be served.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {listener}: {source}. Choose another address with listeners=http://host:port")]
pub struct BindError {
    /// Where.
    pub listener: Listener,
    /// Why.
    pub source: io::Error,
}

/// Bound sockets that nobody answers yet: their address is known before the worker has started.
#[derive(Debug)]
pub struct Server {
    sockets: Vec<TcpListener>,
}

impl Server {
    /// Binds all listeners.
    ///
    /// # Errors
    /// Returns the first that can't be bound.
    pub async fn bind(listeners: &[Listener]) -> Result<Self, BindError> {
        let mut sockets = Vec::new();
        for listener in listeners {
            let socket = TcpListener::bind((listener.host.as_str(), listener.port)).await;
            sockets.push(socket.map_err(|source| BindError { listener: listener.clone(), source })?);
        }
        Ok(Self { sockets })
    }

    /// Returns the bound addresses, in the order of the listeners.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }

    /// Answers requests until `shutdown` is cancelled; those under way then have a few seconds more.
    ///
    /// # Errors
    /// Returns an error where a socket can't be served any more.
    pub async fn serve(self, rest: Rest, shutdown: CancellationToken) -> io::Result<()> {
        let router = rest.router();
        let mut serving = JoinSet::new();
        for socket in self.sockets {
            let until = shutdown.clone().cancelled_owned();
            let served = axum::serve(socket, router.clone()).with_graceful_shutdown(until);
            serving.spawn(served.into_future());
        }
        let all = async {
            while let Some(ended) = serving.join_next().await {
                ended.map_err(io::Error::other)??;
            }
            Ok(())
        };
        let out_of_time = async {
            shutdown.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = all => ended,
            () = out_of_time => Ok(()),
        }
    }
}
