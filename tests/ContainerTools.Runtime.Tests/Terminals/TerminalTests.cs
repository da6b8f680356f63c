using System.Runtime.InteropServices;
using System.Text;
using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Tests.Terminals;

/// <summary>Terminals: handed to an engine on a socket, or connected with the caller's streams.</summary>
public sealed unsafe partial class TerminalTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheTerminalGoesToTheConsoleSocket(bool user)
    {
        using var bundle = new Bundle(user);
        using var server = new DescriptorServer(bundle["console.sock"]);
        bundle.Spec.Process!.Terminal = true;
        bundle.Spec.Process.ConsoleSize = new() { Height = 31, Width = 97 };
        bundle.Spec.Process.Args = ["/bin/busybox", "sh", "-c", "tty; stty size; stat -c %u:%g:%a $(tty); echo typed $(head -n 1); test -c /dev/console && echo console > /dev/console; sleep 1000"];
        bundle.WriteConfig();
        bundle.Ctrun("create", "--bundle", bundle[""], "--console-socket", server.Path, "--pid-file", bundle["pid"], bundle.Id).Succeeded();
        Assert.Equal(bundle.Pid().ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(bundle["pid"]));
        var (_, master) = server.Accept();
        using (master)
        {
            bundle.Ctrun("start", bundle.Id).Succeeded();
            var screen = Screen(master, "620\r\n", "");
            Assert.Contains("/dev/pts/0\r\n31 97\r\n0:5:620\r\n", screen, StringComparison.Ordinal);
            screen = Screen(master, "console", "hello\n");
            Assert.Contains("typed hello\r\n", screen, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FurtherProcessesGetTerminalsOfTheirOwn(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        using var server = new DescriptorServer(bundle["console.sock"]);
        var arguments = new[] { "exec", "--tty", "--detach", "--console-socket", server.Path, "--pid-file", bundle["pid"], "--user", "bob", bundle.Id, "sh", "-c", "tty; id -u; cat; exit 3" };
        bundle.Ctrun(arguments).Succeeded();
        var pid = int.Parse(File.ReadAllText(bundle["pid"]), System.Globalization.CultureInfo.InvariantCulture);
        var (_, master) = server.Accept();
        using (master)
        {
            Assert.Contains("/dev/pts/0\r\n1000\r\n", Screen(master, "1000\r\n", ""), StringComparison.Ordinal);
            Assert.Contains("line\r\nline\r\n", Screen(master, "line\r\nline\r\n", "line\n"), StringComparison.Ordinal);
        }
        Assert.True(SpinWait.SpinUntil(() => !File.Exists($"/proc/{pid}/cmdline") || File.ReadAllText($"/proc/{pid}/cmdline").Length == 0, TimeSpan.FromSeconds(10)));
        Assert.Contains("Nobody listens", bundle.Ctrun("exec", "--tty", "--console-socket", "/no/such/socket", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.Contains("--console-socket", bundle.Ctrun("exec", "--tty", "--detach", bundle.Id, "true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutASocketTheCallersStreamsAreTheTerminal()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Terminal = true;
        bundle.Spec.Process.Args = ["/bin/busybox", "sh", "-c", "tty; read a; echo got $a; exit 7"];
        bundle.WriteConfig();
        var result = bundle.Ctrun(["run", "--bundle", bundle[""], bundle.Id], "word\n");
        Assert.Equal(7, result.ExitCode);
        Assert.Contains("/dev/pts/0\r\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("got word\r\n", result.Output, StringComparison.Ordinal);
        bundle.Spec.Process.Terminal = false;
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        // The end of the input is typed.
        result = bundle.Ctrun(["exec", "-t", bundle.Id, "sh", "-c", "cat; head -c 100000 /dev/zero | tr '\\0' x; exit 9"], "text\n");
        Assert.Equal(9, result.ExitCode);
        Assert.Contains("text\r\ntext\r\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(100000, result.Output.Count(c => c == 'x') - 2);
    }

    [Fact]
    public void TheCallersTerminalIsRawMeanwhileAndHasItsSize()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        // script(1) is the terminal.
        var script = $"stty rows 23 cols 71; {RepositoryPaths.Ctrun} --root {bundle["state"]} exec -t {bundle.Id} sh -c 'sleep 0.2; stty size; tty'; stty -a | grep -o ' -\\?icanon'";
        var output = Command.Run("script", ["-qec", script, "/dev/null"], null, "").Succeeded().Output;
        Assert.Contains("23 71", output, StringComparison.Ordinal);
        Assert.Contains("/dev/pts/0", output, StringComparison.Ordinal);
        Assert.Contains(" icanon", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkInPlaceOfTheConsoleLeadsNowhere()
    {
        using var bundle = new Bundle();
        using var server = new DescriptorServer(bundle["console.sock"]);
        bundle.Spec.Mounts!.RemoveAll(mount => mount.Destination is "/dev" or "/dev/shm" or "/dev/mqueue");
        Directory.CreateDirectory(bundle["layer/dev/pts"]);
        File.CreateSymbolicLink(bundle["layer/dev/console"], "/proc/sys/kernel/hostname");
        bundle.Spec.Process!.Terminal = true;
        bundle.Spec.Process.Args = ["/bin/busybox", "sh", "-c", "cat /proc/sys/kernel/hostname; echo seen > /dev/console; mount | grep -c hostname; sleep 1000"];
        bundle.WriteConfig();
        bundle.Ctrun("create", "--bundle", bundle[""], "--console-socket", server.Path, bundle.Id).Succeeded();
        var (_, master) = server.Accept();
        bundle.Ctrun("start", bundle.Id).Succeeded();
        using (master)
            Assert.Contains("box\r\nseen\r\n0\r\n", Screen(master, "\n0\r\n", ""), StringComparison.Ordinal);
    }

    private static string Screen(SafeFileHandle master, string until, string input)
    {
        var fd = (int)master.DangerousGetHandle();
        var text = new StringBuilder();
        var bytes = Encoding.UTF8.GetBytes(input);
        fixed (byte* p = bytes)
        {
            if (bytes.Length > 0)
                Assert.Equal(bytes.Length, (int)write(fd, p, bytes.Length));
        }
        var buffer = stackalloc byte[4096];
        var deadline = DateTime.UtcNow.AddSeconds(15);
        while (!text.ToString().Contains(until, StringComparison.Ordinal) && DateTime.UtcNow < deadline)
        {
            var entry = 1L << 32 | (uint)fd; // struct pollfd: the descriptor, then POLLIN
            if (poll(&entry, 1, 1000) == 0)
                continue;
            var length = read(fd, buffer, 4096);
            if (length <= 0)
                break;
            text.Append(Encoding.UTF8.GetString(buffer, (int)length));
        }
        return text.ToString();
    }

    [LibraryImport("libc")]
    private static partial int poll(long* entries, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc")]
    private static partial nint write(int fd, byte* buffer, nint count);
}
