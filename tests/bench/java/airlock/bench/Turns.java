package airlock.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Takes turns with the other side, which measures its own rounds while this one waits. */
final class Turns implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader input;
    private final PrintStream output;

    Turns() throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), Integer.getInteger("airlock.bench.port"));
        input = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        output = new PrintStream(socket.getOutputStream(), false, StandardCharsets.UTF_8);
    }

    void tell(String line) {
        output.print(line);
        output.print('\n');
    }

    /** Says what comes next, and waits until it is this side's turn. */
    void await(String what) throws IOException {
        tell(what);
        output.flush();
        if (!"go".equals(input.readLine())) {
            throw new IOException("the other side has gone");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
