//! Kafka's `FileStreamSource`: a record for each line of a file, waiting for more at its end. How lines are found
//! is in `lines`; what the connector means to Kafka Connect is here.

mod lines;

use std::io::{Error as IoError, ErrorKind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use airlock_sdk::log::{self, Level};
use airlock_sdk::{
    Batch, Capability, Config, ConfigKey, ConfigProblem, Description, Error, ExactlyOnce, Form, Grant, Importance,
    OneTask, PollLimits, Source, SourcePosition, SourceRow, SourceRows, offsets, schemas,
};
use serde_json::{Value, json};

use lines::{Lines, Next};

/// How long to wait before looking for more lines.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Kafka's `FileStreamSource`.
struct FileSource {
    settings: Settings,
    lines: Option<Lines>,
    /// Whether the log says that there is no such file yet.
    told_missing: bool,
}

struct Settings {
    file: String,
    topic: String,
    batch_size: usize,
    /// The JSON text that names the file to the offset store.
    source_partition: String,
    value_schema: u32,
}

impl Source for FileSource {
    type Connector = OneTask;

    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.file.FileStreamSourceConnector", "FileStreamSource"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Reads a file line by line, and waits at its end for more.")
            .capabilities([Capability::Filesystem])
            .config([
                ConfigKey::text("file")
                    .importance(Importance::High)
                    .grants(Grant::ReadFile)
                    .documentation("Source filename. It must be set: a worker's standard input can't be read."),
                ConfigKey::text("topic")
                    .required()
                    .non_empty()
                    .importance(Importance::High)
                    .documentation("The topic to publish data to."),
                ConfigKey::int("batch.size")
                    .default("2000")
                    .importance(Importance::Low)
                    .documentation("The maximum number of records that the task reads from the file at a time."),
            ])
    }

    fn validate(config: &Config) -> Vec<ConfigProblem> {
        let checks = [file(config).map(drop), batch_size(config).map(drop)];
        let problems = checks.into_iter().filter_map(|check| match check {
            Err(Error::InvalidConfig(problems)) => Some(problems),
            _ => None,
        });
        problems.flatten().collect()
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let file = file(config)?;
        let settings = Settings {
            file: file.to_owned(),
            topic: config.text("topic")?.to_owned(),
            batch_size: batch_size(config)?,
            source_partition: json!({"filename": file}).to_string(),
            value_schema: schemas::intern(br#"{"type":"string","optional":false}"#)?,
        };
        Ok(FileSource { settings, lines: None, told_missing: false })
    }

    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error> {
        if limits.max_rows == 0 {
            return Ok(());
        }
        let until = Instant::now() + Duration::from_millis(limits.max_wait_ms.into());
        loop {
            let rows = self.read(limits)?;
            if !rows.is_empty() {
                return Ok(out.append(rows)?);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK_AGAIN));
        }
    }

    fn alter_offsets(config: &Config, positions: &[SourcePosition]) -> Result<bool, Error> {
        file(config)?;
        positions.iter().try_for_each(check_position)?;
        Ok(true)
    }

    /// The position tells exactly where to go on, as long as the file is only appended to.
    fn exactly_once_support(config: &Config) -> ExactlyOnce {
        if file(config).is_ok() { ExactlyOnce::Supported } else { ExactlyOnce::Unsupported }
    }
}

airlock_sdk::export!(sources: [FileSource]);

impl FileSource {
    /// Reads the lines that are there now, opening the file first where that is still to be done.
    fn read(&mut self, limits: PollLimits) -> Result<SourceRows, Error> {
        if self.lines.is_none() {
            self.lines = self.settings.open()?;
        }
        match &mut self.lines {
            Some(lines) => self.settings.read(lines, limits),
            None => {
                if !std::mem::replace(&mut self.told_missing, true) {
                    log::write(Level::Warn, &format!("{} is not there: waiting for it", self.settings.file));
                }
                Ok(SourceRows::new(Form::Json))
            }
        }
    }
}

impl Settings {
    /// Opens the file where the stored offset says; none where there is no such file yet.
    fn open(&self) -> Result<Option<Lines>, Error> {
        let position = self.stored_position()?;
        match Lines::open(&self.file, position) {
            Ok(lines) => Ok(Some(lines)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("open", &error)),
        }
    }

    fn stored_position(&self) -> Result<u64, Error> {
        let stored = offsets::read(std::slice::from_ref(&self.source_partition))?;
        let Some(offset) = stored.into_iter().next().flatten() else {
            return Ok(0);
        };
        let parsed: Option<Value> = serde_json::from_str(&offset).ok();
        match parsed.as_ref().and_then(|offset| offset.get("position")) {
            None | Some(Value::Null) => Ok(0),
            Some(position) => position.as_u64().ok_or_else(|| {
                Error::fatal(format!("the stored offset of {} is {offset}: position must be a number", self.file))
            }),
        }
    }

    /// Reads the lines that are there now, as far as the limits allow.
    fn read(&self, lines: &mut Lines, limits: PollLimits) -> Result<SourceRows, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_millis() as i64);
        let max_rows = self.batch_size.min(limits.max_rows as usize);
        let mut rows = SourceRows::new(Form::Json);
        while rows.len() < max_rows && rows.byte_size() < limits.max_bytes as usize {
            let (line, end) = match lines.next_line().map_err(|error| self.failed("read", &error))? {
                Next::Line(line, end) => (line, end),
                Next::Nothing => break,
                Next::Truncated { length, position } => return Err(self.truncated(length, position)),
            };
            let value = serde_json::to_vec(&line).map_err(Error::fatal)?;
            let offset = format!("{{\"position\":{end}}}");
            rows.push(SourceRow {
                value: Some(&value),
                value_schema: self.value_schema,
                timestamp: now,
                ..SourceRow::new(&self.topic, &self.source_partition, &offset)
            });
        }
        Ok(rows)
    }

    fn failed(&self, what: &str, error: &IoError) -> Error {
        Error::fatal(format!("can't {what} {}: {error}", self.file))
    }

    fn truncated(&self, length: u64, position: u64) -> Error {
        Error::fatal(format!(
            "{} was truncated: it has {length} bytes, and {position} were read; restore it, or reset the connector's offsets",
            self.file
        ))
    }
}

/// Returns the file that a configuration names.
fn file(config: &Config) -> Result<&str, Error> {
    match config.get("file") {
        None | Some("") => Err(Error::invalid("file", "is missing: name a file; standard input can't be read here")),
        Some(file) => Ok(file),
    }
}

fn batch_size(config: &Config) -> Result<usize, Error> {
    match config.parse("batch.size")? {
        0 => Err(Error::invalid("batch.size", "is 0: set it to at least 1")),
        size => Ok(size),
    }
}

/// Checks a position that a user wants stored. A reset, without an offset, is fine.
fn check_position(position: &SourcePosition) -> Result<(), Error> {
    let Some(offset) = &position.offset else {
        return Ok(());
    };
    let names_file = parse(&position.partition)?.get("filename").is_some();
    let is_position = parse(offset)?.get("position").is_some_and(Value::is_u64);
    match (names_file, is_position) {
        (true, true) => Ok(()),
        (false, _) => Err(Error::fatal(format!("the partition {} lacks filename", position.partition))),
        (_, false) => Err(Error::fatal(format!("the offset {offset} must be {{\"position\": bytes}}, at least 0"))),
    }
}

fn parse(json: &str) -> Result<Value, Error> {
    serde_json::from_str(json).map_err(|error| Error::fatal(format!("{json} is no JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use airlock_sdk::testing::{self, Rows};
    use std::io::Write;

    const NOW: PollLimits = PollLimits { max_wait_ms: 0, max_rows: 100, max_bytes: 1 << 20 };

    fn start(file: &str) -> FileSource {
        testing::start_source(&[("file", file), ("topic", "lines")]).unwrap()
    }

    fn poll(source: &mut FileSource, limits: PollLimits) -> Vec<String> {
        let rows = Rows::default();
        source.poll(&rows.batch(), limits).unwrap();
        (0..rows.len()).map(|row| rows.value(row)).collect()
    }

    #[test]
    fn lines_become_rows_with_their_position() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "grün\r\nb\n").unwrap();
        let rows = Rows::default();
        start(file.path().to_str().unwrap()).poll(&rows.batch(), NOW).unwrap();
        assert_eq!((rows.value(0), rows.topic(0)), ("\"grün\"".into(), "lines".into()));
        assert_eq!(rows.source_position(0).unwrap().1, r#"{"position":7}"#);
        assert_eq!(rows.source_position(1).unwrap().1, r#"{"position":9}"#);
        assert!(rows.timestamp(0) > 0);
    }

    #[test]
    fn a_line_waits_for_its_end() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut source = start(file.path().to_str().unwrap());
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(poll(&mut source, NOW), ["\"one\""]);
        assert!(poll(&mut source, NOW).is_empty());
        file.write_all(b"o\r").unwrap();
        assert!(poll(&mut source, NOW).is_empty());
        file.write_all(b"three\n").unwrap();
        assert_eq!(poll(&mut source, NOW), ["\"two\"", "\"three\""]);
    }

    #[test]
    fn it_goes_on_where_the_stored_offset_says() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "one\ntwo\n").unwrap();
        let path = file.path().to_str().unwrap();
        testing::store_offset(&json!({"filename": path}).to_string(), r#"{"position":4}"#);
        assert_eq!(poll(&mut start(path), NOW), ["\"two\""]);
    }

    #[test]
    fn a_truncated_file_is_fatal_and_both_numbers_are_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "one\ntwo\n").unwrap();
        let mut source = start(file.path().to_str().unwrap());
        poll(&mut source, NOW);
        std::fs::write(&file, "one\n").unwrap();
        let error = source.poll(&Rows::default().batch(), NOW).unwrap_err().to_string();
        assert!(error.contains("has 4 bytes, and 8 were read"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later");
        let mut source = start(path.to_str().unwrap());
        let began = Instant::now();
        assert!(poll(&mut source, PollLimits { max_wait_ms: 50, ..NOW }).is_empty());
        assert!(began.elapsed() >= Duration::from_millis(50));
        std::fs::write(&path, "here\n").unwrap();
        assert_eq!(poll(&mut source, NOW), ["\"here\""]);
    }

    #[test]
    fn limits_hold_and_a_tick_reads_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "one\ntwo\nthree\n").unwrap();
        let mut source = start(file.path().to_str().unwrap());
        assert!(poll(&mut source, PollLimits { max_rows: 0, ..NOW }).is_empty());
        assert_eq!(poll(&mut source, PollLimits { max_rows: 1, ..NOW }).len(), 1);
        assert_eq!(poll(&mut source, PollLimits { max_bytes: 1, ..NOW }), ["\"two\""]);
    }

    #[test]
    fn a_configuration_without_a_file_is_refused() {
        let config = testing::config(&FileSource::describe(), &[("topic", "t"), ("batch.size", "0")]);
        let keys: Vec<_> = FileSource::validate(&config).into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["file", "batch.size"]);
    }

    #[test]
    fn offsets_are_checked_before_they_are_stored() {
        let config = testing::config(&FileSource::describe(), &[("file", "f"), ("topic", "t")]);
        let alter = |partition: &str, offset: Option<&str>| {
            let position = SourcePosition { partition: partition.into(), offset: offset.map(str::to_owned) };
            FileSource::alter_offsets(&config, &[position])
        };
        assert_eq!(alter(r#"{"filename":"f"}"#, Some(r#"{"position":7}"#)), Ok(true));
        assert_eq!(alter("{}", None), Ok(true));
        assert!(alter(r#"{"filename":"f"}"#, Some(r#"{"position":-1}"#)).is_err());
        assert!(alter("{}", Some(r#"{"position":7}"#)).is_err());
    }
}
