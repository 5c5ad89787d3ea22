//! Endpoints that are addresses of the sixth version.

use anyhow::Context as _;

use super::*;

/// Starts a server with rows on `::1`; none, and says so, where the machine doesn't have that.
fn server() -> Result<Option<FeedServer>> {
    match FeedServer::start_at("[::1]:0", 50) {
        Ok(server) => Ok(Some(server)),
        Err(error) if std::net::TcpListener::bind("[::1]:0").is_err() => {
            eprintln!("skipped: this machine has no ::1 ({error})");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Lets a source go to an endpoint that is not the one it is granted, and returns why it failed.
fn refused(worker: &Worker, name: &str, server: &FeedServer, elsewhere: &str) -> Result<String> {
    let mut config = feed(server, "sixth");
    config["connect.to"] = json!(elsewhere);
    let created = worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?;
    created.ok()?;
    failure(worker, name).with_context(|| worker.log().unwrap_or_default())
}

#[test]
fn an_address_of_the_sixth_version_is_reached_and_nothing_beside_it() -> Result<()> {
    let Some(server) = server()? else { return Ok(()) };
    let servers = kafka_server::shared()?.bootstrap_servers();
    topic::create(servers, "sixth", 1)?;
    let (_files, worker) = worker(servers, server.address())?;
    create(&worker, "sixth", &feed(&server, "sixth"))?;
    check_fed(&server, servers, "sixth")?;
    let (other, fourth) = (FeedServer::start_at("[::1]:0", 1)?, FeedServer::start(1)?);
    let port = server.address().rsplit(':').next().context("no port")?;
    let closed = [other.address().to_owned(), fourth.address().to_owned(), format!("127.0.0.1:{port}")];
    for (n, elsewhere) in (0..).zip(closed) {
        let why = refused(&worker, &format!("elsewhere-{n}"), &server, &elsewhere)?;
        let words = format!("the host refused: {elsewhere} isn't an endpoint that the connector's configuration names");
        ensure!(why.contains(&words), "{why}");
    }
    let config = json!({ "name": "closed-sixth", "config": feed(&other, "sixth") });
    let answer = worker.rest.send_json("POST", "/connectors", &config)?;
    let words = format!("server: {} is outside of airlock.grant.endpoints (::1/128:{port})", other.address());
    ensure!(answer.status == 400 && answer.text.contains(&words), "{}", answer.text);
    ensure!(other.seen().connections + fourth.seen().connections == 0, "another server was reached");
    ensure!(server.seen().connections == 1, "{:?}", server.seen());
    Ok(())
}
