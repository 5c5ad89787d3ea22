package airlock.bench;

import org.apache.kafka.connect.sink.SinkRecord;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;

/** What an invocation does: all records of a batch, one after the other. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(java.util.concurrent.TimeUnit.NANOSECONDS)
public class Transforms {
    private static final int RECORDS = 500;
    /** CPU time spent before JMH's own warm-up, which goes by the clock: on a busy machine that is too little. */
    private static final long WARMUP_NANOS = 3_000_000_000L;

    /** The case, by the name of its file. */
    @Param("")
    public String name;

    private Case chosen;
    private List<SinkRecord> records;
    private Turns turns;
    /** Keeps the warm-up from being compiled away. */
    private Object warmed;

    @Setup(Level.Trial)
    public void open(BenchmarkParams params) throws IOException {
        chosen = new Case(new File(System.getProperty("airlock.bench.folder"), name + ".json"));
        if (chosen.inputs.size() != RECORDS) {
            throw new IllegalArgumentException(name + " has " + chosen.inputs.size() + " records");
        }
        records = new ArrayList<>();
        chosen.inputs.forEach(input -> records.add(chosen.toConnect(input)));
        turns = new Turns();
        turns.tell(params.getBenchmark().endsWith(".path") ? "path" : "alone");
        turns.tell(name);
        for (Case.Input input : chosen.inputs) {
            turns.tell(Case.line(chosen.run(input)));
        }
        warmUp(params.getBenchmark().endsWith(".path"));
    }

    private void warmUp(boolean whole) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begun = threads.getCurrentThreadCpuTime();
        while (threads.getCurrentThreadCpuTime() - begun < WARMUP_NANOS) {
            for (int index = 0; index < RECORDS; index++) {
                warmed = whole ? chosen.run(chosen.inputs.get(index)) : chosen.transform(records.get(index));
            }
        }
    }

    @Setup(Level.Iteration)
    public void await(IterationParams iteration) throws IOException {
        turns.await(iteration.getType() == IterationType.MEASUREMENT ? "measure" : "warm up");
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        turns.close();
    }

    /** From bytes through the converters and the transforms to bytes. */
    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public void path(Blackhole hole) {
        for (Case.Input input : chosen.inputs) {
            hole.consume(chosen.run(input));
        }
    }

    /** The transforms alone. */
    @Benchmark
    @OperationsPerInvocation(RECORDS)
    public void alone(Blackhole hole) {
        for (SinkRecord record : records) {
            hole.consume(chosen.transform(record));
        }
    }
}
