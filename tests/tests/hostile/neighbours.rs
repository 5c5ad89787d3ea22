//! Hostile transforms on a real worker, all at once, beside connectors that go on: each task fails with words
//! that say whose fault it was, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use airlock_tests::airlock::{Worker, root, wait};
use airlock_tests::kafka_server;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(60);
/// How long the neighbours may deliver nothing, on a machine that runs other tests as well.
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// How often the neighbours get a line.
const EVERY: Duration = Duration::from_millis(20);

/// The classes that trap or take all they can, of one row, and what the trace must say of each.
const TRAPS: [(&str, &str); 7] = [
    ("Loop", "used more than 4000 ms of CPU time (airlock.call.cpu.ms)"),
    ("Fragile", "did not return within 12000 ms (airlock.call.timeout.ms)"),
    ("Memory", "bytes of memory, over airlock.memory.max.bytes=67108864"),
    ("Recursion", "call stack exhausted"),
    ("Panic", "the probe says boom"),
    ("EditThenPanic", "after the edit"),
    ("HostCalls", "more than 1000000 calls into the host during one call"),
];
/// The classes that make calls without sense, about two rows.
const MISUSES: [(&str, &str); 9] = [
    ("OutOfRange", "row 2 is out of range; there are 2 rows"),
    ("Descending", "row 0 comes after row 1; rows must be ascending"),
    ("ExpandDescending", "row 0 comes after row 1; rows must be ascending"),
    ("ExpandTwice", "expand is possible once per step"),
    ("ExpandHugely", "the batch would grow by more than 256 MiB"),
    ("ShortColumn", "a column has 1 rows where there are 2"),
    ("BrokenText", "row 0"),
    ("HugeColumns", "the batch would grow by more than 256 MiB"),
    ("HugeWords", "bytes in all)"),
];

/// A source and a sink that have a step of the same component; they get a line again and again.
struct Neighbours {
    stop: Arc<AtomicBool>,
    /// Appends lines; returns how many.
    writer: JoinHandle<Result<usize>>,
    /// Counts those that arrive; returns the longest time without any.
    reader: JoinHandle<Duration>,
}

impl Neighbours {
    fn start(files: &Arc<Standalone>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, own) = (Arc::clone(&stop), Arc::clone(files));
        let writer = thread::spawn(move || {
            let mut lines = 0;
            while !stopped.load(Ordering::Relaxed) {
                lines += 1;
                own.append("good.in", &format!("line {lines}\n"))?;
                thread::sleep(EVERY);
            }
            Ok(lines)
        });
        let (stopped, own) = (Arc::clone(&stop), Arc::clone(files));
        let reader = thread::spawn(move || {
            let (mut known, mut last, mut longest) = (0, Instant::now(), Duration::ZERO);
            while !stopped.load(Ordering::Relaxed) {
                let lines = own.lines("good.out").len();
                // How long they take to start is another matter.
                longest = if known == 0 { longest } else { longest.max(last.elapsed()) };
                if lines > known {
                    (known, last) = (lines, Instant::now());
                }
                thread::sleep(EVERY);
            }
            longest
        });
        Self { stop, writer, reader }
    }

    /// Stops; returns how many lines there are, and the longest time in which none arrived.
    fn stop(self) -> Result<(usize, Duration)> {
        self.stop.store(true, Ordering::Relaxed);
        let broken = |_| anyhow!("a thread panicked");
        let longest = self.reader.join().map_err(broken)?;
        Ok((self.writer.join().map_err(broken)??, longest))
    }
}

fn create(worker: &Worker, name: &str, config: &Value) -> Result<()> {
    let created = worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?;
    created.ok().map(drop).with_context(|| name.to_owned())
}

/// Starts a worker with short limits and the neighbours' connectors, and writes rows for the hostile ones.
fn worker() -> Result<(Arc<Standalone>, Worker)> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    for name in ["neighbours", "traps", "misuses"] {
        topic::create(servers, name, 1)?;
    }
    topic::write_values(servers, "traps", &[r#"{"poison":"sleep"}"#])?;
    topic::write_values(servers, "misuses", &[r#"{"a":1}"#, r#"{"a":2}"#])?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.call.cpu.ms", "4000");
    files.set("airlock.call.timeout.ms", "12000");
    files.set("airlock.memory.max.bytes", "67108864");
    files.append("good.in", "")?;
    let worker = files.start()?;
    let probe = std::fs::read(root().join("target/components/tests/probe.wasm")).context("run `just guests`")?;
    worker.rest.upload("probe", "7", &probe)?.ok()?;
    for (name, class, file, key) in
        [("good-source", "FileStreamSource", "good.in", "topic"), ("good-sink", "FileStreamSink", "good.out", "topics")]
    {
        let mut config = json!({
            "connector.class": class, "file": files.path(file),
            "transforms": "same", "transforms.same.type": "probe.Nothing",
        });
        config[key] = json!("neighbours");
        create(&worker, name, &config)?;
    }
    Ok((Arc::new(files), worker))
}

/// A sink whose second step is hostile.
fn hostile(files: &Standalone, topic: &str, class: &str) -> Value {
    json!({
        "connector.class": "FileStreamSink", "topics": topic, "file": files.path(&format!("{class}.out")),
        "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": false,
        "transforms": "fine,bad", "transforms.fine.type": "probe.Nothing",
        "transforms.bad.type": format!("probe.{class}"),
    })
}

/// Waits until a task has failed, and checks that its trace says whose fault it was, and what.
fn check_failed(worker: &Worker, files: &Standalone, (class, cause): (&str, &str)) -> Result<()> {
    let mut task = Value::Null;
    let failed = wait(WITHIN, || {
        task = worker.rest.get(&format!("/connectors/{class}/tasks/0/status"))?.json;
        Ok(task["state"] == "FAILED")
    });
    failed.with_context(|| format!("{class}: {task}\n{}", worker.log().unwrap_or_default()))?;
    let trace = task["trace"].as_str().unwrap_or_default();
    for words in [&format!("bad (probe.{class})"), "of component probe 7", "transform.apply", cause] {
        ensure!(trace.contains(words), "{class}: {words} isn't in {trace}");
    }
    ensure!(trace.len() < 50_000, "{class}: {} bytes of words", trace.len());
    ensure!(files.bytes(&format!("{class}.out")).is_empty(), "{class} delivered something");
    Ok(())
}

#[test]
fn hostile_transforms_fail_their_own_tasks_and_their_neighbours_go_on() -> Result<()> {
    let (files, worker) = worker()?;
    let neighbours = Neighbours::start(&files);
    let before = files.wait_lines("good.out", 20, &worker)?.len();
    for (topic, cases) in [("traps", &TRAPS[..]), ("misuses", &MISUSES)] {
        for (class, _) in cases {
            create(&worker, class, &hostile(&files, topic, class))?;
        }
    }
    let bomb = worker.rest.upload("bomb", "1", &super::table_bomb())?;
    ensure!(bomb.status == 400 && bomb.text.contains("table"), "{}: {}", bomb.status, bomb.text);
    for case in TRAPS.iter().chain(&MISUSES) {
        check_failed(&worker, &files, *case)?;
    }
    let after = files.lines("good.out").len();
    ensure!(after > before, "nothing was delivered beside the hostile ones");
    files.wait_lines("good.out", after + 20, &worker)?;
    let (lines, longest) = neighbours.stop()?;
    println!("{lines} lines; the longest time without one: {longest:?}");
    ensure!(longest < LONGEST_GAP, "the neighbours delivered nothing for {longest:?}");
    let expected: Vec<_> = (1..=lines).map(|n| format!("line {n}")).collect();
    ensure!(files.wait_lines("good.out", lines, &worker)? == expected, "lines came twice, or in disorder");
    worker.rest.wait_running("good-source", 1, WITHIN)?;
    worker.rest.wait_running("good-sink", 1, WITHIN)
}
