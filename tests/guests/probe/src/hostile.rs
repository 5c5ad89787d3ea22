//! What a guest could do to its host.

use std::hint::black_box;
use std::net::TcpStream;

use airlock_sdk::{Batch, Config, Description, Edit, Error, Predicate, Transform};

probe!(Loop, "Never returns.", |_batch| loop {
    black_box(0);
});

probe!(Memory, "Takes all the memory that it gets.", |_batch| {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 1 << 20]);
        black_box(&hoard);
    }
});

probe!(Recursion, "Calls itself without end.", |_batch| {
    fn deeper(depth: u64) -> u64 {
        if black_box(depth) == u64::MAX {
            return depth;
        }
        black_box(black_box(deeper)(black_box(depth + 1)) + 1)
    }
    Err(Error::fatal(deeper(0).to_string()))
});

probe!(Panic, "Panics.", |_batch| panic!("the probe says boom"));

probe!(HostCalls, "Calls the host without end.", |batch| loop {
    black_box(batch.rows());
});

probe!(EditThenPanic, "Changes the batch, then panics.", |batch| {
    batch.value().edit(Edit::new().put_constant("changed", "true"))?;
    batch.discard(&[0])?;
    panic!("after the edit")
});

probe!(Complain, "Says that it can't now.", |_batch| Err(Error::retriable("come back later")));

probe!(Reach, "Tells what it can reach of the host.", |batch| {
    let reached = [
        ("file", std::fs::read("/etc/passwd").map(drop).err()),
        ("list", std::fs::read_dir("/").map(drop).err()),
        ("write", std::fs::write("/tmp/probe", "x").err()),
        ("tcp", TcpStream::connect("127.0.0.1:1").map(drop).err()),
        ("name", TcpStream::connect("localhost:1").map(drop).err()),
    ];
    let mut words: Vec<String> = reached
        .map(|(what, error)| {
            format!("{what}: {}", error.map_or("reached".to_owned(), |error| error.kind().to_string()))
        })
        .into();
    words.push(format!("environment: {}", std::env::vars().count()));
    words.push(format!("arguments: {}", std::env::args().count()));
    Ok(batch.reject(&[0], &words.join(", "))?)
});

/// Holds for every row, of a component of its own.
pub(crate) struct Everything;

impl Predicate for Everything {
    fn describe() -> Description {
        Description::new(["probe.Everything"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        Ok((0..batch.rows() as u32).collect())
    }
}
