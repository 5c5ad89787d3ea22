//! What the keys of Confluent's converters say: those of the schema registry, and of a format. Who connects is
//! elsewhere.

mod format;
mod keys;
mod stores;

pub use format::{Format, FormatOptions};
pub(super) use keys::keys;
pub use stores::Pem;

use std::time::Duration;

use url::Url;

use crate::config::definition::{Value, Values};
use crate::config::{Problem, Properties, trim, under};
use crate::record::Secret;

/// Which registry, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConfig {
    /// `schema.registry.url`: tried in turn.
    pub urls: Vec<Url>,
    /// Who asks.
    pub credentials: Credentials,
    /// The authorities that are trusted; none: those of the system.
    pub trusted: Option<Pem<String>>,
    /// The client's certificates and key.
    pub identity: Option<Pem<(String, Secret)>>,
    /// `request.header.*`.
    pub headers: Vec<(String, Secret)>,
    /// `http.connect.timeout.ms`. Default: 60 s.
    pub connect_timeout: Duration,
    /// `http.read.timeout.ms`. Default: 60 s.
    pub read_timeout: Duration,
    /// `max.retries`. Default: 3.
    pub retries: u32,
    /// `retries.wait.ms`: before the first one. Default: 1 s.
    pub retry_wait: Duration,
    /// `retries.max.wait.ms`. Default: 20 s.
    pub retry_max_wait: Duration,
    /// `normalize.schemas`. Default: false.
    pub normalize: bool,
}

/// How the registry knows who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// It does not.
    None,
    /// `user:password`.
    Basic(Secret),
    /// A token.
    Bearer(Secret),
}

/// Which schema a value is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteWith {
    /// Its own, registered where it isn't yet: `auto.register.schemas`. Default.
    Registered,
    /// Its own, which must be registered.
    LookedUp,
    /// The subject's newest: `use.latest.version`.
    Latest,
    /// The one of this id: `use.schema.id`.
    Id(u32),
}

/// What subjects are named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectName {
    /// `TopicNameStrategy`: the topic and `-key` or `-value`. Default.
    Topic,
    /// `RecordNameStrategy`: the record's full name.
    Record,
    /// `TopicRecordNameStrategy`: both.
    TopicRecord,
}

/// What the keys of a converter with a registry say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConverter {
    /// What its schemas are written in.
    pub format: Format,
    /// The registry.
    pub registry: RegistryConfig,
    /// Which schema is written with.
    pub write_with: WriteWith,
    /// What the subjects of its part are named after.
    pub subject: SubjectName,
    /// `schemas.cache.config`: how many schemas are kept ready. Default: 1000.
    pub cache: usize,
    /// The format's own keys.
    pub options: FormatOptions,
}

/// Keys that ask for what isn't there.
const REFUSED: [(&str, &str); 17] = [
    ("use.latest.with.metadata", "Use use.latest.version or use.schema.id"),
    ("use.schema.guid", "Use use.schema.id"),
    ("key.schema.id.serializer", "Ids are written before the value"),
    ("value.schema.id.serializer", "Ids are written before the value"),
    ("context.name.strategy", "Put the context into schema.registry.url: …/contexts/NAME"),
    ("rule.executors", "Rules of data contracts are not run"),
    ("schema.backup.enabled", "Schemas are not wrapped"),
    ("validation.rules.execution", "Rules of data contracts are not run"),
    ("proxy.host", "The registry is connected to without a proxy"),
    ("avro.use.logical.type.converters", "Logical types are Connect's"),
    ("preserve.additional.properties", "Declare the properties in the schema"),
    ("json.fail.invalid.schema", "Values are read by their types only, and not checked against further rules"),
    ("json.indent.output", "JSON is written without spaces"),
    ("schema.reflection", "There are no Java classes"),
    ("derive.type", "There are no Java classes"),
    ("specific.protobuf.key.type", "There are no Java classes"),
    ("specific.protobuf.value.type", "There are no Java classes"),
];

/// The strategies' classes.
const STRATEGIES: [(&str, SubjectName); 3] = [
    ("io.confluent.kafka.serializers.subject.TopicNameStrategy", SubjectName::Topic),
    ("io.confluent.kafka.serializers.subject.RecordNameStrategy", SubjectName::Record),
    ("io.confluent.kafka.serializers.subject.TopicRecordNameStrategy", SubjectName::TopicRecord),
];

/// Reads a converter's keys; `key` names it (such as `value.converter`), `values` are its parsed keys.
pub(super) struct Reading<'a> {
    pub(super) key: &'a str,
    pub(super) values: &'a Values,
    pub(super) properties: &'a Properties,
}

impl Reading<'_> {
    /// Reads the keys of a converter with a registry.
    ///
    /// # Errors
    /// Returns a problem for each that can't be used.
    pub(super) fn converter(&self, format: Format) -> Result<RegistryConverter, Vec<Problem>> {
        let mut problems = self.refused();
        problems.extend(self.known_types(format));
        let registry = self.registry().map_err(|found| problems.extend(found));
        let subject = self.subject().map_err(|found| problems.push(found));
        let (Ok(registry), Ok(subject), []) = (registry, subject, &problems[..]) else { return Err(problems) };
        let cache = usize::try_from(self.values.integer(&self.own("schemas.cache.config"))).unwrap_or(0).max(1);
        let options = FormatOptions::read(format, self.key, self.values);
        Ok(RegistryConverter { format, registry, write_with: self.write_with(), subject, cache, options })
    }

    /// Refuses to register what every registry knows.
    fn known_types(&self, format: Format) -> Option<Problem> {
        let key = self.own("skip.known.types");
        let off = format == Format::Protobuf && !self.values.is_true(&key);
        off.then(|| Problem::new(&key, format!("{key} must be true: the known .proto files are not registered")))
    }

    fn own(&self, name: &str) -> String {
        format!("{}.{name}", self.key)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let text = match self.values.get(&self.own(name))? {
            Value::Text(text) => text,
            Value::Secret(secret) => secret.expose(),
            _ => return None,
        };
        Some(trim(text)).filter(|text| !text.is_empty())
    }

    fn refused(&self) -> Vec<Problem> {
        let set = under(self.properties, &format!("{}.", self.key));
        let named = |name: &str| set.get(name).map(|value| trim(value)).filter(|value| !value.is_empty());
        let off = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "false" | "disabled");
        let refused = REFUSED.iter().filter(|(name, _)| named(name).is_some_and(|value| !off(value)));
        let mut problems: Vec<_> = refused
            .map(|(name, instead)| {
                Problem::new(self.own(name), format!("{} is not supported. {instead}", self.own(name)))
            })
            .collect();
        problems.extend(self.refused_stores());
        problems
    }

    fn registry(&self) -> Result<RegistryConfig, Vec<Problem>> {
        let mut problems = Vec::new();
        let urls = self.urls().map_err(|problem| problems.push(problem)).unwrap_or_default();
        let credentials = self.credentials(&urls).map_err(|problem| problems.push(problem));
        let identity = self.identity().map_err(|problem| problems.push(problem));
        let (Ok(credentials), Ok(identity), []) = (credentials, identity, &problems[..]) else {
            return Err(problems);
        };
        let millis = |name: &str| self.values.millis(&self.own(name));
        let own = under(self.properties, &format!("{}.request.header.", self.key));
        Ok(RegistryConfig {
            urls: urls.into_iter().map(bare).collect(),
            credentials,
            trusted: self.trusted(),
            identity,
            headers: own.into_iter().map(|(name, value)| (name, Secret::new(value))).collect(),
            connect_timeout: millis("http.connect.timeout.ms"),
            read_timeout: millis("http.read.timeout.ms"),
            retries: u32::try_from(self.values.natural(&self.own("max.retries"))).unwrap_or(u32::MAX),
            retry_wait: millis("retries.wait.ms"),
            retry_max_wait: millis("retries.max.wait.ms"),
            normalize: self.values.is_true(&self.own("normalize.schemas")),
        })
    }

    fn urls(&self) -> Result<Vec<Url>, Problem> {
        let key = self.own("schema.registry.url");
        let list = self.values.list(&key);
        let parse = |text: &String| {
            let url = Url::parse(trim(text)).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
            url.ok_or_else(|| Problem::invalid(&key, text, "It must be a URL such as http://localhost:8081"))
        };
        let urls = list.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        match urls.is_empty() {
            true => Err(Problem::new(&key, format!("{key} names no URL. Set the schema registry's"))),
            false => Ok(urls),
        }
    }

    fn credentials(&self, urls: &[Url]) -> Result<Credentials, Problem> {
        let missing = |name: &str| Problem::new(self.own(name), format!("{} must be set", self.own(name)));
        if let Some(source) = self.text("bearer.auth.credentials.source") {
            return match source {
                "STATIC_TOKEN" => {
                    let token = self.text("bearer.auth.token").ok_or_else(|| missing("bearer.auth.token"))?;
                    Ok(Credentials::Bearer(Secret::new(token)))
                }
                other => Err(Problem::invalid(
                    &self.own("bearer.auth.credentials.source"),
                    other,
                    "Only STATIC_TOKEN is supported, with bearer.auth.token",
                )),
            };
        }
        match self.text("basic.auth.credentials.source").unwrap_or("URL") {
            "URL" => {
                let of = |url: &Url| match (url.username(), url.password()) {
                    ("", _) => None,
                    (user, password) => Some(format!("{}:{}", decoded(user), decoded(password.unwrap_or_default()))),
                };
                Ok(urls.iter().find_map(of).map_or(Credentials::None, |user| Credentials::Basic(Secret::new(user))))
            }
            "USER_INFO" => {
                let user = self.text("schema.registry.basic.auth.user.info").or(self.text("basic.auth.user.info"));
                let user = user.ok_or_else(|| missing("basic.auth.user.info"))?;
                Ok(Credentials::Basic(Secret::new(user)))
            }
            other => Err(Problem::invalid(
                &self.own("basic.auth.credentials.source"),
                other,
                "Only URL and USER_INFO are supported",
            )),
        }
    }

    fn write_with(&self) -> WriteWith {
        let id = u32::try_from(self.values.integer(&self.own("use.schema.id")));
        match id {
            _ if self.values.is_true(&self.own("auto.register.schemas")) => WriteWith::Registered,
            Ok(id) => WriteWith::Id(id),
            Err(_) if self.values.is_true(&self.own("use.latest.version")) => WriteWith::Latest,
            Err(_) => WriteWith::LookedUp,
        }
    }

    fn subject(&self) -> Result<SubjectName, Problem> {
        let part = self.key.split('.').next().unwrap_or("value");
        let name = format!("{part}.subject.name.strategy");
        let class = self.text(&name).unwrap_or_default();
        let found = STRATEGIES.iter().find(|(known, _)| *known == class || known.rsplit('.').next() == Some(class));
        found.map(|(_, strategy)| *strategy).ok_or_else(|| {
            let known: Vec<_> = STRATEGIES.iter().map(|(known, _)| *known).collect();
            Problem::invalid(&self.own(&name), class, &format!("Use one of: {}", known.join(", ")))
        })
    }
}

/// Returns a URL without a user's name.
fn bare(mut url: Url) -> Url {
    // Neither fails where there is a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("a={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
