//! A worker as a process: how soon it answers, and what it takes to be there.

use std::time::Duration;

use airlock_tests::airlock::{Worker, free_port};
use anyhow::{Context, Result};
use serde_json::json;

use super::report::Figure;

const STARTS: usize = 7;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().display().to_string();
    let mut answered = Vec::new();
    let mut resident = 0.0;
    for start in 0..STARTS {
        let port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let worker = Worker::start(&["dev", "--listen", &listen, "--allow", &path], port, &folder.path().join("log"))?;
        answered.push(worker.answered_after.as_secs_f64() * 1e3);
        if start + 1 == STARTS {
            create_connectors(&worker, &path)?;
            resident = resident_megabytes(worker.id())?;
        }
    }
    answered.sort_by(f64::total_cmp);
    Ok(vec![
        Figure::at_most("worker.rest_answers_after_exec", answered[STARTS / 2], (300.0, "ms")),
        Figure::at_most("worker.idle_rss_with_five_connectors", resident, (50.0, "MB")),
    ])
}

/// Five connectors that have nothing to do: three sources whose files never grow, two sinks of quiet topics.
fn create_connectors(worker: &Worker, folder: &str) -> Result<()> {
    for number in 0..5 {
        let name = format!("idle-{number}");
        let file = format!("{folder}/{name}");
        std::fs::write(&file, "")?;
        let config = if number < 3 {
            json!({ "connector.class": "FileStreamSource", "file": file, "topic": name })
        } else {
            json!({
                "connector.class": "FileStreamSink", "file": file, "topics": name, "transforms": "mask",
                "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value",
                "transforms.mask.fields": "a",
            })
        };
        worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok()?;
        worker.rest.wait_running(&name, 1, Duration::from_secs(20))?;
    }
    // What is measured is a worker at rest: groups are formed after 3 s, and start-up's memory goes back.
    std::thread::sleep(Duration::from_secs(5));
    Ok(())
}

fn resident_megabytes(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
