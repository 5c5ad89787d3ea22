//! A source and a sink that block for ever in the hook that `stall.in` names, as those of Kafka's
//! `BlockingConnectorTest` do.

use std::time::Duration;

use airlock_sdk::{
    Acknowledgement, Batch, Config, ConfigKey, ConfigProblem, Connector, Description, Error, Form, PollLimits, Sink,
    Source, SourcePosition, SourceRow, SourceRows, TopicPartition, TopicPartitionOffset,
};

/// Where to block.
struct Stall(Config);

impl Stall {
    fn at(&self, hook: &str) {
        if self.0.get("stall.in") == Some(hook) {
            loop {
                std::thread::sleep(Duration::from_secs(3600));
            }
        }
    }
}

fn described(name: &str) -> Description {
    Description::new([name]).version("1.2.3").config([ConfigKey::text("stall.in").default("nowhere")])
}

struct Divider(Stall);

impl Connector for Divider {
    fn start(config: &Config) -> Result<Self, Error> {
        let stall = Stall(config.clone());
        stall.at("connector.start");
        Ok(Divider(stall))
    }

    fn task_configs(&mut self, _: u32) -> Result<Vec<Config>, Error> {
        self.0.at("connector.task-configs");
        Ok(vec![self.0.0.clone()])
    }

    fn stop(&mut self) {
        self.0.at("connector.stop");
    }
}

struct StallSource(Stall);

impl Source for StallSource {
    type Connector = Divider;

    fn describe() -> Description {
        described("stall.Source")
            .config([ConfigKey::text("stall.in").default("nowhere"), ConfigKey::text("topic").required()])
    }

    fn validate(config: &Config) -> Vec<ConfigProblem> {
        Stall(config.clone()).at("connector.validate");
        Vec::new()
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let stall = Stall(config.clone());
        stall.at("source.start");
        Ok(StallSource(stall))
    }

    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error> {
        self.0.at("source.poll");
        std::thread::sleep(Duration::from_millis(50));
        let mut rows = SourceRows::new(Form::Json);
        if limits.max_rows > 0 {
            let topic = self.0.0.text("topic")?;
            rows.push(SourceRow { value: Some(b"1"), ..SourceRow::new(topic, "{\"of\":1}", "{\"at\":1}") });
        }
        Ok(out.append(rows)?)
    }

    fn commit_records(&mut self, _: &[Acknowledgement]) -> Result<(), Error> {
        self.0.at("source.commit-records");
        Ok(())
    }

    fn commit(&mut self, _: &[SourcePosition]) -> Result<(), Error> {
        self.0.at("source.commit");
        Ok(())
    }

    fn stop(&mut self) {
        self.0.at("source.stop");
    }
}

struct StallSink(Stall);

impl Sink for StallSink {
    type Connector = Divider;

    fn describe() -> Description {
        described("stall.Sink")
    }

    fn start(config: &Config) -> Result<Self, Error> {
        let stall = Stall(config.clone());
        stall.at("sink.start");
        Ok(StallSink(stall))
    }

    fn open(&mut self, _: &[TopicPartition]) -> Result<(), Error> {
        self.0.at("sink.open");
        Ok(())
    }

    fn put(&mut self, _: &Batch<'_>) -> Result<(), Error> {
        self.0.at("sink.put");
        Ok(())
    }

    fn flush(&mut self, _: &[TopicPartitionOffset]) -> Result<(), Error> {
        self.0.at("sink.flush");
        Ok(())
    }

    fn pre_commit(&mut self, offsets: Vec<TopicPartitionOffset>) -> Result<Vec<TopicPartitionOffset>, Error> {
        self.0.at("sink.pre-commit");
        Ok(offsets)
    }

    fn close(&mut self, _: &[TopicPartition]) -> Result<(), Error> {
        self.0.at("sink.close");
        Ok(())
    }

    fn stop(&mut self) {
        self.0.at("sink.stop");
    }
}

airlock_sdk::export!(sources: [StallSource], sinks: [StallSink]);
