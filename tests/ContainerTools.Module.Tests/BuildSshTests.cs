using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildSshTests : BuildTest
{
    public BuildSshTests(ModuleFixture module)
        : base(module)
    {
        // Debian's ssh-add and what it needs.
        Shell("for f in $(ldd /usr/bin/ssh-add | grep -o '/[^ ]*'); do mkdir -p root$(dirname $f); cp -L $f root$f; done; mkdir -p root/usr/bin; cp /usr/bin/ssh-add root/usr/bin/");
        Shell("ssh-keygen -q -t ed25519 -N '' -C one -f one; ssh-keygen -q -t rsa -b 2048 -N '' -C two -f two; ssh-keygen -q -t ed25519 -N secret -C locked -f locked");
        File.AppendAllText(Context[".dockerignore"], "one*\ntwo*\nlocked*\n");
    }

    [Fact]
    public void An_agent_answers_in_the_container_and_only_there()
    {
        Write("""
            FROM test/busybox:1
            COPY root /
            RUN --mount=type=ssh echo $SSH_AUTH_SOCK > /seen; ssh-add -L >> /seen; stat -c '%a %u:%g %F' $SSH_AUTH_SOCK >> /seen
            RUN --mount=type=ssh,id=other,target=/tmp/agent,mode=0666,uid=3,gid=4 ssh-add -L >> /seen; stat -c '%a %u:%g' /tmp/agent >> /seen; echo $SSH_AUTH_SOCK >> /seen
            USER user
            RUN --mount=type=ssh,uid=1000 ssh-add -l | wc -l | grep -q 1
            RUN --mount=type=ssh ssh-add -l 2>&1 | grep -q denied
            USER root
            RUN echo "after:$SSH_AUTH_SOCK" >> /seen; ls -A /run >> /seen 2>/dev/null; ls -A /tmp >> /seen
            CMD ["cat", "/seen"]
            """);
        using var agent = new Agent(Context["agent.sock"], Context["one"]);
        string before = Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") ?? "";
        Environment.SetEnvironmentVariable("SSH_AUTH_SOCK", agent.Socket);
        try
        {
            Build($"-Ssh default, other={Context["two"]}");
        }
        finally
        {
            Environment.SetEnvironmentVariable("SSH_AUTH_SOCK", before.Length > 0 ? before : null);
        }

        Assert.Equal(
            ["/run/buildkit/ssh_agent.0", File.ReadAllText(Context["one.pub"]).Trim(), "600 0:0 socket", Shell("cut -d' ' -f1,2 two.pub").Trim() + " " + Context["two"], "666 3:4", "/tmp/agent", "after:"],
            Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Select(l => l!.Replace(" two", " " + Context["two"], StringComparison.Ordinal)));
        NothingLeft();
        Assert.DoesNotContain(Context["two"], Command.Run("ps", "-eo", "args").Output, StringComparison.Ordinal);
        Assert.Equal("", Command.Run("pgrep", "-f", $"ssh-agent -a {Module.Store.Root}").Output);
    }

    [Fact]
    public void An_agent_that_is_missing_is_an_error_when_it_is_required()
    {
        Write("FROM test/busybox:1\nRUN --mount=type=ssh test -z \"$SSH_AUTH_SOCK\"\n");
        Build();
        Fails("FROM test/busybox:1\nRUN --mount=type=ssh,required=true true\n", "BuildSshAgentMissing", "Containerfile:2:1:", "-Ssh default");
        string? before = Environment.GetEnvironmentVariable("SSH_AUTH_SOCK");
        Environment.SetEnvironmentVariable("SSH_AUTH_SOCK", null);
        Module.Run("Build-Image $args[0] -Ssh default", Context.Path).FailedWith("SshAgentMissing", System.Management.Automation.ErrorCategory.ObjectNotFound);
        Environment.SetEnvironmentVariable("SSH_AUTH_SOCK", before);
        Module.Run("Build-Image $args[0] -Ssh default=/no/key", Context.Path).FailedWith("SshKeyNotFound", System.Management.Automation.ErrorCategory.ObjectNotFound);
        Write("FROM test/busybox:1\nRUN --mount=type=ssh,id=a echo locked\n");
        var locked = Module.Run("Build-Image $args[0] -Ssh @{ a = $args[1] }", Context.Path, Context["locked"]);
        Assert.Contains("passphrase", Assert.Single(locked.Errors).ToString(), StringComparison.Ordinal);
        NothingLeft();
    }

    private sealed class Agent : IDisposable
    {
        private readonly System.Diagnostics.Process _process;

        public Agent(string socket, string key)
        {
            Socket = socket;
            _process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ssh-agent", ["-D", "-a", socket]) { RedirectStandardOutput = true })!;
            Eventually(() => File.Exists(socket));
            Command.Run("ssh-add", ["-q", key], new Dictionary<string, string?> { ["SSH_AUTH_SOCK"] = socket }).Succeeded();
        }

        public string Socket { get; }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
