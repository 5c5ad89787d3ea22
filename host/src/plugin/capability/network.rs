//! Where guests may connect to. A connector's own configuration names the endpoints, the operator's policy
//! bounds them, and the address that a name resolves to is checked as well when a connection is made.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use url::Url;

use super::GrantError;
use super::addresses::is_public;

/// What may be granted: `airlock.grant.endpoints`. An entry with a name covers public addresses only; other
/// addresses must be listed themselves.
#[derive(Debug, Clone, Default)]
pub struct NetworkPolicy {
    entries: Arc<[Entry]>,
}

/// One entry: `host:port`, where the host is a name, `*.domain`, `*`, an address or a network, and the port
/// may be `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: HostPattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Any,
    Name(String),
    /// The names below this one.
    Below(String),
    Net(IpNet),
}

/// A host and a port that a connector's configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name in lower case, or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// The endpoints that a guest may connect to, and the policy for the addresses behind them.
#[derive(Debug, Clone)]
pub struct NetworkGrant {
    endpoints: Vec<Endpoint>,
    policy: NetworkPolicy,
}

/// Why a connection is refused; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The configuration doesn't name the endpoint.
    #[error("{0} isn't an endpoint that the connector's configuration names")]
    NotGranted(String),
    /// The name's address is a private one, or one of another network than granted.
    #[error(
        "{endpoint} has the address {address}, which is not public: the worker's operator must add it to \
         airlock.grant.endpoints"
    )]
    Address {
        /// The endpoint.
        endpoint: Endpoint,
        /// The address that its name resolves to.
        address: IpAddr,
    },
    /// The name can't be resolved.
    #[error("{endpoint} can't be resolved: {problem}")]
    Unresolved {
        /// The endpoint.
        endpoint: Endpoint,
        /// Why not.
        problem: String,
    },
}

impl NetworkPolicy {
    /// Reads the entries of `airlock.grant.endpoints`.
    ///
    /// # Errors
    /// Names the entry that can't be read, and how it should look.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let entries: Result<Vec<Entry>, String> = entries.into_iter().map(Entry::parse).collect();
        Ok(Self { entries: entries?.into() })
    }

    fn covers_address(&self, address: SocketAddr) -> bool {
        let covers = |entry: &Entry| match &entry.host {
            HostPattern::Net(net) => net.contains(&address.ip()),
            _ => false,
        };
        self.entries.iter().any(|entry| entry.has_port(address.port()) && covers(entry))
    }

    fn covers_name(&self, endpoint: &Endpoint) -> bool {
        let covers = |entry: &Entry| match &entry.host {
            HostPattern::Any => true,
            HostPattern::Name(name) => *name == endpoint.host,
            HostPattern::Below(domain) => {
                endpoint.host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            HostPattern::Net(_) => false,
        };
        self.entries.iter().any(|entry| entry.has_port(endpoint.port) && covers(entry))
    }

    /// Tells whether an endpoint may be reached at an address.
    fn allows(&self, endpoint: &Endpoint, address: SocketAddr) -> bool {
        self.covers_address(address) || (is_public(address.ip()) && self.covers_name(endpoint))
    }

    /// Tells whether an endpoint may be granted. That of a name may still be refused for its address.
    fn may_grant(&self, endpoint: &Endpoint) -> bool {
        match endpoint.address() {
            Some(address) => self.allows(endpoint, address),
            None => {
                let net = |entry: &Entry| matches!(entry.host, HostPattern::Net(_)) && entry.has_port(endpoint.port);
                self.covers_name(endpoint) || self.entries.iter().any(net)
            }
        }
    }

    /// Checks that an endpoint may be granted.
    ///
    /// # Errors
    /// No entry covers it.
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), GrantError> {
        if self.may_grant(endpoint) {
            return Ok(());
        }
        let entries: Vec<_> = self.entries.iter().map(ToString::to_string).collect();
        let entries = if entries.is_empty() { "it is empty".to_owned() } else { entries.join(", ") };
        Err(GrantError::EndpointOutsidePolicy { endpoint: endpoint.to_string(), entries })
    }

    /// Checks the address of an endpoint that the host itself connects to, because a connector's configuration says so.
    ///
    /// # Errors
    /// Says why it may not.
    pub fn check_address(&self, endpoint: &Endpoint, address: IpAddr) -> Result<(), String> {
        let address = address.to_canonical();
        match self.allows(endpoint, SocketAddr::new(address, endpoint.port)) {
            true => Ok(()),
            false => Err(Refused::Address { endpoint: endpoint.clone(), address }.to_string()),
        }
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, String> {
        let usage = || {
            format!("{text:?} is no host:port, such as db.example.org:5432, *.example.org:443, 10.0.0.0/8:* or *:443")
        };
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(usage)?;
        let port = if port == "*" { None } else { Some(port.parse().map_err(|_| usage())?) };
        let bare = host.trim_start_matches('[').replace(']', "");
        let host = match (host, net(&bare)) {
            (_, Some(net)) => HostPattern::Net(net),
            ("*", _) => HostPattern::Any,
            (host, _) => match host.strip_prefix("*.") {
                Some(domain) if is_name(domain) => HostPattern::Below(domain.to_ascii_lowercase()),
                None if is_name(host) => HostPattern::Name(host.to_ascii_lowercase()),
                _ => return Err(usage()),
            },
        };
        Ok(Self { host, port })
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|only| only == port)
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.host {
            HostPattern::Any => write!(f, "*")?,
            HostPattern::Name(name) => write!(f, "{name}")?,
            HostPattern::Below(domain) => write!(f, "*.{domain}")?,
            HostPattern::Net(net) => write!(f, "{net}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => write!(f, ":*"),
        }
    }
}

fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn is_name(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(legal)
}

impl Endpoint {
    /// Returns the address of an endpoint that has one in place of a name.
    fn address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.host.parse::<IpAddr>().ok()?.to_canonical(), self.port))
    }

    /// Makes an endpoint of a host as it stands in a URL, and a port.
    pub(super) fn new(host: &str, port: u16) -> Self {
        let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        Self { host, port }
    }
}

impl FromStr for Endpoint {
    type Err = GrantError;

    /// Reads `host:port` or a URL.
    fn from_str(text: &str) -> Result<Self, GrantError> {
        let unclear = || GrantError::NoEndpoint(text.to_owned());
        let url = if text.contains("://") { text.to_owned() } else { format!("endpoint://{text}") };
        let url = Url::parse(&url).map_err(|_| unclear())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(unclear)?;
        Ok(Self::new(host, url.port_or_known_default().ok_or_else(unclear)?))
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl NetworkGrant {
    /// Grants endpoints that were checked, within the policy for their addresses.
    pub fn new(endpoints: Vec<Endpoint>, policy: NetworkPolicy) -> Self {
        Self { endpoints, policy }
    }

    /// Tells whether a guest may look up a name: only those granted, since a look-up tells others the name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        let asked = Endpoint::new(name, 0);
        self.endpoints.iter().any(|endpoint| endpoint.host == asked.host)
    }

    /// Returns the addresses at which a granted endpoint may be reached.
    ///
    /// # Errors
    /// Says why it may not.
    pub(crate) async fn resolve(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Refused> {
        if !self.endpoints.contains(endpoint) {
            return Err(Refused::NotGranted(endpoint.to_string()));
        }
        let (allowed, refused): (Vec<_>, Vec<_>) =
            lookup(endpoint).await?.into_iter().partition(|address| self.policy.allows(endpoint, *address));
        match (allowed.is_empty(), refused.first()) {
            (true, Some(address)) => Err(Refused::Address { endpoint: endpoint.clone(), address: address.ip() }),
            _ => Ok(allowed),
        }
    }

    /// Checks an address that a guest wants to connect a socket to: it must be one of a granted endpoint.
    ///
    /// # Errors
    /// Says why it is not.
    pub(crate) async fn check(&self, address: SocketAddr) -> Result<(), Refused> {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let mut refused = Refused::NotGranted(address.to_string());
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.port == address.port()) {
            match self.resolve(endpoint).await {
                Ok(allowed) if allowed.contains(&address) => return Ok(()),
                Err(error @ Refused::Address { .. }) => refused = error,
                Ok(_) | Err(_) => {}
            }
        }
        Err(refused)
    }
}

async fn lookup(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Refused> {
    if let Some(address) = endpoint.address() {
        return Ok(vec![address]);
    }
    let unresolved = |problem: String| Refused::Unresolved { endpoint: endpoint.clone(), problem };
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await;
    let found: Vec<_> = found
        .map_err(|error| unresolved(error.to_string()))?
        .map(|address| SocketAddr::new(address.ip().to_canonical(), address.port()))
        .collect();
    if found.is_empty() { Err(unresolved("it has no address".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
