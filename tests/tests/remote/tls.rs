//! Servers over HTTPS: the host checks their certificates against what its system trusts, here one authority
//! made for the test.

use airlock_tests::tls::{Authority, Identity};
use anyhow::Context as _;

use super::*;

/// A worker that trusts one authority, and may let its plugins reach this machine.
fn trusting(servers: &str, authority: &Authority) -> Result<(Standalone, Worker)> {
    let mut files = Standalone::new(servers)?;
    let trusted = files.path("trusted.pem");
    authority.write(&trusted)?;
    files.set_variable("SSL_CERT_FILE", &trusted);
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let worker = files.start()?;
    upload(&worker)?;
    Ok((files, worker))
}

fn wait_taken(server: &RowServer, rows: usize, worker: &Worker) -> Result<()> {
    let taken = wait(WITHIN, || Ok(server.taken().len() == rows));
    taken.with_context(|| format!("{} taken; {}", server.taken().len(), worker.log().unwrap_or_default()))
}

#[test]
fn a_server_with_a_certificate_of_a_trusted_authority_is_reached_over_https() -> Result<()> {
    let servers = write_rows("trusted", 100)?;
    let authority = Authority::new("An authority that is trusted")?;
    let server = RowServer::start_tls(authority.identity("127.0.0.1")?)?;
    let (_files, worker) = trusting(servers, &authority)?;
    create(&worker, "trusted", &post(&format!("https://127.0.0.1:{}", server.port()), "trusted"))?;
    wait_taken(&server, 100, &worker)?;
    ensure!(server.taken().iter().all(|(offset, body)| *body == format!("row {offset}")), "a row was mixed up");
    ensure!(dead_letters(servers, "trusted")?.is_empty(), "rows were rejected");
    Ok(())
}

/// Lets a sink go to a server, which it must refuse with words, and to which it must say nothing.
fn check_refused(worker: &Worker, name: &str, identity: Identity, words: &str) -> Result<()> {
    let server = RowServer::start_tls(identity)?;
    let config = post(&format!("https://127.0.0.1:{}", server.port()), "untrusted");
    let created = worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?;
    created.ok()?;
    let why = failure(worker, name).with_context(|| worker.log().unwrap_or_default())?;
    let host = format!("the host refused: 127.0.0.1:{}: {words}", server.port());
    ensure!(why.contains("the server is not trusted") && why.contains(&host), "{name}: {why}");
    ensure!(server.requests() == 0, "{name}: the server was told something");
    Ok(())
}

#[test]
fn a_server_whose_certificate_is_not_accepted_is_told_nothing_and_the_trace_says_why() -> Result<()> {
    let servers = write_rows("untrusted", 3)?;
    let (trusted, unknown) = (Authority::new("Trusted")?, Authority::new("Unknown")?);
    let (_files, worker) = trusting(servers, &trusted)?;
    let issuer = "its certificate is not accepted: invalid peer certificate: UnknownIssuer; the worker trusts the \
                  authorities of its system, or those of SSL_CERT_FILE and SSL_CERT_DIR";
    check_refused(&worker, "unknown", unknown.identity("127.0.0.1")?, issuer)?;
    let name = "its certificate is not accepted: invalid peer certificate: certificate not valid for name \
                \"127.0.0.1\"; certificate is only valid for DnsName(\"db.example.org\")";
    check_refused(&worker, "misnamed", trusted.identity("db.example.org")?, name)?;
    let expired = "its certificate is not accepted: invalid peer certificate: certificate expired";
    check_refused(&worker, "expired", trusted.outdated("127.0.0.1")?, expired)?;
    let plain = RowServer::start(|_, _| Reply::of(200))?;
    create(&worker, "plain", &post(&format!("http://127.0.0.1:{}", plain.port()), "untrusted"))?;
    wait_taken(&plain, 3, &worker)?;
    let again = RowServer::start_tls(trusted.identity("127.0.0.1")?)?;
    create(&worker, "again", &post(&format!("https://127.0.0.1:{}", again.port()), "untrusted"))?;
    wait_taken(&again, 3, &worker)
}
