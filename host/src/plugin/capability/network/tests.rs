//! What may be granted, what addresses are reached, and what is refused.

use super::*;

fn policy(entries: &[&str]) -> NetworkPolicy {
    NetworkPolicy::parse(entries.iter().copied()).unwrap()
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap()
}

fn granted(entries: &[&str], wanted: &str) -> bool {
    policy(entries).check(&endpoint(wanted)).is_ok()
}

fn grant(entries: &[&str], wanted: &str) -> NetworkGrant {
    let (policy, endpoint) = (policy(entries), endpoint(wanted));
    policy.check(&endpoint).unwrap();
    NetworkGrant::new(vec![endpoint], policy)
}

async fn check(entries: &[&str], wanted: &str, address: &str) -> Result<(), Refused> {
    grant(entries, wanted).check(address.parse().unwrap()).await
}

#[test]
fn the_default_policy_grants_nothing() {
    let refused = NetworkPolicy::default().check(&endpoint("example.org:443")).unwrap_err();
    assert!(refused.to_string().contains("airlock.grant.endpoints (it is empty)"), "{refused}");
}

#[test]
fn endpoints_are_read_from_host_and_port_and_from_urls() {
    let shown = |text: &str| endpoint(text).to_string();
    assert_eq!(shown("DB.example.org:5432"), "db.example.org:5432");
    assert_eq!(shown("https://search.example.org/path?x=1"), "search.example.org:443");
    assert_eq!(shown("http://user:secret@10.0.0.1"), "10.0.0.1:80");
    assert_eq!(shown("postgresql://db:5433/orders"), "db:5433");
    assert_eq!(shown("[::1]:9200"), "[::1]:9200");
    for unclear in ["db.example.org", "", ":80", "postgresql://db/orders", "http://", "db:99999"] {
        let refused = unclear.parse::<Endpoint>().unwrap_err();
        assert!(refused.to_string().contains("host:port"), "{unclear}: {refused}");
    }
}

#[test]
fn entries_cover_names_domains_and_networks_by_port() {
    assert!(granted(&["db.example.org:5432"], "db.example.org:5432"));
    assert!(!granted(&["db.example.org:5432"], "db.example.org:5433"));
    assert!(granted(&["*.example.org:443"], "a.b.example.org:443"));
    assert!(!granted(&["*.example.org:443"], "example.org:443"));
    assert!(!granted(&["*.example.org:443"], "evilexample.org:443"));
    assert!(granted(&["*:*"], "8.8.8.8:53"));
    assert!(!granted(&["*:*"], "127.0.0.1:80"), "a private address must be listed itself");
    assert!(granted(&["10.0.0.0/8:*"], "10.1.2.3:80"));
    assert!(!granted(&["10.0.0.0/8:*"], "11.1.2.3:80"));
    assert!(granted(&["[::1]:80"], "[::1]:80"));
    assert!(granted(&["127.0.0.1:80"], "[::ffff:127.0.0.1]:80"), "the same address in other clothes");
}

#[test]
fn entries_that_mean_nothing_are_named() {
    for entry in ["db", "db:port", "a b:1", "*.:1", "**:1", ":1", "x/8:1"] {
        let problem = NetworkPolicy::parse([entry]).unwrap_err();
        assert!(problem.contains(entry) && problem.contains("host:port"), "{problem}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused_unless_the_address_is_granted() {
    let refused = check(&["localhost:80"], "localhost:80", "127.0.0.1:80").await.unwrap_err();
    assert!(matches!(refused, Refused::Address { .. }), "{refused}");
    assert!(refused.to_string().contains("add it to airlock.grant.endpoints"), "{refused}");
    assert_eq!(check(&["127.0.0.0/8:80"], "localhost:80", "127.0.0.1:80").await, Ok(()));
}

#[tokio::test]
async fn only_the_addresses_of_granted_endpoints_are_reached() {
    assert_eq!(check(&["127.0.0.0/8:*"], "127.0.0.1:80", "127.0.0.1:80").await, Ok(()));
    for other in ["127.0.0.1:81", "127.0.0.2:80", "1.1.1.1:80", "169.254.169.254:80"] {
        let refused = check(&["127.0.0.0/8:*"], "127.0.0.1:80", other).await.unwrap_err();
        assert_eq!(refused, Refused::NotGranted(other.to_owned()));
    }
}

#[test]
fn only_granted_names_are_looked_up() {
    let grant = grant(&["*:443"], "https://api.example.org");
    assert!(grant.has_name("API.example.org."));
    assert!(!grant.has_name("secret-data.attacker.example"));
}
