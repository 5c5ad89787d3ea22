//! Starts real Apache Kafka (KRaft, one combined node or several) on free loopback ports, and stops it again.
//! The jars come from Maven; see `tests/kafka/install.sh`. Knows no Kafka client; see rdkafka for that.
//!
//! A broker outlives neither its [`KafkaServer`] nor this process, however this process ends. `_JAVA_OPTIONS` in the
//! environment changes the JVM's settings, such as `-Xmx2g -XX:TieredStopAtLevel=4` for a benchmark.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::iter;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::TempDir;

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(50);
const REPLY_WITHIN: Duration = Duration::from_secs(2);
/// Enough to reach back over the orderly shutdown to the exception that caused it.
const LOG_TAIL_LINES: usize = 100;
/// Below Linux's range for outgoing connections, so that a port stays free between choosing and binding it, and while
/// its broker is down.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
const DIRECTORY_PREFIX: &str = "airlock-kafka-";
const COMMON: &str = include_str!("../kafka/broker.properties");
const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the single broker that all tests of a binary share; it starts upon the first call and dies with the process.
///
/// # Errors
/// When it could not be started, now or upon the first call.
pub fn shared() -> Result<&'static KafkaServer> {
    static SERVER: OnceLock<Result<KafkaServer, String>> = OnceLock::new();
    let server = SERVER.get_or_init(|| KafkaServer::start(1).map_err(|error| format!("{error:#}")));
    server.as_ref().map_err(|error| anyhow!(error.clone()))
}

/// Running Kafka brokers with a directory of their own. Dropping it kills them and removes the directory.
#[derive(Debug)]
pub struct KafkaServer {
    bootstrap_servers: String,
    brokers: Vec<Broker>, // Before the directory: fields drop in this order.
    directory: TempDir,
}

impl KafkaServer {
    /// Starts `brokers` nodes, each broker and controller in one, and waits until all of them serve clients.
    ///
    /// # Errors
    /// When Kafka cannot be installed, or is not ready after 60 s; the end of the broker's log is in the error.
    pub fn start(brokers: usize) -> Result<Self> {
        ensure!(brokers > 0, "no broker asked for");
        sweep_directories_of_dead_processes();
        for _ in 0..2 {
            match Self::try_start(brokers) {
                Err(error) if error.to_string().contains("Address already in use") => {}
                result => return result,
            }
        }
        Self::try_start(brokers)
    }

    /// Starts one node that also serves clients who come through a proxy: it listens for them on the first of these
    /// ports, and tells them to come to the second.
    ///
    /// # Errors
    /// As [`KafkaServer::start`].
    pub fn start_behind(proxied: (u16, u16)) -> Result<Self> {
        sweep_directories_of_dead_processes();
        Self::try_start_as(1, Some(proxied))
    }

    /// Returns `host:port` of every broker, for the clients' `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Returns the process ids of the brokers that run, in the order of their numbers.
    pub fn broker_pids(&self) -> Vec<u32> {
        self.running().filter_map(|broker| broker.process.as_ref()).map(Process::id).collect()
    }

    /// Returns the directory of the brokers' files; `broker-<node id>.<start>.log` in it are their logs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Ends one broker with SIGKILL; `index` counts from 0, its node id from 1. Does nothing when it is down already.
    ///
    /// # Errors
    /// When there is no such broker.
    pub fn kill_broker(&mut self, index: usize) -> Result<()> {
        self.broker(index)?.process = None;
        Ok(())
    }

    /// Kills one broker if it runs, starts it again with its files and its port, and waits until it serves clients,
    /// though it may not have caught up yet. Takes 4 s longer when the others have not noticed its death before.
    ///
    /// # Errors
    /// When there is no such broker, or it is not ready after 60 s.
    pub fn restart_broker(&mut self, index: usize) -> Result<()> {
        let broker = self.broker(index)?;
        broker.process = None;
        broker.start()?;
        self.wait_until_ready()
    }

    fn try_start(brokers: usize) -> Result<Self> {
        Self::try_start_as(brokers, None)
    }

    fn try_start_as(brokers: usize, proxied: Option<(u16, u16)>) -> Result<Self> {
        let prefix = format!("{DIRECTORY_PREFIX}{}-", std::process::id());
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir()?;
        let ports = free_ports(brokers * 2)?;
        let (client_ports, controller_ports) = ports.split_at(brokers);
        let cluster = Cluster { proxied, ..Cluster::new(directory.path(), controller_ports) };
        let brokers = (1..).zip(client_ports.iter().zip(controller_ports));
        let brokers = brokers.map(|(id, (&port, &controller))| cluster.format_broker(id, port, controller));
        let bootstrap_servers: Vec<_> = client_ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let mut server = Self {
            bootstrap_servers: bootstrap_servers.join(","),
            brokers: brokers.collect::<Result<_>>()?,
            directory,
        };
        server.brokers.iter_mut().try_for_each(Broker::start)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    fn broker(&mut self, index: usize) -> Result<&mut Broker> {
        self.brokers.get_mut(index).with_context(|| format!("no broker {index}"))
    }

    fn running(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.iter().filter(|broker| broker.process.is_some())
    }

    /// Waits until every running broker has finished its start and knows of all other running ones.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        let running: Vec<_> = self.running().map(|broker| broker.id).collect();
        for broker in &mut self.brokers {
            while !broker.is_ready(&running) {
                let exited = broker.process.as_mut().map(Process::has_exited).transpose()?.unwrap_or(false);
                ensure!(!exited, "broker {} ended:\n{}", broker.id, broker.log_tail());
                ensure!(Instant::now() < deadline, "broker {} is not ready:\n{}", broker.id, broker.log_tail());
                thread::sleep(POLL_EVERY);
            }
        }
        Ok(())
    }
}

/// What the nodes of one cluster agree on.
struct Cluster<'a> {
    directory: &'a Path,
    nodes: usize,
    voters: String,
    proxied: Option<(u16, u16)>,
}

impl<'a> Cluster<'a> {
    fn new(directory: &'a Path, controller_ports: &[u16]) -> Self {
        let voters = (1..).zip(controller_ports).map(|(id, port)| format!("{id}@127.0.0.1:{port}"));
        Self { directory, nodes: controller_ports.len(), voters: voters.collect::<Vec<_>>().join(","), proxied: None }
    }

    /// Writes a node's configuration and, in place of `StorageTool format` with its JVM, the two files that it writes.
    fn format_broker(&self, id: i32, port: u16, controller_port: u16) -> Result<Broker> {
        let log_dir = self.directory.join(format!("data-{id}"));
        fs::create_dir(&log_dir)?;
        // Differs from run to run, so that nodes of two clusters never mix. Kafka adds the missing `directory.id`.
        let cluster_id = self.directory.file_name().unwrap_or_default().display();
        fs::write(log_dir.join("meta.properties"), format!("version=1\ncluster.id={cluster_id}\nnode.id={id}\n"))?;
        fs::copy(installation()?.join("bootstrap.checkpoint"), log_dir.join("bootstrap.checkpoint"))?;
        let properties = self.properties(id, port, controller_port);
        fs::write(self.directory.join(format!("broker-{id}.properties")), properties)?;
        Ok(Broker { id, port, directory: self.directory.to_owned(), starts: 0, process: None })
    }

    fn properties(&self, id: i32, port: u16, controller_port: u16) -> String {
        let Self { directory, nodes, voters, proxied } = self;
        let own = format!("PLAINTEXT://127.0.0.1:{port}");
        let (listens, told) = match proxied {
            None => (String::new(), String::new()),
            Some((listens, told)) => (
                format!(",PROXIED://127.0.0.1:{listens}"),
                format!(
                    "advertised.listeners={own},PROXIED://127.0.0.1:{told}\ninter.broker.listener.name=PLAINTEXT\n"
                ),
            ),
        };
        let (replicas, in_sync, directory, common) = (nodes.min(&3), nodes.min(&2), directory.display(), COMMON);
        format!(
            "{common}
node.id={id}
controller.quorum.voters={voters}
listeners={own},CONTROLLER://127.0.0.1:{controller_port}{listens}
{told}log.dirs={directory}/data-{id}
default.replication.factor={replicas}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
"
        )
    }
}

#[derive(Debug)]
struct Broker {
    id: i32,
    port: u16,
    directory: PathBuf,
    starts: u32,
    process: Option<Process>,
}

impl Broker {
    fn start(&mut self) -> Result<()> {
        self.starts += 1;
        let log = File::create(self.log_path())?;
        let mut command = java("kafka.Kafka")?;
        command.arg(self.directory.join(format!("broker-{}.properties", self.id)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.process = Some(Process::spawn(command)?);
        Ok(())
    }

    /// A broker that was killed on purpose counts as ready.
    fn is_ready(&self, running: &[i32]) -> bool {
        // The log, since after a restart the others still list the broker's former life for a while.
        let serves = || live_brokers(self.port).is_ok_and(|live| running.iter().all(|id| live.contains(id)));
        self.process.is_none() || (serves() && self.log().contains("Kafka Server started"))
    }

    fn log_path(&self) -> PathBuf {
        self.directory.join(format!("broker-{}.{}.log", self.id, self.starts))
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(LOG_TAIL_LINES)..).unwrap_or_default().join("\n")
    }
}

/// A child process that ends with this value, and with the process that started it even when that is SIGKILLed.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a command made by [`bound`] or [`java`], in a process group of its own: Ctrl-C does not reach it.
    ///
    /// # Errors
    /// When it could not be started.
    pub fn spawn(mut command: Command) -> Result<Self> {
        // The kernel sends the signal of `--pdeathsig` when the *thread* that forked ends, as a test's thread soon
        // does. So one thread, which never ends, starts them all.
        type Job = (Command, mpsc::Sender<io::Result<Child>>);
        static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
        let spawner = SPAWNER.get_or_init(|| {
            let (sender, jobs) = mpsc::channel::<Job>();
            thread::spawn(move || jobs.iter().for_each(|(mut command, reply)| drop(reply.send(command.spawn()))));
            sender
        });
        command.process_group(0);
        let (reply, child) = mpsc::channel();
        spawner.send((command, reply))?;
        Ok(Self(child.recv()??))
    }

    /// Returns its standard input and output, if it was started with pipes; once.
    pub fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        Some((self.0.stdin.take()?, self.0.stdout.take()?))
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Tells whether it has ended by itself.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn has_exited(&mut self) -> Result<bool> {
        Ok(self.status()?.is_some())
    }

    /// Returns how it ended; none while it runs.
    ///
    /// # Errors
    /// When the operating system does not tell.
    pub fn status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a command for a program that shall die with this process; give it to [`Process::spawn`].
pub fn bound(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Returns a command for a class of Apache Kafka, such as `org.apache.kafka.connect.cli.ConnectDistributed` or
/// `org.apache.kafka.tools.TopicCommand`. Its log goes to standard error.
///
/// # Errors
/// When Kafka cannot be installed.
pub fn java(main_class: &str) -> Result<Command> {
    let home = installation()?;
    let class_path = fs::read_to_string(home.join("classpath"))?;
    let mut command = bound("java");
    command.args(["-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command.arg(format!("-XX:SharedArchiveFile={}/classes.jsa", home.display()));
    command.arg(format!("-Dlog4j2.configurationFile={TESTS}/kafka/log4j2.properties"));
    command.env("CLASSPATH", class_path.trim_end()).arg(main_class);
    Ok(command)
}

fn installation() -> Result<&'static Path> {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    if let Some(home) = HOME.get() {
        return Ok(home);
    }
    let output = Command::new(format!("{TESTS}/kafka/install.sh")).stdin(Stdio::null()).output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "Kafka could not be installed: {stdout}{stderr}");
    let Some(home) = stdout.lines().last() else { bail!("install.sh printed nothing: {stderr}") };
    Ok(HOME.get_or_init(|| PathBuf::from(home)))
}

fn sweep_directories_of_dead_processes() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(DIRECTORY_PREFIX)?.split('-').next());
        let owner = owner.and_then(|pid| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // Another process may be sweeping too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn free_ports(count: usize) -> Result<Vec<u16>> {
    // No port is tried twice by one process, and test binaries that run side by side start apart.
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let candidates = iter::repeat_with(|| {
        let nth = std::process::id().wrapping_mul(31).wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        PORTS.start + (nth % u32::from(PORTS.end - PORTS.start)) as u16
    });
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let ports: Vec<_> = candidates.take(PORTS.len()).filter(is_free).take(count).collect();
    ensure!(ports.len() == count, "too few free ports");
    Ok(ports)
}

/// Asks a broker for the ids of the brokers it knows to be alive: Kafka's Metadata request, version 4, for no topic.
fn live_brokers(port: u16) -> io::Result<Vec<i32>> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), REPLY_WITHIN)?;
    stream.set_read_timeout(Some(REPLY_WITHIN))?;
    // Size, api key, version, correlation id, null client id, count of topics, whether to create them.
    stream.write_all(&[0, 0, 0, 15, 0, 3, 0, 4, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0])?;
    let [_size, _correlation_id, _throttle_ms, count] = [(); 4].map(|()| read(&mut stream).map(i32::from_be_bytes));
    let mut ids = Vec::new();
    for _ in 0..count? {
        ids.push(i32::from_be_bytes(read(&mut stream)?));
        let _host = skip_string(&mut stream)?;
        let _port: [u8; 4] = read(&mut stream)?;
        let _rack = skip_string(&mut stream)?;
    }
    Ok(ids)
}

fn skip_string(stream: &mut TcpStream) -> io::Result<u64> {
    let length = i16::from_be_bytes(read(stream)?).max(0); // -1 stands for null.
    io::copy(&mut stream.take(length as u64), &mut io::sink())
}

fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).map(|()| bytes)
}
