using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class InitTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task RunsTheCommandAndEndsAsItDoes()
    {
        var (container, output) = await fixture.RunAsync(Init("sh", "-c", "echo pid $$ parent $PPID; cat /proc/1/cmdline | tr '\\0' ' '; echo; echo $A; pwd; exit 5"));
        Assert.Equal(5, container.ExitCode);
        Assert.True(container.Init);
        Assert.EndsWith("parent 1", output[0], StringComparison.Ordinal);
        Assert.StartsWith("/dev/init -- sh -c ", output[1], StringComparison.Ordinal);
        Assert.Equal(["b", "/tmp"], output[2..]);
        await fixture.RemoveAsync(container);
        var (killed, _) = await fixture.RunAsync(Init("sh", "-c", "kill -9 $$"));
        Assert.Equal(137, killed.ExitCode);
        await fixture.RemoveAsync(killed);
        var (missing, error) = await fixture.RunAsync(Init("no-such"));
        Assert.Equal(127, missing.ExitCode);
        Assert.Equal(["The command 'no-such' was not found."], error);
        await fixture.RemoveAsync(missing);
        var (data, _) = await fixture.RunAsync(Init("/etc/passwd"));
        Assert.Equal(126, data.ExitCode);
        await fixture.RemoveAsync(data);
    }

    [Fact]
    public async Task PassesSignalsOnAndCollectsOrphans()
    {
        // Each shell leaves a child behind that ends after it; without an init they stay zombies.
        var options = Init("sh", "-c", "for i in 1 2 3 4 5; do sh -c 'sleep 0.1 &'; done; trap 'echo usr1' USR1; trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        var container = await fixture.StartAsync(options);
        await fixture.LogsAsync(container, 1);
        await Task.Delay(400);
        // The shell's own last child may be one for a moment, until the shell looks.
        Assert.Contains(Enumerable.Range(0, 20), _ => !ProcessesOf(container).Contains('Z'));
        fixture.Manager.Kill(container, "USR1");
        await fixture.LogsAsync(container, 2);
        container = await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
        Assert.Equal(7, container.ExitCode);
        Assert.Equal(["ready", "usr1", "bye"], await fixture.LogAsync(container));
        await fixture.RemoveAsync(container);

        // As PID 1 sleep would ignore what it has no handler for.
        var sleeping = await fixture.StartAsync(Init("sleep", "60"));
        sleeping = await fixture.Manager.StopAsync(sleeping, new StopOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
        Assert.Equal(143, sleeping.ExitCode);
        await fixture.RemoveAsync(sleeping);
    }

    [Theory]
    [InlineData(null, "auto")]
    [InlineData(null, "host")]
    [InlineData("crun", "auto")]
    public async Task ItsBinaryCannotBeWrittenAndTheLayerIsNotTouched(string? runtime, string userNamespace)
    {
        byte[] before = File.ReadAllBytes(RepositoryPaths.Ctrun);
        var options = Init("sh", "-c", "for f in /dev/init /proc/1/exe; do (echo x >> $f) 2>&1 | sed 's/.*: //'; done; mount -o remount,bind,rw /dev/init 2>&1 | sed 's/.*: //'; (echo x >> /dev/init) 2>&1 | sed 's/.*: //'; rm -f /dev/init 2>/dev/null; [ -e /dev/init ] && echo there");
        options.Runtime = runtime;
        options.UserNamespace = userNamespace;
        options.ReadOnly = true;
        if (userNamespace == "auto")
            options.CapabilityAdd = ["SYS_ADMIN"];
        var (container, output) = await fixture.RunAsync(options);
        Assert.Equal(0, container.ExitCode);
        Assert.Equal("there", output[^1]);
        Assert.True(output.Count(l => l is "Read-only file system" or "Permission denied" or "Text file busy") >= 3, string.Join('\n', output));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(container.Directory, "upper")).Where(e => Path.GetFileName(e) == "dev").SelectMany(Directory.EnumerateFileSystemEntries));
        Assert.Equal(before, File.ReadAllBytes(RepositoryPaths.Ctrun));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task NeedsLittle()
    {
        var options = Init("sh", "-c", "grep -E 'VmRSS|Threads' /proc/1/status; echo done");
        options.Memory = 16 << 20;
        options.PidsLimit = 10;
        options.Privileged = false;
        options.CapabilityDrop = ["ALL"];
        options.User = "1234";
        var (container, output) = await fixture.RunAsync(options);
        Assert.True(output is [.., "done"], string.Join('\n', output));
        await fixture.RemoveAsync(container);
    }

    private static ContainerOptions Init(params string[] command) => new()
    {
        Command = command,
        Init = true,
        WorkingDirectory = "/tmp",
        Environment = new Dictionary<string, string?> { ["A"] = "b" },
    };

    private static IEnumerable<char> ProcessesOf(Container container) =>
        Linux.Cgroups.Cgroup.At("/containertools/" + container.Id).Processes().Select(pid => Linux.Processes.PidFd.ReadStat(pid)?.State ?? ' ');
}
