//! What a guest may reach. Every WASI interface is linked and denies at the call; only what the plugin
//! asked for and the operator granted is opened (Invariant 6).

mod derive;
mod files;

pub use derive::{GrantProblem, derive};
pub use files::{Access, DirectoryGrant, FilePolicy, GrantError};

use http::{Request, Response};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::stderr::Tail;

/// What an instance is granted.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Directories, opened when the instance is made.
    pub directories: Vec<DirectoryGrant>,
}

/// Prepares a WASI context with these grants and nothing else: no environment, no arguments, no sockets.
///
/// # Errors
/// A granted directory can't be opened.
pub(crate) fn wasi(grants: &Grants, stderr: &Tail) -> Result<WasiCtxBuilder, GrantError> {
    let mut builder = WasiCtxBuilder::new();
    builder.stdout(stderr.clone()).stderr(stderr.clone());
    builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    for directory in &grants.directories {
        directory.open_into(&mut builder)?;
    }
    Ok(builder)
}

/// Refuses every outgoing HTTP request.
pub(crate) struct DenyHttp;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for DenyHttp {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _body: Io,
    ) -> Box<dyn Future<Output = wasmtime_wasi_http::Result<(Response<WasiBody>, Io)>> + Send> {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}
