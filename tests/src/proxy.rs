//! A TCP proxy on a loopback port that can cut its connections, or let them hang, and later go on.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// How soon a thread sees that something has changed.
const GLANCE: Duration = Duration::from_millis(20);

/// A proxy. Dropping it cuts its connections and frees its port.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether connections are refused.
    cut: AtomicBool,
    /// Whether bytes wait.
    stalled: AtomicBool,
    ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts a proxy to a loopback port.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub fn start(to: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener, to));
        Ok(Self { port, shared })
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts all connections, and refuses others until [`Proxy::restore`].
    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::SeqCst);
        self.shared.close_all();
    }

    /// Lets all bytes wait until [`Proxy::restore`]: nobody is told that nothing comes.
    pub fn stall(&self) {
        self.shared.stalled.store(true, Ordering::SeqCst);
    }

    /// Lets everything pass again.
    pub fn restore(&self) {
        self.shared.cut.store(false, Ordering::SeqCst);
        self.shared.stalled.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.close_all();
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener, to: u16) {
        while !self.ended.load(Ordering::SeqCst) {
            match listener.accept() {
                // A connection that can't be made is the client's to see.
                Ok((client, _)) if !self.cut.load(Ordering::SeqCst) => drop(self.join(client, to)),
                Ok(_) => {}
                Err(_) => thread::sleep(GLANCE),
            }
        }
    }

    fn join(self: &Arc<Self>, client: TcpStream, to: u16) -> Result<()> {
        let server = TcpStream::connect(("127.0.0.1", to))?;
        for (from, into) in [(client.try_clone()?, server.try_clone()?), (server.try_clone()?, client.try_clone()?)] {
            from.set_nonblocking(false)?;
            from.set_read_timeout(Some(GLANCE))?;
            into.set_nodelay(true)?;
            let shared = Arc::clone(self);
            thread::spawn(move || shared.copy(from, into));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|stream| stream.peer_addr().is_ok());
        open.extend([client, server]);
        Ok(())
    }

    fn copy(&self, mut from: TcpStream, mut into: TcpStream) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            while self.stalled.load(Ordering::SeqCst) && !self.ended.load(Ordering::SeqCst) {
                thread::sleep(GLANCE);
            }
            let copied = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => into.write_all(buffer.get(..count).unwrap_or_default()),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
                Err(error) => Err(error),
            };
            if copied.is_err() {
                break;
            }
        }
        // Either may be closed already.
        let _ = from.shutdown(Shutdown::Both);
        let _ = into.shutdown(Shutdown::Both);
    }

    fn close_all(&self) {
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
