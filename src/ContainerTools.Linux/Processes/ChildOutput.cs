using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Processes;

/// <summary>Runs a short program and keeps what it writes.</summary>
public static class ChildOutput
{
    private const int CloseOnExec = 0x80000;

    /// <summary>Starts a program, waits for its end and returns its standard output. Standard input is empty, standard error is discarded.</summary>
    /// <param name="path">The program's file; PATH is not searched.</param>
    /// <param name="arguments">The arguments, argv[0] included.</param>
    /// <exception cref="LinuxException">The program could not be started.</exception>
    public static unsafe (ExitStatus Status, string Output) Read(string path, params IReadOnlyList<string> arguments)
    {
        int* ends = stackalloc int[2];
        if (NativeMethods.Pipe2(ends, CloseOnExec) < 0)
            throw LinuxException.Last("pipe2");
        using var reading = new SafeFileHandle(ends[0], ownsHandle: true);
        using var writing = new SafeFileHandle(ends[1], ownsHandle: true);
        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int none = (int)nothing.DangerousGetHandle();
        using PidFd process = ChildProcess.Spawn(path, arguments, new SpawnOptions { Descriptors = new Dictionary<int, int> { [0] = none, [1] = ends[1], [2] = none } });
        writing.Dispose();
        var output = new StringBuilder();
        byte* buffer = stackalloc byte[4096];
        nint length;
        while ((length = NativeMethods.Read(ends[0], buffer, 4096)) > 0)
            output.Append(Encoding.UTF8.GetString(buffer, (int)length));
        return (process.Reap() ?? default, output.ToString());
    }
}
