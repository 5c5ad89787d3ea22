//! A sink for the host's own tests: it appends the values to a file, and some records harm it.

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use airlock_sdk::{
    Batch, Capability, Config, ConfigKey, ConfigProblem, Description, Error, Form, Grant, SameTasks, Sink,
    TopicPartitionOffset,
};

struct FragileSink {
    file: File,
    /// Whether values are written when they are flushed, and not at once.
    buffers: bool,
    buffer: Vec<String>,
    /// How many values an instance takes before it panics; 0: any number.
    stamina: usize,
    taken: usize,
    /// While this file is there, the remote is down.
    down: String,
}

impl Sink for FragileSink {
    type Connector = SameTasks;

    fn describe() -> Description {
        Description::new(["fragile.Sink"]).capabilities([Capability::Filesystem]).config([
            ConfigKey::text("file").grants(Grant::WriteFile),
            ConfigKey::text("down").grants(Grant::WriteFile),
            ConfigKey::text("buffers").default("false"),
            ConfigKey::text("stamina").default("0"),
        ])
    }

    fn validate(_: &Config) -> Vec<ConfigProblem> {
        Vec::new()
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let file = File::options().create(true).append(true).open(config.text("file")?).map_err(Error::fatal)?;
        Ok(Self {
            file,
            buffers: config.boolean("buffers")?,
            buffer: Vec::new(),
            stamina: config.parse("stamina")?,
            taken: 0,
            down: config.text("down")?.to_owned(),
        })
    }

    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        if batch.rows() == 0 {
            return Ok(());
        }
        if std::fs::exists(&self.down).unwrap_or(false) {
            return Err(Error::retriable("the remote is down"));
        }
        let values = batch.value().read_whole(Form::Raw)?;
        let values = values.iter().map(|cell| String::from_utf8_lossy(cell.value().unwrap_or_default()).into_owned());
        self.buffer.extend(values);
        self.taken += batch.rows();
        assert!(self.stamina == 0 || self.taken <= self.stamina, "leaked with {} values", self.taken);
        if self.buffers { Ok(()) } else { self.write() }
    }

    fn flush(&mut self, _: &[TopicPartitionOffset]) -> Result<(), Error> {
        self.write()
    }
}

impl FragileSink {
    fn write(&mut self) -> Result<(), Error> {
        for value in std::mem::take(&mut self.buffer) {
            if value.contains("\"panic\"") {
                panic!("can't write {value}");
            } else if value.contains("\"loop\"") {
                loop {
                    black_box(0);
                }
            } else if value.contains("\"sleep\"") {
                std::thread::sleep(Duration::from_secs(30));
            }
            self.file.write_all(format!("{value}\n").as_bytes()).map_err(Error::fatal)?;
        }
        Ok(())
    }
}

airlock_sdk::export!(sinks: [FragileSink]);
