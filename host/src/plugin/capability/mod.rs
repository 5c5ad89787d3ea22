//! What a guest may reach. Every WASI interface is linked and denies at the call; only what the plugin
//! asked for and the operator granted is opened (Invariant 6).

mod addresses;
mod derive;
mod files;
mod http;
mod names;
mod network;
mod refusals;

pub use derive::{GrantProblem, derive};
pub use files::{Access, DirectoryGrant, FilePolicy};
pub use network::{Endpoint, NetworkGrant, NetworkPolicy};

use self::http::HttpClient;
pub(crate) use refusals::Refusals;

use std::net::SocketAddr;

use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use super::stderr::Tail;

/// What the operator allows at all; a plugin gets of that what it asks for and its configuration names.
#[derive(Debug, Clone, Default)]
pub struct GrantPolicy {
    /// `airlock.grant.directories`
    pub files: FilePolicy,
    /// `airlock.grant.endpoints`
    pub network: NetworkPolicy,
}

/// Why something that a configuration names isn't granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// A path isn't absolute, or has `..` in it.
    #[error("{0} is no absolute path without '..': name the file by its full path")]
    NotAbsolute(String),
    /// No root covers a path.
    #[error(
        "{path} is outside of airlock.grant.directories ({roots}): the worker's operator must add its directory there"
    )]
    OutsidePolicy {
        /// The path asked for.
        path: String,
        /// The roots there are.
        roots: String,
    },
    /// A directory can't be opened.
    #[error("can't open the directory {path}: {source}")]
    Open {
        /// The directory.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file can't be read.
    #[error("can't read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A value names no endpoint.
    #[error("{0} is no host:port and no URL with a known port: name the host and the port")]
    NoEndpoint(String),
    /// No entry covers an endpoint.
    #[error("{endpoint} is outside of airlock.grant.endpoints ({entries}): the worker's operator must add it there")]
    EndpointOutsidePolicy {
        /// The endpoint asked for.
        endpoint: String,
        /// The entries there are.
        entries: String,
    },
}

/// What an instance is granted.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Directories, opened when the instance is made.
    pub directories: Vec<DirectoryGrant>,
    /// Where TCP sockets may connect to; none: nowhere.
    pub tcp: Option<NetworkGrant>,
    /// Where HTTP requests may go; none: nowhere.
    pub http: Option<NetworkGrant>,
}

/// Grants, opened for one instance.
pub(crate) struct Opened {
    pub(crate) wasi: WasiCtx,
    pub(crate) client: HttpClient,
    pub(crate) tcp: Option<NetworkGrant>,
    pub(crate) stderr: Tail,
    pub(crate) refusals: Refusals,
}

impl Opened {
    /// Opens these grants and nothing else: no environment, no arguments.
    ///
    /// # Errors
    /// A granted directory can't be opened.
    pub(crate) fn new(grants: &Grants) -> Result<Self, GrantError> {
        let (stderr, refusals) = (Tail::default(), Refusals::default());
        let wasi = wasi(grants, (&stderr, &refusals))?;
        let client = HttpClient::new(grants.http.clone(), refusals.clone());
        Ok(Self { wasi, client, tcp: grants.tcp.clone(), stderr, refusals })
    }
}

fn wasi(grants: &Grants, (stderr, refusals): (&Tail, &Refusals)) -> Result<WasiCtx, GrantError> {
    let mut builder = WasiCtxBuilder::new();
    builder.stdout(stderr.clone()).stderr(stderr.clone());
    builder.allow_udp(false).allow_tcp(grants.tcp.is_some()).allow_ip_name_lookup(grants.tcp.is_some());
    let (grant, refusals) = (grants.tcp.clone(), refusals.clone());
    builder.socket_addr_check(move |address, purpose| {
        let (grant, refusals) = (grant.clone(), refusals.clone());
        Box::pin(async move { may_use_socket(grant, (address, purpose), &refusals).await })
    });
    for directory in &grants.directories {
        directory.open_into(&mut builder)?;
    }
    Ok(builder.build())
}

/// A guest's sockets connect, and do nothing else; the bind that precedes every connect is to no address.
async fn may_use_socket(
    grant: Option<NetworkGrant>,
    (address, purpose): (SocketAddr, SocketAddrUse),
    refusals: &Refusals,
) -> bool {
    match (grant, purpose) {
        (Some(_), SocketAddrUse::TcpBind) => address.ip().is_unspecified() && address.port() == 0,
        (Some(grant), SocketAddrUse::TcpConnect) => {
            let checked = grant.check(address).await;
            checked.inspect_err(|refused| refusals.note(refused.to_string())).is_ok()
        }
        _ => {
            refusals.note(format!("{address}: a plugin's sockets can only connect by TCP"));
            false
        }
    }
}
