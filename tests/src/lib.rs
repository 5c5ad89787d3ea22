//! What the tests share: real servers, and ways to drive a worker as its users do.

pub mod airlock;
pub mod cases;
pub mod feed_server;
pub mod kafka_server;
pub mod oracle;
pub mod proxy;
pub mod registry_server;
pub mod row_server;
pub mod sandbox;
pub mod standalone;
pub mod tls;
pub mod topic;
pub mod torture;
