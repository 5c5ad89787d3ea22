//! Kafka's `FileStreamSink`: appends a line to a file for each record. Nothing is buffered; a flush makes the file
//! durable.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom, Write};

use airlock_sdk::{
    Batch, BytesColumn, Capability, Cell, Config, ConfigKey, ConfigProblem, Description, Error, Form, Grant,
    Importance, SameTasks, Sink, TopicPartitionOffset,
};
use memchr::memchr2;

/// Kafka's `FileStreamSink`.
struct FileSink {
    path: String,
    file: File,
    /// Whether the last write broke off, maybe within a line.
    broken_off: bool,
}

impl Sink for FileSink {
    type Connector = SameTasks;

    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.file.FileStreamSinkConnector", "FileStreamSink"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Appends a line to a file for each record.")
            .capabilities([Capability::Filesystem])
            .config([ConfigKey::text("file")
                .importance(Importance::High)
                .grants(Grant::WriteFile)
                .documentation("Destination filename. It must be set: a worker's standard output can't be written.")])
    }

    fn validate(config: &Config) -> Vec<ConfigProblem> {
        match path(config) {
            Err(Error::InvalidConfig(problems)) => problems,
            _ => Vec::new(),
        }
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let path = path(config)?.to_owned();
        let opened = File::options().create(true).append(true).open(&path);
        let file = opened.map_err(|error| Error::fatal(format!("can't open or create {path}: {error}")))?;
        let broken_off = ends_within_a_line(&path);
        Ok(FileSink { path, file, broken_off })
    }

    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        if batch.rows() == 0 {
            return Ok(());
        }
        let mut text = lines(batch)?;
        if self.broken_off {
            // What was written of a line stays on a line of its own.
            text.insert(0, b'\n');
        }
        let written = self.file.write_all(&text);
        self.broken_off = written.is_err();
        written.map_err(|error| self.failed(&error))
    }

    fn flush(&mut self, _offsets: &[TopicPartitionOffset]) -> Result<(), Error> {
        // After a failed sync nobody knows what is on the disk, so the task must start again from its last commit.
        self.file.sync_data().map_err(|error| Error::fatal(format!("can't sync {}: {error}", self.path)))
    }

    /// Offsets are Kafka's alone.
    fn alter_offsets(_config: &Config, _offsets: &[TopicPartitionOffset]) -> Result<bool, Error> {
        Ok(true)
    }
}

airlock_sdk::export!(sinks: [FileSink]);

impl FileSink {
    /// A full disk or a busy one may get better: the host asks again, with the same rows.
    fn failed(&self, error: &IoError) -> Error {
        let reason = format!("can't write to {}: {error}", self.path);
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::TimedOut | ErrorKind::ResourceBusy => {
                Error::Retriable(reason)
            }
            _ => Error::Fatal(reason),
        }
    }
}

/// Whether the last line of a file has no end, as when the worker was killed while it was written. A line that is
/// appended to half a line would be lost to whoever reads lines.
fn ends_within_a_line(path: &str) -> bool {
    let last_byte = || -> std::io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    // Anything else can't be read back: a pipe, a device.
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file && last_byte().is_ok_and(|last| last != b'\n')
}

/// Returns the file that a configuration names.
fn path(config: &Config) -> Result<&str, Error> {
    match config.get("file") {
        None | Some("") => {
            Err(Error::invalid("file", "is missing: name a file; standard output can't be written here"))
        }
        Some(path) => Ok(path),
    }
}

/// Returns the lines of a batch, each with its end. Bytes are written as they are.
fn lines(batch: &Batch<'_>) -> Result<Vec<u8>, Error> {
    let values = batch.value().read_whole(Form::Json)?;
    // Bytes are nothing in JSON.
    let has_bytes = values.iter().any(|value| value == Cell::Other);
    let bytes = if has_bytes { batch.value().read_whole(Form::Raw)? } else { BytesColumn::default() };
    let mut bytes = bytes.iter();
    let mut text = Vec::with_capacity(values.byte_size() + values.len());
    for value in values.iter() {
        let raw = bytes.next().and_then(Cell::value);
        match (value, raw) {
            (Cell::Value(json), _) => push_json(&mut text, json)?,
            (Cell::Other, Some(bytes)) => text.extend_from_slice(bytes),
            (Cell::Null | Cell::Absent | Cell::Other, _) => text.extend_from_slice(b"null"),
        }
        text.push(b'\n');
    }
    Ok(text)
}

/// Appends a value: a string's own characters, and any other value as JSON on one line.
fn push_json(text: &mut Vec<u8>, json: &[u8]) -> Result<(), Error> {
    if json.first() == Some(&b'"') {
        let string: String = serde_json::from_slice(json).map_err(Error::fatal)?;
        text.extend_from_slice(string.as_bytes());
    } else if memchr2(b'\n', b'\r', json).is_none() {
        text.extend_from_slice(json);
    } else {
        // Between the values of JSON an end of line is a blank; within strings there is none.
        text.extend(json.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use airlock_sdk::testing::{self, Row, Rows};

    #[test]
    fn each_record_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let rows = Rows::new([
            Row::json(r#""say \"hi\"""#),
            Row::json(r#"{"a":[1,null]}"#),
            Row::tombstone(),
            Row::json("null"),
            Row::json("1.5"),
        ]);
        let mut sink: FileSink = testing::start_sink(&[("file", path.to_str().unwrap())]).unwrap();
        sink.put(&rows.batch()).unwrap();
        sink.put(&Rows::default().batch()).unwrap();
        sink.flush(&[]).unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written, "say \"hi\"\n{\"a\":[1,null]}\nnull\nnull\n1.5\n");
    }

    #[test]
    fn lines_are_appended_to_what_is_there() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "before\n").unwrap();
        let mut sink: FileSink = testing::start_sink(&[("file", file.path().to_str().unwrap())]).unwrap();
        sink.put(&Rows::of_values(["1"]).batch()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before\n1\n");
    }

    #[test]
    fn half_a_line_stays_on_a_line_of_its_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "whole\nhal").unwrap();
        let mut sink: FileSink = testing::start_sink(&[("file", file.path().to_str().unwrap())]).unwrap();
        sink.put(&Rows::of_values(["1"]).batch()).unwrap();
        sink.put(&Rows::of_values(["2"]).batch()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "whole\nhal\n1\n2\n");
    }

    #[test]
    fn json_of_several_lines_takes_one() {
        let mut text = Vec::new();
        push_json(&mut text, b"{\n\"a\": 1\r\n}").unwrap();
        assert_eq!(text, b"{ \"a\": 1  }");
    }

    #[test]
    fn a_full_disk_is_retried_and_the_broken_line_stands_alone() {
        // Writing to /dev/full always says that the disk is full.
        let mut sink: FileSink = testing::start_sink(&[("file", "/dev/full")]).unwrap();
        let rows = Rows::of_values(["1"]);
        assert!(matches!(sink.put(&rows.batch()), Err(Error::Retriable(_))));
        let file = tempfile::NamedTempFile::new().unwrap();
        sink.file = File::options().append(true).open(&file).unwrap();
        sink.put(&rows.batch()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "\n1\n");
    }

    #[test]
    fn a_configuration_without_a_file_is_refused() {
        let config = testing::config(&FileSink::describe(), &[("file", "")]);
        assert_eq!(FileSink::validate(&config).first().map(|problem| problem.key.as_str()), Some("file"));
        assert!(FileSink::start(&config).is_err());
    }
}
