using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Tests.Containers;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Tests.Documents;

/// <summary>config.json: the filter's actions, arguments and listener.</summary>
public sealed partial class SeccompTests
{
    private static LinuxSeccomp Filter(string action, string call, uint? errno = null, params List<LinuxSyscallArgument> args) => new()
    {
        DefaultAction = "SCMP_ACT_ALLOW",
        Syscalls = [new() { Names = [call, call + "at"], Action = action, ErrnoRet = errno, Args = args.Count > 0 ? args : null }],
    };

    [Theory]
    [InlineData("SCMP_ACT_ERRNO", 42u, "No message of desired type", 1)]
    [InlineData("SCMP_ACT_KILL_PROCESS", null, "", 128 + 31)]
    [InlineData("SCMP_ACT_KILL", null, "", 128 + 31)]
    [InlineData("SCMP_ACT_TRAP", null, "", 128 + 31)]
    [InlineData("SCMP_ACT_TRACE", 1u, "Function not implemented", 1)]
    [InlineData("SCMP_ACT_LOG", null, "", 0)]
    [InlineData("SCMP_ACT_ALLOW", null, "", 0)]
    public void EveryActionDoesWhatItSays(string action, uint? errno, string message, int code)
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Seccomp = Filter(action, "mkdir", errno);
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "mkdir /made; echo $?"];
        bundle.WriteConfig();
        var result = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Succeeded();
        Assert.Equal(code + "\n", result.Output);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnArchitectureThatNobodyKnowsIsAnError()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Seccomp = new() { DefaultAction = "SCMP_ACT_ALLOW", Architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_S390X"] };
        bundle.Run("true").Succeeded();
        bundle.Spec.Linux.Seccomp.Architectures = ["SCMP_ARCH_X86_46"];
        Assert.Contains("'SCMP_ARCH_X86_46'", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ArgumentsDecide()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Seccomp = Filter("SCMP_ACT_ERRNO", "kill", 13, new LinuxSyscallArgument { Index = 1, Value = 10, Op = "SCMP_CMP_EQ" });
        Assert.Equal("1 0", string.Join(' ', bundle.Run("sleep 9 & kill -USR1 $! 2>/dev/null; echo $?; kill -TERM $!; echo $?").Succeeded().Lines));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AListenerDecides(bool noNewPrivileges)
    {
        using var bundle = new Bundle();
        using var server = new DescriptorServer(bundle["agent.sock"]);
        bundle.Spec.Process!.NoNewPrivileges = noNewPrivileges;
        bundle.Spec.Linux!.Seccomp = Filter("SCMP_ACT_NOTIFY", "mkdir");
        bundle.Spec.Linux.Seccomp.ListenerPath = server.Path;
        bundle.Spec.Linux.Seccomp.ListenerMetadata = "about this";
        bundle.Spec.Linux.Seccomp.Flags = ["SECCOMP_FILTER_FLAG_TSYNC"];
        bundle.Create("/bin/busybox", "sh", "-c", "mkdir /made 2>/said; mkdir /other; sleep 1000");
        var pid = bundle.Pid();
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var (message, listener) = server.Accept();
        using (listener)
        {
            var state = JsonDocument.Parse(message).RootElement;
            Assert.Equal("seccompFd", state.GetProperty("fds")[0].GetString());
            Assert.Equal(pid, state.GetProperty("pid").GetInt32());
            Assert.Equal("about this", state.GetProperty("metadata").GetString());
            Assert.Equal(bundle.Id, state.GetProperty("state").GetProperty("id").GetString());
            Answer(listener, errno: 29 /* ESPIPE */);
            Answer(listener, errno: 0);
            Assert.True(SpinWait.SpinUntil(() => Directory.Exists(bundle["upper/other"]), TimeSpan.FromSeconds(10)));
            Assert.Contains("Illegal seek", File.ReadAllText(bundle["upper/said"]), StringComparison.Ordinal);
            Assert.False(Directory.Exists(bundle["upper/made"]));
        }
        // A further process has a filter, and so a listener, of its own.
        var exec = Task.Run(() => bundle.Ctrun("exec", bundle.Id, "mkdir", "/third"));
        var (second, other) = server.Accept();
        using (other)
        {
            Assert.Contains("\"status\":\"running\"", second, StringComparison.Ordinal);
            Answer(other, errno: 29);
            Assert.Contains("Illegal seek", (await exec).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AListenerThatCannotBeIsSaid()
    {
        Check(seccomp => seccomp.ListenerPath = null, "no listenerPath");
        Check(seccomp => seccomp.ListenerPath = "/no/such/socket", "/no/such/socket");
        Check(seccomp => seccomp.Syscalls![0].Names.Add("sendmsg"), "sendmsg");
        Check(seccomp => seccomp.DefaultAction = "SCMP_ACT_NOTIFY", "default action");
        Check(seccomp => seccomp.Syscalls![0].Action = "SCMP_ACT_DANCE", "SCMP_ACT_DANCE");
        Check(seccomp => seccomp.Flags = ["NONSENSE"], "NONSENSE");

        static void Check(Action<LinuxSeccomp> change, string message)
        {
            using var bundle = new Bundle();
            using var server = new DescriptorServer(bundle["agent.sock"]);
            bundle.Spec.Linux!.Seccomp = Filter("SCMP_ACT_NOTIFY", "mkdir");
            bundle.Spec.Linux.Seccomp.ListenerPath = server.Path;
            change(bundle.Spec.Linux.Seccomp);
            var result = bundle.Run("true");
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
            Assert.Empty(TestSupport.Cgroups.Of([bundle.Id]));
        }
    }

    // seccomp_unotify(2): receive one request, answer it with an error or let it pass.
    private static unsafe void Answer(SafeFileHandle listener, int errno)
    {
        var request = stackalloc byte[80];
        new Span<byte>(request, 80).Clear();
        Assert.Equal(0, ioctl((int)listener.DangerousGetHandle(), 0xc0502100, request));
        var answer = stackalloc byte[24];
        new Span<byte>(answer, 24).Clear();
        *(ulong*)answer = *(ulong*)request;
        *(int*)(answer + 16) = -errno;
        *(uint*)(answer + 20) = errno == 0 ? 1u : 0;
        Assert.Equal(0, ioctl((int)listener.DangerousGetHandle(), 0xc0182101, answer));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(int fd, ulong request, void* argument);
}
