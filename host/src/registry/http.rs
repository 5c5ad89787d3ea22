//! One request and its answer over HTTP, with TLS, credentials and limits. Redirects are not followed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::timeout;
use url::Url;

use crate::config::converter::{Credentials, Pem, RegistryConfig};

/// How long an answer may be.
const MOST_BYTES: usize = 8 << 20;
/// Confluent's type of requests and answers.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.schemaregistry.v1+json");

/// Says why a host may not be reached at an address, where it may not.
pub type Reach = Arc<dyn Fn(&str, IpAddr) -> Result<(), String> + Send + Sync>;

/// Looks names up, and keeps the addresses that may be reached: those are what is connected to.
#[derive(Clone)]
struct Resolver(Option<Reach>);

impl tower::Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0.clone();
        Box::pin(async move {
            let (mut allowed, mut refused) = (Vec::new(), None);
            for address in tokio::net::lookup_host((name.as_str(), 0)).await? {
                match reach.as_ref().map_or(Ok(()), |reach| reach(name.as_str(), address.ip())) {
                    Ok(()) => allowed.push(address),
                    Err(why) => refused = Some(why),
                }
            }
            match refused {
                Some(why) if allowed.is_empty() => Err(io::Error::new(io::ErrorKind::PermissionDenied, why)),
                _ => Ok(allowed.into_iter()),
            }
        })
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Sends requests.
pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    headers: HeaderMap,
    patience: Duration,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Headers may be secret.
        f.debug_struct("Transport").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Transport {
    /// Makes a transport; nothing is sent yet.
    ///
    /// # Errors
    /// Says what is wrong with the certificates or headers.
    pub(super) fn new(config: &RegistryConfig, reach: Option<Reach>) -> Result<Self, String> {
        let mut connector = HttpConnector::new_with_resolver(Resolver(reach));
        connector.set_connect_timeout(Some(config.connect_timeout));
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(config)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(super::IDLE).pool_max_idle_per_host(2).pool_timer(TokioTimer::new());
        let patience = config.connect_timeout.saturating_add(config.read_timeout);
        Ok(Self { client: builder.build(connector), headers: headers(config)?, patience })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Says why there is none.
    pub(super) async fn send(&self, (method, url): (Method, &Url), body: String) -> Result<Answer, String> {
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse().map_err(|error| format!("the URL: {error}"))?;
        *request.headers_mut() = self.headers.clone();
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| causes(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| error.to_string())?;
            Ok(Answer { status: head.status, body: body.to_bytes() })
        };
        let late = || format!("no answer after {} ms (http.read.timeout.ms)", self.patience.as_millis());
        timeout(self.patience, exchange).await.map_err(|_| late())?
    }
}

fn headers(config: &RegistryConfig) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.schemaregistry.v1+json, application/json"));
    headers.insert(CONTENT_TYPE, MEDIA_TYPE);
    for (name, value) in &config.headers {
        let wrong = || format!("request.header.{name} can't be sent as a header");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        headers.insert(name, secret(value.expose()).ok_or_else(wrong)?);
    }
    let authorization = match &config.credentials {
        Credentials::None => return Ok(headers),
        Credentials::Basic(user) => format!("Basic {}", STANDARD.encode(user.expose())),
        Credentials::Bearer(token) => format!("Bearer {}", token.expose()),
    };
    let value = secret(&authorization).ok_or("bearer.auth.token can't be sent as a header")?;
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Trusts what the configuration says, or what the system trusts.
fn tls(config: &RegistryConfig) -> Result<rustls::ClientConfig, String> {
    let mut roots = rustls::RootCertStore::empty();
    match &config.trusted {
        Some(Pem::File(path)) => return Err(unread("truststore", path)),
        Some(Pem::Texts(pem)) => {
            for certificate in certificates(pem, "truststore")? {
                let wrong = |error| format!("schema.registry.ssl.truststore: {error}");
                roots.add(certificate).map_err(wrong)?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS is not possible: {error}"))?.with_root_certificates(roots);
    let (chain, key) = match &config.identity {
        None => return Ok(builder.with_no_client_auth()),
        Some(Pem::File(path)) => return Err(unread("keystore", path)),
        Some(Pem::Texts((chain, key))) => (chain, key),
    };
    let wrong = |error: &dyn std::fmt::Display| format!("schema.registry.ssl.keystore: {error}");
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|error| wrong(&error))?;
    builder.with_client_auth_cert(certificates(chain, "keystore")?, key).map_err(|error| wrong(&error))
}

fn unread(store: &str, path: &str) -> String {
    format!("schema.registry.ssl.{store}.location: {path} wasn't read")
}

fn certificates(pem: &str, store: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let found = found.map_err(|error| format!("schema.registry.ssl.{store}: {error}"))?;
    if found.is_empty() { Err(format!("schema.registry.ssl.{store} has no PEM certificate")) } else { Ok(found) }
}

/// Returns an error with what caused it: a client's own words are few.
fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
