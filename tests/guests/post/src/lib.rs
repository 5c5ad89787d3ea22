//! Posts each row to a server, five at a time, and doesn't wait for the answers to the last ones: what is
//! on its way is held back in `pre_commit`. A row that the server won't have is reported when it says so; a
//! server that is busy or away is asked again, and meanwhile nothing more is taken.

mod request;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use airlock_sdk::{
    Batch, Capability, Config, ConfigKey, Description, Error, Form, Grant, SameTasks, Sink, TopicPartition,
    TopicPartitionOffset, sink_context,
};

use request::{Answer, Request};

/// How many requests are on their way at once.
const IN_FLIGHT: usize = 5;
/// How long to wait for a server that is away.
const AWAY: Duration = Duration::from_millis(500);

/// A sink over HTTP and HTTPS.
struct Post {
    url: String,
    /// Whether a redirect is followed.
    follow: bool,
    rows: VecDeque<Row>,
}

/// A row that the server has not taken yet.
struct Row {
    topic: String,
    partition: i32,
    offset: i64,
    url: String,
    body: Vec<u8>,
    /// On its way; none: to be sent again.
    request: Option<Request>,
    not_before: Instant,
}

impl Sink for Post {
    type Connector = SameTasks;

    fn describe() -> Description {
        Description::new(["remote.Post"]).version("1").capabilities([Capability::OutgoingHttp]).config([
            ConfigKey::text("url").required().grants(Grant::Endpoint),
            ConfigKey::boolean("follow").default("false"),
        ])
    }

    fn start(config: &Config) -> Result<Self, Error> {
        Ok(Post { url: config.text("url")?.to_owned(), follow: config.boolean("follow")?, rows: VecDeque::new() })
    }

    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        self.settle()?;
        self.refuse_while_busy(batch)?;
        let values = batch.value().read_whole(Form::Raw)?;
        let (topics, partitions, offsets) = (batch.topics(), batch.partitions(), batch.offsets());
        for ((row, value), topic) in values.iter().enumerate().zip(topics.iter()) {
            while self.rows.len() >= IN_FLIGHT {
                self.wait();
                self.settle()?;
            }
            let topic = topic.to_owned();
            let (partition, offset) = (partitions[row], offsets[row]);
            let url = format!("{}/{topic}/{partition}/{offset}", self.url);
            let body = value.value().unwrap_or_default().to_vec();
            let request = Some(Request::send(&url, &body).map_err(Error::fatal)?);
            self.rows.push_back(Row { topic, partition, offset, url, body, request, not_before: Instant::now() });
        }
        Ok(())
    }

    fn pre_commit(&mut self, offsets: Vec<TopicPartitionOffset>) -> Result<Vec<TopicPartitionOffset>, Error> {
        self.settle()?;
        let lowest = |place: &TopicPartitionOffset| {
            let same = self.rows.iter().filter(|row| row.topic == place.topic && row.partition == place.partition);
            same.map(|row| row.offset).min()
        };
        let held = offsets.into_iter().map(|place| {
            let offset = lowest(&place).map_or(place.offset, |lowest| lowest.min(place.offset));
            TopicPartitionOffset { offset, ..place }
        });
        Ok(held.collect())
    }

    fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        let is_of = |row: &Row| partitions.iter().any(|at| at.topic == row.topic && at.partition == row.partition);
        self.rows.retain(|row| !is_of(row));
        Ok(())
    }
}

airlock_sdk::export!(sinks: [Post]);

impl Post {
    /// Takes the answers that have come, and sends again what is due.
    fn settle(&mut self) -> Result<(), Error> {
        for _ in 0..self.rows.len() {
            let Some(mut row) = self.rows.pop_front() else { break };
            if self.is_settled(&mut row)? {
                continue;
            }
            self.rows.push_back(row);
        }
        self.rows.make_contiguous().sort_by_key(|row| row.offset);
        Ok(())
    }

    fn is_settled(&self, row: &mut Row) -> Result<bool, Error> {
        let Some(request) = &row.request else {
            if Instant::now() >= row.not_before {
                row.request = Some(Request::send(&row.url, &row.body).map_err(Error::fatal)?);
            }
            return Ok(false);
        };
        let Some(answer) = request.answer() else { return Ok(false) };
        row.request = None;
        match answer {
            Answer::Status { code: 200..300, .. } => return Ok(true),
            Answer::Status { code: 429 | 503, retry_after, .. } => {
                row.not_before = Instant::now() + retry_after.unwrap_or(AWAY);
            }
            Answer::Status { code: 307 | 308, location: Some(location), .. } if self.follow => row.url = location,
            Answer::Status { code, .. } => return Ok(report(row, &format!("the server answered {code}"))),
            // Asking elsewhere was the redirect's doing, asking at all the configuration's.
            Answer::Denied if !row.url.starts_with(&self.url) => return Ok(report(row, "the redirect was denied")),
            Answer::Denied => return Err(Error::fatal(format!("POST {} was denied", row.url))),
            Answer::Untrusted => return Err(Error::fatal(format!("POST {}: the server is not trusted", row.url))),
            Answer::Away => row.not_before = Instant::now() + AWAY,
        }
        Ok(false)
    }

    /// Takes no rows while the server takes none: the host gives the same ones again.
    fn refuse_while_busy(&self, batch: &Batch<'_>) -> Result<(), Error> {
        let now = Instant::now();
        let waits = self.rows.iter().filter(|row| row.request.is_none()).map(|row| row.not_before).max();
        match waits.filter(|until| *until > now && batch.rows() > 0) {
            Some(until) => {
                sink_context::set_timeout((until - now).as_millis() as u64 + 1);
                Err(Error::retriable("the server is busy or away"))
            }
            None => Ok(()),
        }
    }

    /// Waits for the next answer, or until a row is to be sent again.
    fn wait(&self) {
        match self.rows.iter().find_map(|row| row.request.as_ref()) {
            Some(request) => request.wait(),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn report(row: &Row, reason: &str) -> bool {
    sink_context::report(&row.topic, row.partition, row.offset, reason);
    true
}
