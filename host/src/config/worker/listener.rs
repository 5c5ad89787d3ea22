//! Where REST is served, from `listeners` or the older `rest.host.name` and `rest.port`. Opens no socket.

use std::fmt;

use crate::config::{Problem, Properties, trim};

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 8083;

/// An address to serve REST at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The host's name or address.
    pub host: String,
    /// The port; 0 for any that is free.
    pub port: u16,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads the listeners. An empty host, as in Connect's own default `http://:8083`, means every interface.
pub(super) fn parse(properties: &Properties) -> Result<Vec<Listener>, Problem> {
    let Some(text) = properties.get("listeners").map(|text| trim(text)).filter(|text| !text.is_empty()) else {
        return older_keys(properties).map(|listener| vec![listener]);
    };
    text.split(',').map(|url| one(trim(url))).collect()
}

fn older_keys(properties: &Properties) -> Result<Listener, Problem> {
    let host = properties.get("rest.host.name").map(|host| trim(host)).filter(|host| !host.is_empty());
    let port = properties.get("rest.port").map(|port| trim(port)).filter(|port| !port.is_empty());
    let port = match port {
        None => DEFAULT_PORT,
        Some(text) => text.parse().map_err(|_| Problem::invalid("rest.port", text, "not a port from 0 to 65535"))?,
    };
    Ok(Listener { host: host.unwrap_or(DEFAULT_HOST).to_owned(), port })
}

fn one(url: &str) -> Result<Listener, Problem> {
    let invalid = |why: &str| Problem::invalid("listeners", url, why);
    let lower = url.to_ascii_lowercase();
    if lower.starts_with("https://") {
        return Err(invalid("https is not supported yet. Use http behind a proxy that terminates TLS"));
    }
    if !lower.starts_with("http://") {
        return Err(invalid("expected http://host:port"));
    }
    let address = url.get("http://".len()..).unwrap_or_default().trim_end_matches('/');
    let (host, port) = address.rsplit_once(':').ok_or_else(|| invalid("the port is missing. Use http://host:port"))?;
    let port = port.parse().map_err(|_| invalid("the port is not a number from 0 to 65535"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Listener { host: if host.is_empty() { "0.0.0.0".to_owned() } else { host.to_owned() }, port })
}
