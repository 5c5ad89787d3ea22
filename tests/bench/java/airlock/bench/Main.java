package airlock.bench;

import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

import java.util.Arrays;

/** Runs the benchmarks: {@code Main PORT FOLDER RESULT CASE...}, each in a JVM of its own. */
public final class Main {
    private static final int WARMUP_ITERATIONS = 4;
    private static final int ITERATIONS = 9;
    private static final TimeValue ITERATION = TimeValue.milliseconds(500);

    private Main() {
    }

    public static void main(String[] arguments) throws RunnerException {
        Options options = new OptionsBuilder()
                .include("^" + Transforms.class.getName().replace(".", "\\.") + "\\.")
                .param("name", Arrays.copyOfRange(arguments, 3, arguments.length))
                .forks(1)
                .threads(1)
                .warmupIterations(WARMUP_ITERATIONS)
                .warmupTime(ITERATION)
                .measurementIterations(ITERATIONS)
                .measurementTime(ITERATION)
                // Serial collection uses the least CPU time of all collectors.
                .jvmArgs("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-Duser.timezone=UTC",
                        "-Duser.language=en", "-Duser.country=US", "-Dlog4j2.level=OFF",
                        "-Dairlock.bench.port=" + arguments[0], "-Dairlock.bench.folder=" + arguments[1])
                .addProfiler(CpuTime.class)
                .syncIterations(false)
                .shouldFailOnError(true)
                .resultFormat(ResultFormatType.JSON)
                .result(arguments[2])
                .build();
        new Runner(options).run();
    }
}
