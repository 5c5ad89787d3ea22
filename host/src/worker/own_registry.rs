//! A schema registry that a connector's own converter names: the host connects there, and reads the files of its TLS,
//! for whoever may create connectors, so what plugins are granted bounds it, too. The worker's converters are the
//! operator's choice.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use url::Url;

use crate::config::Problem;
use crate::config::converter::Converter;
use crate::plugin::capability::{Endpoint, GrantError, GrantPolicy, NetworkPolicy};
use crate::registry::Reach;

/// A converter, and where its registry may be, unless that is the operator's choice.
pub(super) type Reaching<'a> = (Cow<'a, Converter>, Option<Reach>);

/// Returns a connector's own converter with its stores read, and what addresses its registry may have. `key` names it,
/// such as `value.converter`.
///
/// # Errors
/// Returns a problem for a URL that `airlock.grant.endpoints` doesn't cover, and for each file that
/// `airlock.grant.directories` doesn't, or that can't be read.
pub(super) fn granted<'a>(policy: &GrantPolicy, key: &str, own: &'a Converter) -> Result<Reaching<'a>, Vec<Problem>> {
    let Converter::Registry(registry) = own else { return Ok((Cow::Borrowed(own), None)) };
    let mut registry = registry.clone();
    let read = |path: &str| policy.files.read(Path::new(path)).map_err(|error| error.to_string());
    let stores = registry.registry.read_stores(key, read);
    let endpoints = endpoints(&policy.network, &registry.registry.urls)
        .map_err(|error| vec![Problem::new(format!("{key}.schema.registry.url"), error.to_string())]);
    match (stores, endpoints) {
        (Ok(()), Ok(endpoints)) => {
            let reach = reach(policy.network.clone(), endpoints);
            Ok((Cow::Owned(Converter::Registry(registry)), Some(reach)))
        }
        (stores, endpoints) => Err(stores.err().into_iter().chain(endpoints.err()).flatten().collect()),
    }
}

fn endpoints(policy: &NetworkPolicy, urls: &[Url]) -> Result<Vec<Endpoint>, GrantError> {
    let granted = |url: &Url| {
        let endpoint: Endpoint = url.as_str().parse()?;
        policy.check(&endpoint).map(|()| endpoint)
    };
    urls.iter().map(granted).collect()
}

fn reach(policy: NetworkPolicy, endpoints: Vec<Endpoint>) -> Reach {
    Arc::new(move |host: &str, address| {
        // The port isn't known where a name is looked up: all that are configured for it must do.
        let mut of_host = endpoints.iter().filter(|endpoint| endpoint.host == host.to_ascii_lowercase()).peekable();
        match of_host.peek() {
            Some(_) => of_host.try_for_each(|endpoint| policy.check_address(endpoint, address)),
            None => Err(format!("{host} isn't the schema registry's")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::converter::Pem;
    use crate::plugin::capability::FilePolicy;

    fn converter(store: &str, file: &Path) -> Converter {
        let own = |name: &str| format!("value.converter.schema.registry.{name}");
        let pairs = [
            ("value.converter".to_owned(), "AvroConverter".to_owned()),
            (own("url"), "https://127.0.0.1:8081".to_owned()),
            (own(&format!("ssl.{store}.type")), "PEM".to_owned()),
            (own(&format!("ssl.{store}.location")), file.display().to_string()),
        ];
        Converter::parse(&pairs.into_iter().collect(), "value.converter").unwrap().unwrap()
    }

    fn granted(policy: &GrantPolicy, own: &Converter) -> Result<Converter, Vec<String>> {
        let granted = super::granted(policy, "value.converter", own).map(|(own, _)| own.into_owned());
        granted.map_err(|problems| problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn a_store_outside_of_the_granted_directories_is_refused_unread() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let network = NetworkPolicy::parse(["127.0.0.1:*"]).unwrap();
        let policy = GrantPolicy { files: FilePolicy::new(vec![root.path().to_owned()]), network };
        for store in ["truststore", "keystore"] {
            // Whether it is there makes no difference to who asks.
            for name in ["there.pem", "not-there.pem"] {
                std::fs::write(outside.path().join("there.pem"), "PEM").unwrap();
                let file = outside.path().join(name);
                let refused = granted(&policy, &converter(store, &file)).unwrap_err();
                let (file, root) = (file.display(), root.path().display());
                let wanted = format!(
                    "Invalid value {file} for configuration value.converter.schema.registry.ssl.{store}.location: {file} \
                     is outside of airlock.grant.directories ({root}): the worker's operator must add its directory there"
                );
                assert_eq!(refused, [wanted]);
            }
        }
        let both = granted(&GrantPolicy::default(), &converter("truststore", Path::new("/ca.pem"))).unwrap_err();
        assert!(both.len() == 2 && both[1].contains("is outside of airlock.grant.endpoints"), "{both:?}");
    }

    #[test]
    fn a_store_in_a_granted_directory_is_read() {
        let root = tempfile::tempdir().unwrap();
        let network = NetworkPolicy::parse(["127.0.0.1:*"]).unwrap();
        let policy = GrantPolicy { files: FilePolicy::new(vec![root.path().to_owned()]), network };
        std::fs::write(root.path().join("ca.pem"), "PEM").unwrap();
        let Ok(Converter::Registry(own)) = granted(&policy, &converter("truststore", &root.path().join("ca.pem")))
        else {
            panic!("it is refused")
        };
        assert_eq!(own.registry.trusted, Some(Pem::Texts("PEM".to_owned())));
    }
}
