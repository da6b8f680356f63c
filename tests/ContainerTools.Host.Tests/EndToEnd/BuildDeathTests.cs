using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>Builds whose shell is killed, or whose disk is full.</summary>
[Collection(MachineCollection.Name)]
public sealed class BuildDeathTests : IDisposable
{
    private const int Sigkill = 9;

    private readonly TemporaryStore _store = new();
    private readonly string _context;

    public BuildDeathTests()
    {
        _context = Path.Combine(_store.Scratch, "context");
        Directory.CreateDirectory(_context);
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void WhatAShellKilledInRunLeavesGoesWithTheNextBuildAndWhatSucceededIsKept()
    {
        Import(_store.Root);
        Write("FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /first\nRUN --mount=type=secret,id=s touch /running; sleep 300\n");
        Kill("$null = Build-Image $context -Tag app:1 -Network none -Secret @{ s = 'hidden' }", () => Containers().Any(c => File.Exists(Path.Combine(c, "upper", "running")) || Directory.EnumerateFiles(c, "running", SearchOption.AllDirectories).Any()));

        // Until somebody builds again, the command runs on; it belongs to nobody else.
        Write("FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /first\nRUN cp /first /second\n");
        var result = HostShell.Run(_store, Script("""
            "before $(@(Get-Container).Count) $(@(Get-Image app*).Count)"
            $messages = Build-Image $context -Tag app:1 -Network none -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
            "cached $(@($messages -match 'CACHED').Count)"
            "after $(@(Get-Container).Count)"
            """)).Succeeded();
        Assert.Equal(["before 1 0", "cached 1", "after 0"], result.Lines);
        NothingHalf();
    }

    [Fact]
    public void AShellKilledInCopyLeavesNoHalfImage()
    {
        Import(_store.Root);
        using (var file = File.Create(Path.Combine(_context, "large")))
        {
            file.SetLength(6L << 30); // All hole: it takes long to read, and no room.
        }
        Write("FROM busybox\nRUN echo 1 > /first\nCOPY large /large\n");
        Kill("$null = Build-Image $context -Tag app:1 -Network none", () => Directory.Exists(Path.Combine(_store.Root, "layers")) && Directory.EnumerateDirectories(Path.Combine(_store.Root, "layers"), ".*").Any() && Cached() > 0);

        File.Delete(Path.Combine(_context, "large"));
        File.WriteAllText(Path.Combine(_context, "large"), "small now");
        // A file that somebody wrote to within the last minute may be somebody's.
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_store.Root, "content/blobs")))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-5));
        }
        var result = HostShell.Run(_store, Script("""
            "before $(@(Get-Container).Count) $(@(Get-Image app*).Count)"
            $messages = Build-Image $context -Tag app:1 -Network none -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
            "cached $(@($messages -match 'CACHED').Count)"
            "$(Invoke-Container app:1 -- cat /large)"
            """)).Succeeded();
        Assert.Equal(["before 0 0", "cached 1", "small now"], result.Lines.Take(3));
        NothingHalf();
    }

    [Fact]
    public void OnAFullDiskABuildFailsAndLeavesTheRoomThatItFound()
    {
        Directory.CreateDirectory(_store.Root);
        Command.Run("mount", "-t", "tmpfs", "-o", "size=48m", "tests", _store.Root).Succeeded();
        Import(_store.Root);
        Command.Run("bash", ["-ec", "head -c 60M /dev/urandom > \"$1/large\"", "bash", _context]).Succeeded();
        var result = HostShell.Run(_store, Script("""
            function Free { [int] ((stat -f -c '%a' $env:CONTAINERTOOLS_ROOT)) }
            function Build([string] $Text) { Set-Content $context/Containerfile $Text; Attempt { Build-Image $context -Tag app:1 -Network none } }
            $null = Build "FROM busybox`nRUN echo 1 > /first"
            $before = Free
            (Build "FROM busybox`nRUN echo 1 > /first`nCOPY large /large") -replace '(?s)\|.*', ''
            "room $($before - (Free))"
            (Build "FROM busybox`nRUN echo 1 > /first`nRUN head -c 60000000 /dev/urandom > /x") -replace '(?s)\|.*', ''
            "room $($before - (Free))"
            "left $(@(Get-Container).Count) $(@(Get-ChildItem -Force $env:CONTAINERTOOLS_ROOT/tmp).Count)"
            Build "FROM busybox`nRUN echo 1 > /first`nRUN echo 2 > /second"
            """)).Succeeded();
        Assert.Equal(["StorageFull", "room 0", "BuildRunFailed", "room 0", "left 0 0", "no error"], result.Lines);
        NothingHalf();
    }

    private void Import(string root)
    {
        string archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        HostShell.Run(_store, $"$null = Import-Image '{archive}'").Succeeded();
        Assert.True(Directory.Exists(root));
    }

    private void Kill(string script, Func<bool> when)
    {
        using var shell = HostShell.Start(_store, Script(script));
        try
        {
            Assert.True(SpinWait.SpinUntil(() => shell.HasExited || when(), TimeSpan.FromSeconds(60)), "The build did not come so far.");
            Assert.False(shell.HasExited, shell.HasExited ? shell.StandardError.ReadToEnd() : null);
        }
        finally
        {
            ProcessTable.Signal(shell.Id, Sigkill);
        }
        Assert.True(shell.WaitForExit(10_000));
    }

    private string Script(string script) => $"$context = '{_context}'\n{script}";

    private IEnumerable<string> Containers() =>
        Directory.Exists(Path.Combine(_store.Root, "containers")) ? Directory.EnumerateDirectories(Path.Combine(_store.Root, "containers")) : [];

    private int Cached() => Directory.Exists(Path.Combine(_store.Root, "build-cache/steps")) ? Directory.GetFiles(Path.Combine(_store.Root, "build-cache/steps")).Length : 0;

    private void NothingHalf()
    {
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_store.Root, "tmp")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_store.Root, "content/blobs")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_store.Root, "layers"), ".*"));
        Assert.True(SpinWait.SpinUntil(() => _store.Leftovers().All(l => l == $"mount {_store.Root}"), TimeSpan.FromSeconds(20)), string.Join('\n', _store.Leftovers()));
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_context, "Containerfile"), text);
}
