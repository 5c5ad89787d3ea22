//! Outgoing HTTP of guests: the host opens the connections, to granted endpoints only, and does the TLS. It
//! follows no redirects: a guest that does makes a new request, which is checked like any other.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::Service;
use tower_http::timeout::TimeoutBody;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::network::{Endpoint, NetworkGrant, Refused};
use super::refusals::Refusals;

/// How many requests of one instance may be on their way at once; others wait.
const IN_FLIGHT: usize = 64;
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// What applies where a guest says nothing; a call's own limit mostly ends it before.
const PATIENCE: Duration = Duration::from_secs(600);

/// The HTTP client of one instance; connections are never shared with another.
pub(crate) struct HttpClient {
    client: Option<Client<HttpsConnector<Connector>, WasiBody>>,
    slots: Arc<Semaphore>,
    refusals: Refusals,
}

impl HttpClient {
    /// Makes a client that reaches what is granted; without a grant it refuses every request.
    pub(crate) fn new(grant: Option<NetworkGrant>, refusals: Refusals) -> Self {
        // Loading certificates takes a while: only for those who may use them.
        let client = grant.and_then(|grant| Some((grant, tls()?))).map(|(grant, tls)| {
            let connector = HttpsConnectorBuilder::new()
                .with_tls_config(tls)
                .https_or_http()
                .enable_http1()
                .wrap_connector(Connector { grant, refusals: refusals.clone() });
            let mut builder = Client::builder(TokioExecutor::new());
            builder.pool_idle_timeout(IDLE).pool_max_idle_per_host(8).pool_timer(TokioTimer::new());
            builder.build(connector)
        });
        Self { client, slots: Arc::new(Semaphore::new(IN_FLIGHT)), refusals }
    }
}

/// Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` included), loaded once.
fn tls() -> Option<rustls::ClientConfig> {
    static CONFIG: OnceLock<Option<rustls::ClientConfig>> = OnceLock::new();
    let load = || {
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a trusted certificate of the system can't be read");
        }
        roots.add_parsable_certificates(found.certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        config.inspect_err(|error| tracing::error!(%error, "TLS is not possible")).ok()
    };
    CONFIG.get_or_init(load).clone()
}

type Io = Box<dyn Future<Output = Result<()>> + Send>;

impl WasiHttpHooks for HttpClient {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _body: Io,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Io)>> + Send> {
        let Some(client) = self.client.clone() else {
            let wanted = endpoint(request.uri()).map_or_else(|| "HTTP".to_owned(), |endpoint| endpoint.to_string());
            self.refusals.note(format!("{wanted}: the plugin doesn't ask for outgoing-http, or nothing is granted"));
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let (slots, options) = (Arc::clone(&self.slots), options.unwrap_or_default());
        let (refusals, server) = (self.refusals.clone(), endpoint(request.uri()));
        Box::new(async move {
            let _slot = slots.acquire_owned().await.map_err(|_| Error::ConnectionLimitReached)?;
            let connect = options.connect_timeout.unwrap_or(PATIENCE);
            let first_byte = options.first_byte_timeout.unwrap_or(PATIENCE);
            let answer = timeout(connect.saturating_add(first_byte), client.request(request)).await;
            let answer = answer.map_err(|_| Error::ConnectionReadTimeout)?.map_err(|error| {
                // A guest sees no more of it than that it was the certificate.
                if let (Some(server), Some(problem)) = (server, certificate_problem(&error)) {
                    refusals.note(format!("{server}: {problem}"));
                }
                sort(&error)
            })?;
            let between = options.between_bytes_timeout.unwrap_or(PATIENCE);
            let body = |body| TimeoutBody::new(between, body).map_err(sort_body).boxed_unsync();
            let done: Io = Box::new(async { Ok(()) });
            Ok((answer.map(body), done))
        })
    }
}

/// Connects to granted endpoints.
#[derive(Clone)]
struct Connector {
    grant: NetworkGrant,
    refusals: Refusals,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Connector { grant, refusals } = self.clone();
        Box::pin(async move {
            let endpoint = endpoint(&uri).ok_or_else(|| Refused::NotGranted(uri.to_string()))?;
            let resolved = grant.resolve(&endpoint).await;
            let addresses = resolved.inspect_err(|refused| refusals.note(refused.to_string()))?;
            // The addresses themselves, so that the name can't lead elsewhere the second time.
            let stream = TcpStream::connect(&*addresses).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn endpoint(uri: &Uri) -> Option<Endpoint> {
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    Some(Endpoint::new(uri.host()?, uri.port_u16().unwrap_or(default)))
}

/// An error and what caused it, one by one. That of TLS is inside of one of input and output, whose `source`
/// leaves out what it is made of.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| match error.downcast_ref::<io::Error>().map(io::Error::get_ref) {
        Some(Some(inside)) => Some(inside),
        _ => error.source(),
    })
}

/// Says what is wrong with a server's certificate, where that is the error.
fn certificate_problem(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use rustls::CertificateError::UnknownIssuer;
    let found = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    let rustls::Error::InvalidCertificate(problem) = found else { return None };
    let trusted = "the worker trusts the authorities of its system, or those of SSL_CERT_FILE and SSL_CERT_DIR";
    let told = format!("its certificate is not accepted: {found}");
    Some(if *problem == UnknownIssuer { format!("{told}; {trusted}") } else { told })
}

/// Turns an error into one that guests know.
fn sort(error: &(dyn std::error::Error + 'static)) -> Error {
    for found in causes(error) {
        match found.downcast_ref::<ConnectError>() {
            Some(ConnectError::Refused(Refused::Unresolved { .. })) => return Error::DestinationNotFound,
            Some(ConnectError::Refused(_)) => return Error::HttpRequestDenied,
            Some(ConnectError::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Error::ConnectionRefused;
            }
            Some(ConnectError::Io(_)) => return Error::DestinationUnavailable,
            None => {}
        }
        match found.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(_)) => return Error::TlsCertificateError,
            Some(_) => return Error::TlsProtocolError,
            None => {}
        }
        if found.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message) {
            return Error::ConnectionTerminated;
        }
    }
    Error::InternalError(Some(error.to_string()))
}

fn sort_body(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast_ref::<hyper::Error>() {
        Some(error) if error.is_incomplete_message() => Error::HttpResponseIncomplete,
        Some(error) => Error::InternalError(Some(error.to_string())),
        None => Error::ConnectionReadTimeout,
    }
}
