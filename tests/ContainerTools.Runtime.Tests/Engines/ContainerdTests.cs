using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Engines;

/// <summary>containerd's shim for runc with this runtime: what it calls, and what it makes of errors.</summary>
public sealed class ContainerdTests
{
    [Fact]
    public void TheShimOfRuncWorksWithIt()
    {
        using var server = new ContainerdServer();
        var once = server.Run(["--rm", "--cwd", "/new/directory"], "once", "sh", "-c", "pwd; id -u; echo apart >&2; exit 7");
        Assert.Equal((7, "/new/directory\n0\n"), (once.ExitCode, once.Output));
        Assert.Contains("apart\n", once.Error, StringComparison.Ordinal);
        Assert.Contains("'/bin/nope' cannot be run: no such file or directory", server.Run(["--rm"], "never", "/bin/nope").Error, StringComparison.Ordinal);
        server.Run(["--detach"], "long", "sleep", "1000").Succeeded();
        var exec = server.Ctr("task", "exec", "--exec-id", "e1", "long", "sh", "-c", "echo in $(cat /proc/1/comm); exit 4");
        Assert.Equal((4, "in sleep\n"), (exec.ExitCode, exec.Output));
        Assert.Contains("'/bin/nope'", server.Ctr("task", "exec", "--exec-id", "e2", "long", "/bin/nope").Error, StringComparison.Ordinal);
        server.Ctr("task", "pause", "long").Succeeded();
        Assert.Matches("(?m)^long +[0-9]+ +PAUSED", server.Ctr("task", "ls").Output);
        server.Ctr("task", "resume", "long").Succeeded();
        Assert.Matches("(?m)^long +[0-9]+ +RUNNING", server.Ctr("task", "ls").Output);
        Assert.Matches("memory.(usage_in_bytes|usage) +[1-9]", server.Ctr("task", "metrics", "long").Succeeded().Output);
        server.Ctr("task", "kill", "--signal", "KILL", "long").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => server.Ctr("task", "ls").Output.Contains("STOPPED", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
        // These it understands by the words of the runtime's errors.
        Assert.Contains("process already finished", server.Ctr("task", "kill", "--signal", "KILL", "long").Error, StringComparison.Ordinal);
        Assert.Contains("137", server.Ctr("task", "delete", "long").Succeeded().Error, StringComparison.Ordinal);
        server.Ctr("container", "delete", "long").Succeeded();
        Assert.Empty(Cgroups.Of(["/default/long", "/default/once", "/default/never"]));
        Assert.False(server.Knows("long"));
    }
}
