//! A TCP server with PostgreSQL's manners: it hangs up on a client that is silent for two seconds, and keeps
//! its rows until the client confirms them. See `tests/guests/feed` for what is said.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// How long a client may be silent.
const SILENCE: Duration = Duration::from_secs(2);

/// What has happened so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    /// Connections that were opened.
    pub connections: usize,
    /// Those that were cut off for silence.
    pub cut_off: usize,
    /// Everything up to this row is confirmed, and no longer here.
    pub confirmed: u64,
}

/// The server. Its threads end with the process.
#[derive(Debug)]
pub struct FeedServer {
    address: String,
    rows: u64,
    seen: Arc<Mutex<Seen>>,
}

impl FeedServer {
    /// Starts a server with rows 1 to `rows`, row n being `row n`.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn start(rows: u64) -> Result<Self> {
        Self::start_at("127.0.0.1:0", rows)
    }

    /// The same, at an address of this machine.
    ///
    /// # Errors
    /// When there is no such address, or its port is taken.
    pub fn start_at(address: &str, rows: u64) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?.to_string();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, rows, &seen));
            }
        });
        Ok(Self { address, rows, seen })
    }

    /// Returns `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns what has happened so far.
    pub fn seen(&self) -> Seen {
        *lock(&self.seen)
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, rows: u64, seen: &Mutex<Seen>) -> Result<()> {
    lock(seen).connections += 1;
    stream.set_read_timeout(Some(SILENCE))?;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                let silent = matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                lock(seen).cut_off += usize::from(silent);
                break;
            }
        };
        match line.split_once(' ') {
            Some(("START", position)) => send(stream, position.parse()?, (rows, seen))?,
            Some(("CONFIRM", position)) => {
                let mut seen = lock(seen);
                seen.confirmed = seen.confirmed.max(position.parse()?);
            }
            _ => {}
        }
    }
    Ok(stream.shutdown(std::net::Shutdown::Both)?)
}

/// Sends, on a thread of its own, the rows behind a position that weren't confirmed.
fn send(stream: &TcpStream, position: u64, (rows, seen): (u64, &Mutex<Seen>)) -> Result<()> {
    let first = position.max(lock(seen).confirmed) + 1;
    let mut out = BufWriter::new(stream.try_clone()?);
    thread::spawn(move || (first..=rows).try_for_each(|n| writeln!(out, "{n} row {n}")));
    Ok(())
}
