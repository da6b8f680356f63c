using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class ExecTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task RunsInTheContainerWithItsEnvironment()
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Environment = new Dictionary<string, string?> { ["A"] = "b c", ["B"] = "1" }, WorkingDirectory = "/tmp", User = "user" });
        var (code, output, error) = await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "echo $A $B $C; pwd; id -u; readlink /proc/self/ns/user; hostname; echo e >&2; exit 6"], Environment = new Dictionary<string, string?> { ["B"] = "2", ["C"] = "3" } });
        Assert.Equal(6, code);
        Assert.Equal(["b c 2 3", "/tmp", "1000", File.ResolveLinkTarget($"/proc/{container.Pid}/ns/user", false)!.Name, container.ShortId], output);
        Assert.Equal(["e"], error);
        (code, output, _) = await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "id -u; pwd"], User = "0", WorkingDirectory = "/etc" });
        Assert.Equal((0, "0", "/etc"), (code, output[0], output[1]));
        (_, output, _) = await ExecAsync(container, new ExecOptions { Command = ["cat"], StandardInput = new MemoryStream(Encoding.UTF8.GetBytes("from outside\nno end")) });
        Assert.Equal(["from outside", "no end"], output);
        (_, output, _) = await ExecAsync(container, new ExecOptions { Command = ["cat"] });
        Assert.Empty(output);
        (code, _, _) = await ExecAsync(container, new ExecOptions { Command = ["sh", "-c", "kill -9 $$"] });
        Assert.Equal(137, code);
        (code, output, _) = await ExecAsync(container, new ExecOptions { Command = ["seq", "1", "50000"] });
        Assert.Equal(50000, output.Count);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task ErrorsAreClear()
    {
        var container = await fixture.StartAsync("sleep", "60");
        List<string> lines = [];
        async Task<string> Error(ExecOptions options) =>
            (await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.ExecAsync(container, options, (_, line) => lines.Add(line), CancellationToken.None))).ErrorId;
        Assert.Equal("CommandNotFound", await Error(new ExecOptions { Command = ["nosuch"] }));
        Assert.Equal("CommandNotExecutable", await Error(new ExecOptions { Command = ["/etc/passwd"] }));
        Assert.Equal("UserNotFound", await Error(new ExecOptions { Command = ["true"], User = "ghost" }));
        Assert.Equal("WorkingDirectoryNotFound", await Error(new ExecOptions { Command = ["true"], WorkingDirectory = "/no/such" }));
        Assert.Equal("NoCommand", await Error(new ExecOptions()));
        Assert.Empty(lines);
        await fixture.Manager.StopAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        Assert.Equal("ContainerNotRunning", await Error(new ExecOptions { Command = ["true"] }));
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task CancellingEndsTheCommand()
    {
        var container = await fixture.StartAsync("sleep", "60");
        using var cancel = new CancellationTokenSource(300);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["sleep", "4321"] }, (_, _) => { }, cancel.Token));
        for (int i = 0; i < 100; i++)
        {
            var (_, output, _) = await ExecAsync(container, new ExecOptions { Command = ["ps"] });
            if (!output.Exists(l => l.Contains("4321", StringComparison.Ordinal)))
                break;
            Assert.True(i < 50, "The command goes on after it was cancelled.");
            await Task.Delay(20);
        }
        await fixture.RemoveAsync(container, force: true);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(null, true)]
    [InlineData("crun", false)]
    public async Task CancellingEndsWhatTheCommandHasBegun(string? runtime, bool terminal)
    {
        var container = await fixture.StartAsync(new ContainerOptions { Command = ["sleep", "60"], Runtime = runtime });
        string mark = $"43{Environment.ProcessId}{(terminal ? 1 : 0)}{runtime?.Length}";
        // In its session, in one of their own, and without the parent.
        string script = $"sleep {mark}1 & setsid sleep {mark}2 & (sleep {mark}3 &); sh -c 'sleep {mark}4; :' & sleep 0.2; echo begun; wait";
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Manager.ExecAsync(container, new ExecOptions { Command = ["sh", "-c", script], Terminal = terminal }, (_, _) =>
        {
            Assert.Equal(5, Marked().Count());
            cancel.Cancel();
        }, cancel.Token));
        Assert.True(SpinWait.SpinUntil(() => !Marked().Any(), 5000), string.Join(", ", Marked()));
        Assert.Equal(ContainerState.Running, fixture.Manager.Refresh(container).State);
        await fixture.RemoveAsync(container, force: true);

        IEnumerable<string> Marked() => ProcessTable.All().Where(ProcessTable.IsAlive).Select(ProcessTable.CommandLine)
            .Where(line => line.Contains("sleep " + mark, StringComparison.Ordinal) && !line.Contains("begun", StringComparison.Ordinal));
    }

    private async Task<(int Code, List<string> Output, List<string> Error)> ExecAsync(Container container, ExecOptions options)
    {
        List<string> output = [], error = [];
        int code = await fixture.Manager.ExecAsync(container, options, (stream, line) => (stream is ContainerStream.Output ? output : error).Add(line), CancellationToken.None);
        return (code, output, error);
    }
}
