//! The wasmtime engine and its clock: one of each in a process. Instances are made in `instance`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Config, Engine, EngineWeak, OptLevel, WasmBacktraceDetails};

/// How often running guests are interrupted to have their CPU time checked and to let other tasks run.
const TICK: Duration = Duration::from_millis(10);

/// After how many idle ticks the clock sleeps until the next call.
const IDLE_TICKS: u32 = 100;

/// The most stack a guest may use, in bytes.
const MAX_WASM_STACK: usize = 1 << 20;

/// An engine whose epoch advances while guests run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct TickingEngine {
    engine: Engine,
    clock: Arc<Clock>,
}

impl TickingEngine {
    /// Starts an engine and its clock thread, which ends with the last clone.
    pub(crate) fn start() -> wasmtime::Result<Self> {
        let engine = Engine::new(&config())?;
        let clock = Arc::new(Clock::default());
        let (weak, shared) = (engine.weak(), clock.clone());
        let thread = thread::Builder::new().name("guest-clock".into()).spawn(move || shared.run(&weak))?;
        clock.thread.set(thread.thread().clone()).ok();
        Ok(Self { engine, clock })
    }

    /// Returns the engine itself.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Keeps the clock ticking while the answer lives.
    pub(crate) fn running(&self) -> Running {
        self.clock.active.fetch_add(1, Ordering::SeqCst);
        if self.clock.asleep.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.clock.thread.get()
        {
            thread.unpark();
        }
        Running(self.clock.clone())
    }
}

/// A guest is running.
pub(crate) struct Running(Arc<Clock>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Clock {
    active: AtomicUsize,
    asleep: AtomicBool,
    thread: std::sync::OnceLock<Thread>,
}

impl Clock {
    fn run(&self, engine: &EngineWeak) {
        let mut idle = 0;
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            idle = if self.active.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle < IDLE_TICKS {
                thread::sleep(TICK);
                continue;
            }
            self.sleep_until_called();
            idle = 0;
        }
    }

    /// Sleeps until a call begins. Wakes up now and then to see whether the engine is gone.
    fn sleep_until_called(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        // A call that began before the store above didn't see that it must wake us.
        if self.active.load(Ordering::SeqCst) == 0 {
            thread::park_timeout(Duration::from_secs(10));
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

/// The settings that decide what a precompiled component looks like, the same in the worker and in the
/// compiling child process.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.max_wasm_stack(MAX_WASM_STACK);
    config.async_stack_size(MAX_WASM_STACK + (1 << 20));
    config.cranelift_opt_level(OptLevel::Speed);
    config.wasm_backtrace_details(WasmBacktraceDetails::Enable);
    config.memory_init_cow(true);
    config
}
