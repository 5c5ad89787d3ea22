//! What is done to the worker, to Kafka and to the network between them.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use super::Arena;

/// How long a worker may take to end by itself.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The worker gets SIGKILL, and is started again.
    Kill,
    /// The worker gets SIGTERM, and is started again.
    Restart,
    /// The worker gets SIGSTOP, and SIGCONT after a while, which may be longer than its session.
    Freeze,
    /// Kafka gets SIGKILL, and is started again.
    Broker,
    /// All connections to Kafka break, and none can be made for a while.
    Cut,
    /// All connections to Kafka stay and carry nothing for a while.
    Stall,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 6] = [Fault::Kill, Fault::Restart, Fault::Freeze, Fault::Broker, Fault::Cut, Fault::Stall];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Kill => "kill",
            Fault::Restart => "restart",
            Fault::Freeze => "freeze",
            Fault::Broker => "broker",
            Fault::Cut => "cut",
            Fault::Stall => "stall",
        })
    }
}

impl Arena {
    /// Lets a fault come and go.
    pub(super) fn suffer(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Kill => {
                self.worker.take().context("there is no worker")?.kill();
                self.nap(0..1000);
                self.worker = Some(self.files.start()?);
            }
            Fault::Restart => {
                self.worker.take().context("there is no worker")?.terminate(ENDS_WITHIN)?;
                self.worker = Some(self.files.start()?);
            }
            Fault::Freeze => {
                self.signal(Signal::STOP)?;
                self.nap(200..9000);
                self.signal(Signal::CONT)?;
            }
            Fault::Broker => {
                self.kafka.kill_broker(0)?;
                self.nap(0..2000);
                self.kafka.restart_broker(0)?;
            }
            Fault::Cut => {
                self.proxy.cut();
                self.nap(200..8000);
                self.proxy.restore();
            }
            Fault::Stall => {
                self.proxy.stall();
                self.nap(200..9000);
                self.proxy.restore();
            }
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.worker()?.id())?;
        Ok(kill_process(Pid::from_raw(id).context("no process id")?, signal)?)
    }
}
