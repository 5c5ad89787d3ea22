//! Reads from a server that hangs up on a silent client and forgets what was confirmed, as PostgreSQL does
//! with a replication slot. `START n` asks for all rows behind `n`; the server sends lines `n text`; `ALIVE`
//! keeps the connection, `CONFIRM n` lets the server forget.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use airlock_sdk::{
    Batch, Capability, Config, ConfigKey, Description, Error, Form, Grant, OneTask, PollLimits, Source, SourcePosition,
    SourceRow, SourceRows, offsets,
};
use serde_json::{Value, json};

/// How often a server is told that the client lives while rows come or are waited for.
const KEEP_ALIVE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

/// A source on a TCP server.
struct Feed {
    address: String,
    /// Where it connects to, although only the server is granted.
    connect_to: String,
    topic: String,
    /// The last row that a poll appended.
    position: u64,
    connection: Option<Connection>,
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    told: Instant,
}

impl Source for Feed {
    type Connector = OneTask;

    fn describe() -> Description {
        Description::new(["remote.Feed"]).version("1").capabilities([Capability::OutgoingTcp]).config([
            ConfigKey::text("server").required().grants(Grant::Endpoint),
            ConfigKey::text("topic").required(),
            ConfigKey::text("connect.to").documentation("Another server than the one that is granted."),
        ])
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let (address, topic) = (config.text("server")?.to_owned(), config.text("topic")?.to_owned());
        let stored = offsets::read(&[partition(&address)])?.into_iter().next().flatten();
        let position = stored.as_deref().map_or(Ok(0), position)?;
        let connect_to = config.get("connect.to").unwrap_or(&address).to_owned();
        Ok(Feed { address, connect_to, topic, position, connection: None })
    }

    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error> {
        let until = Instant::now() + Duration::from_millis(limits.max_wait_ms.into());
        loop {
            let rows = self.rows(limits).map_err(|error| self.lost(&error))?;
            if !rows.is_empty() {
                return Ok(out.append(rows)?);
            }
            if limits.max_rows == 0 || Instant::now() >= until {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), Error> {
        for offset in stored.iter().filter_map(|stored| stored.offset.as_deref()) {
            let confirmed = format!("CONFIRM {}\n", position(offset)?);
            if let Some(connection) = &mut self.connection {
                // A lost connection is found by the next poll; the server then sends again what it kept.
                let _told = connection.tell(&confirmed);
            }
        }
        Ok(())
    }
}

airlock_sdk::export!(sources: [Feed]);

impl Feed {
    /// Takes the rows that have come.
    fn rows(&mut self, limits: PollLimits) -> std::io::Result<SourceRows> {
        let (source, mut last) = (partition(&self.address), self.position);
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(Connection::open(&self.connect_to, last)?),
        };
        connection.keep_alive()?;
        let mut rows = SourceRows::new(Form::Json);
        if limits.max_rows > 0 {
            connection.receive(limits.max_bytes as usize)?;
        }
        while rows.len() < limits.max_rows as usize {
            let Some(line) = connection.line() else { break };
            let Some((number, text)) = line.split_once(' ') else { continue };
            let number = number.parse().map_err(|_| std::io::Error::other("a row without a number"))?;
            let (offset, value) = (json!({ "position": number }).to_string(), json!(text).to_string());
            rows.push(SourceRow { value: Some(value.as_bytes()), ..SourceRow::new(&self.topic, &source, &offset) });
            last = number;
        }
        self.position = last;
        Ok(rows)
    }

    fn lost(&mut self, error: &std::io::Error) -> Error {
        self.connection = None;
        match error.kind() {
            ErrorKind::PermissionDenied => Error::fatal(format!("{}: {error}", self.connect_to)),
            _ => Error::retriable(format!("{}: {error}", self.connect_to)),
        }
    }
}

impl Connection {
    fn open(address: &str, position: u64) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nonblocking(true)?;
        let mut connection = Connection { stream, received: Vec::new(), told: Instant::now() };
        connection.tell(&format!("START {position}\n"))?;
        Ok(connection)
    }

    fn tell(&mut self, line: &str) -> std::io::Result<()> {
        self.told = Instant::now();
        self.stream.write_all(line.as_bytes())
    }

    fn keep_alive(&mut self) -> std::io::Result<()> {
        if self.told.elapsed() >= KEEP_ALIVE { self.tell("ALIVE\n") } else { Ok(()) }
    }

    /// Takes what has come, up to about so many bytes.
    fn receive(&mut self, most: usize) -> std::io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        while self.received.len() < most {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(std::io::Error::new(ErrorKind::ConnectionAborted, "the server hung up")),
                Ok(count) => self.received.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn line(&mut self) -> Option<String> {
        let end = self.received.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.received.drain(..=end).collect();
        Some(String::from_utf8_lossy(line.get(..end).unwrap_or_default()).into_owned())
    }
}

fn partition(address: &str) -> String {
    json!({ "server": address }).to_string()
}

fn position(offset: &str) -> Result<u64, Error> {
    let parsed: Option<Value> = serde_json::from_str(offset).ok();
    let position = parsed.as_ref().and_then(|offset| offset.get("position")?.as_u64());
    position.ok_or_else(|| Error::fatal(format!("the stored offset is {offset}: position must be a number")))
}
