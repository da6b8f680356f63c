using System.IO.Pipes;
using System.Text;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerTools.Linux.Tests.Processes;

public sealed class ChildProcessTests
{
    private static string Run(string script, out ExitStatus status, SpawnOptions? template = null)
    {
        var (read, write) = Pipe();
        using (write)
        {
            var map = new Dictionary<int, int>(template?.Descriptors ?? new Dictionary<int, int>()) { [1] = (int)write.DangerousGetHandle() };
            var options = new SpawnOptions { Descriptors = map, NewSession = template?.NewSession ?? false, Environment = template?.Environment, WorkingDirectory = template?.WorkingDirectory };
            using var process = ChildProcess.Spawn("/bin/sh", ["sh", "-c", script], options);
            write.Dispose();
            using var stream = new FileStream(read, FileAccess.Read);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var text = reader.ReadToEnd();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10), CancellationToken.None));
            status = process.Reap()!.Value;
            return text;
        }
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        using var stream = new AnonymousPipeServerStream(PipeDirection.In);
        var result = (Duplicate(stream.SafePipeHandle), Duplicate(stream.ClientSafePipeHandle));
        stream.DisposeLocalCopyOfClientHandle();
        return result;
    }

    private static SafeFileHandle Duplicate(SafePipeHandle handle)
    {
        var fd = dup((int)handle.DangerousGetHandle());
        _ = fcntl(fd, F_SETFD, FD_CLOEXEC);
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    [Fact]
    public void OutputAndExitCodeComeBack()
    {
        Assert.Equal("a b\n", Run("echo 'a b'; exit 7", out var status));
        Assert.Equal(new ExitStatus(7, false), status);
    }

    [Fact]
    public void SignalsAreTold()
    {
        Run("kill -9 $$", out var status);
        Assert.Equal(new ExitStatus(9, true), status);
        Assert.Equal(137, status.ShellCode);
    }

    [Fact]
    public void OnlyNamedDescriptorsArePassed()
    {
        using var secret = File.OpenHandle("/etc/passwd");
        using var wanted = File.OpenHandle("/etc/hostname");
        var text = Run("ls /proc/self/fd", out _, new SpawnOptions { Descriptors = new Dictionary<int, int> { [7] = (int)wanted.DangerousGetHandle() } });
        // 3 is the directory that ls itself opened.
        Assert.Equal(["0", "1", "2", "3", "7"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void DescriptorsMayBeSwapped()
    {
        var (read, write) = Pipe();
        var (read2, write2) = Pipe();
        using var r = read;
        using var r2 = read2;
        int a = (int)write.DangerousGetHandle(), b = (int)write2.DangerousGetHandle();
        using (var process = ChildProcess.Spawn("/bin/sh", ["sh", "-c", $"echo one > /proc/self/fd/{b}; echo two > /proc/self/fd/{a}"], new SpawnOptions { Descriptors = new Dictionary<int, int> { [a] = b, [b] = a } }))
        {
            process.WaitForExit(null, CancellationToken.None);
            Assert.Equal(0, process.Reap()!.Value.Code);
        }
        write.Dispose();
        write2.Dispose();
        using var first = new StreamReader(new FileStream(read, FileAccess.Read));
        using var second = new StreamReader(new FileStream(read2, FileAccess.Read));
        Assert.Equal("one\n", first.ReadToEnd());
        Assert.Equal("two\n", second.ReadToEnd());
    }

    [Fact]
    public void NothingIsIgnoredOrBlocked()
    {
        var text = Run("grep -E 'Sig(Blk|Ign)' /proc/self/status", out _);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.EndsWith("0000000000000000", line, StringComparison.Ordinal));
    }

    [Fact]
    public void EnvironmentDirectoryAndSession()
    {
        var text = Run("echo $A; pwd; cut -d' ' -f6 /proc/$$/stat; echo $$", out _, new SpawnOptions { Environment = ["A=b c", "PATH=/bin:/usr/bin"], WorkingDirectory = "/usr", NewSession = true }).Split('\n');
        Assert.Equal(["b c", "/usr"], text[..2]);
        Assert.Equal(text[3], text[2]);
    }

    [Fact]
    public void MissingProgramIsAnError()
    {
        var e = Assert.Throws<LinuxException>(() => ChildProcess.Spawn("/no/such", ["such"]));
        Assert.Equal(2, e.Errno);
        Assert.Contains("/no/such", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WaitEndsWithTimeAndToken()
    {
        using var process = ChildProcess.Spawn("/bin/sleep", ["sleep", "100"]);
        Assert.False(process.WaitForExit(TimeSpan.FromMilliseconds(20), CancellationToken.None));
        using var source = new CancellationTokenSource(20);
        Assert.ThrowsAny<OperationCanceledException>(() => process.WaitForExit(null, source.Token));
        Assert.Null(process.Peek());
        var time = PidFd.ReadStartTime(process.Pid);
        using (var again = PidFd.TryOpen(process.Pid, time))
            Assert.NotNull(again);
        Assert.Null(PidFd.TryOpen(process.Pid, time + 1));
        Assert.True(process.SendSignal(15));
        Assert.True(process.WaitForExit(null, CancellationToken.None));
        Assert.Equal(new ExitStatus(15, true), process.Peek());
        Assert.Equal(new ExitStatus(15, true), process.Reap());
        Assert.Null(process.Reap());
        Assert.False(process.SendSignal(15));
        Assert.Null(PidFd.TryOpen(process.Pid));
    }
}
