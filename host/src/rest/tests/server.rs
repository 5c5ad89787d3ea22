//! The server, on real sockets.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::worker::Listener;
use crate::rest::Server;

fn loopback(port: u16) -> Listener {
    Listener { host: "127.0.0.1".to_owned(), port }
}

#[tokio::test]
async fn it_answers_until_it_is_shut_down() {
    let server = Server::bind(&[loopback(0), loopback(0)]).await.unwrap();
    let addresses = server.addresses();
    let shutdown = CancellationToken::new();
    let rest = Rest::new(Api::new().herder, Arc::default(), 64);
    let serving = tokio::spawn(server.serve(rest, shutdown.clone()));

    for address in &addresses {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /connectors HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("[]"), "{answer}");
    }
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(addresses[0]).await.is_err());
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let first = Server::bind(&[loopback(0)]).await.unwrap();
    let port = first.addresses()[0].port();

    let error = Server::bind(&[loopback(port)]).await.unwrap_err().to_string();

    assert!(error.starts_with(&format!("can't listen on 127.0.0.1:{port}: ")), "{error}");
}
