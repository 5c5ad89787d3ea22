//! Records that go in while faults come: lines of a file for a source, records of a topic for a sink. Each carries
//! its number, so that what comes out can be counted.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

/// How often some are written.
const PACE: Duration = Duration::from_millis(20);
/// How many of each kind then.
const AT_ONCE: u64 = 10;
/// How many partitions the sink's topic has.
pub(super) const PARTITIONS: u64 = 3;
/// How long Kafka may take for the last ones.
const LAST: Duration = Duration::from_secs(120);

/// Where records go in.
#[derive(Debug, Clone)]
pub(super) struct Inlets {
    /// The file of a source.
    pub(super) file: String,
    /// The topic of a sink.
    pub(super) topic: String,
    /// The Kafka of that topic, which no fault but its own keeps from being reached.
    pub(super) servers: String,
}

/// Records on their way in.
#[derive(Debug)]
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    writing: JoinHandle<Result<u64>>,
}

impl Load {
    pub(super) fn start(inlets: Inlets) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        Self { stop, writing: thread::spawn(move || write(&inlets, &told)) }
    }

    /// Ends it. Returns how many lines, and as many records, are in.
    pub(super) fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::SeqCst);
        self.writing.join().ok().context("the load panicked")?
    }
}

fn write(inlets: &Inlets, stop: &AtomicBool) -> Result<u64> {
    let mut file = OpenOptions::new().create(true).append(true).open(&inlets.file)?;
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &inlets.servers).set("enable.idempotence", "true");
    let producer: BaseProducer = config.set("message.timeout.ms", "600000").create()?;
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        for number in count..count + AT_ONCE {
            write_one(&mut file, &producer, (inlets, number))?;
        }
        count += AT_ONCE;
        producer.poll(Duration::ZERO);
        thread::sleep(PACE);
    }
    producer.flush(LAST)?;
    Ok(count)
}

fn write_one(file: &mut File, producer: &BaseProducer, (inlets, number): (&Inlets, u64)) -> Result<()> {
    writeln!(file, "s-{number}")?;
    let value = format!("p-{number}");
    loop {
        let partition = i32::try_from(number % PARTITIONS)?;
        match producer.send(BaseRecord::<str, str>::to(&inlets.topic).partition(partition).payload(&value)) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                producer.poll(PACE);
            }
            Err((error, _)) => bail!(error),
        }
    }
}
