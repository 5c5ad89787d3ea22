//! Certificate authorities and certificates that are made for one test.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::serve::Listener;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// How long a client may take to agree on keys.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// An authority that nobody trusts who isn't told to.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows to its clients, and how it proves that it is its own.
#[derive(Clone)]
pub struct Identity(TlsAcceptor);

impl Authority {
    /// Makes an authority with this name.
    ///
    /// # Errors
    /// When there is no key to be had.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Writes its certificate to a file, as `SSL_CERT_FILE` wants it.
    ///
    /// # Errors
    /// When that can't be written.
    pub fn write(&self, file: impl AsRef<Path>) -> Result<()> {
        let text = STANDARD.encode(self.0.der());
        Ok(fs::write(file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))?)
    }

    /// Issues a certificate for a name or an address.
    ///
    /// # Errors
    /// When there is no key to be had, or the name is none.
    pub fn identity(&self, name: &str) -> Result<Identity> {
        self.sign(CertificateParams::new([name.to_owned()])?)
    }

    /// Issues a certificate that was good until the year 2000.
    ///
    /// # Errors
    /// When there is no key to be had, or the name is none.
    pub fn outdated(&self, name: &str) -> Result<Identity> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.not_after = rcgen::date_time_ymd(2000, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Identity> {
        let key = KeyPair::generate()?;
        let chain = vec![params.signed_by(&key, &self.0)?.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        Ok(Identity(TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key)?))))
    }
}

/// Takes the connections of clients that accept the server's certificate.
pub(crate) struct TlsListener {
    pub(crate) tcp: TcpListener,
    pub(crate) identity: Identity,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.tcp).await;
            // Who hangs up, or says nothing, is not waited for.
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, self.identity.0.accept(stream)).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
