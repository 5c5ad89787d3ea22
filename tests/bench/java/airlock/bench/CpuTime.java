package airlock.bench;

import com.sun.management.OperatingSystemMXBean;

import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.List;

/** CPU time of an operation: of the whole process, with collection and compilation, and of the measured thread alone. */
public final class CpuTime implements InternalProfiler {
    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private long process;
    private long thread;

    @Override
    public String getDescription() {
        return "CPU time";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        process = system.getProcessCpuTime();
        thread = worker();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double operations = result.getMetadata().getAllOps();
        return List.of(
                scalar("cpu.process", (system.getProcessCpuTime() - process) / operations),
                scalar("cpu.thread", (worker() - thread) / operations));
    }

    private static ScalarResult scalar(String name, double value) {
        return new ScalarResult(name, value, "ns/op", AggregationPolicy.AVG);
    }

    /** JMH's worker lives as long as its fork; before the first iteration there is none. */
    private long worker() {
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && info.getThreadName().contains("jmh-worker")) {
                return threads.getThreadCpuTime(info.getThreadId());
            }
        }
        return 0;
    }
}
