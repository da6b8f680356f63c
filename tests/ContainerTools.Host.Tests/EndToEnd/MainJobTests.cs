using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>From a registry to a running container, in one pipeline, with a real Debian image.</summary>
[Collection(MachineCollection.Name)]
public sealed class MainJobTests : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly TestRegistry _registry = new();

    [Fact]
    public void ADebianImageIsPulledRunLookedIntoStoppedAndRemoved()
    {
        var before = MachineSnapshot.Take();
        var name = DebianImages.Push(_registry);
        var result = HostShell.Run(_store, $$"""
            $web = Save-Image {{name}} |
                New-Container -Name web -Volume data:/data -Environment @{ A = 'b c' } sleep 300 |
                Start-Container -PassThru
            "1 $($web.Name) $($web.State) $($web.Pid -gt 1)"
            "2 $(Invoke-ContainerCommand web -- cat /etc/os-release | Select-Object -First 1)"
            "3 $(Invoke-ContainerCommand web -- sh -c 'echo $A; echo kept > /data/file; echo 1 > /tmp/layer; tr "\0" " " < /proc/1/cmdline')"
            Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 1
            "4 $((Get-Container web).State) $((Get-Container web).ExitCode)"
            "5 $(@(Get-ContainerLog web).Count)"
            Start-Container web
            "6 $(Invoke-ContainerCommand web -- cat /tmp/layer /data/file)"
            "7 $(Attempt { Remove-Container web })"
            "8 $(Attempt { Remove-Volume data })"
            "9 $(Attempt { Remove-Image {{name}} })"
            Stop-Container web -Timeout 0
            Get-Container web | Remove-Container
            "10 $((Get-Volume data).Name)"
            Invoke-Container {{name}} -Volume data:/data -- cat /data/file
            "11 $LASTEXITCODE"
            Remove-Volume data
            Remove-Image {{name}}
            "12 $(@(Get-Container).Count) $(@(Get-Volume).Count) $(@(Get-Image).Count)"
            """).Succeeded();
        Assert.Equal(string.Empty, result.Error);
        var lines = result.Lines;
        Assert.Equal("1 web Running True", lines[0]);
        Assert.Contains("Debian GNU/Linux", lines[1], StringComparison.Ordinal);
        Assert.Equal("3 b c sleep 300 ", lines[2]);
        // PID 1 ignores SIGTERM unless it handles it, so 'sleep' ends by SIGKILL after the timeout.
        Assert.Equal("4 Exited 137", lines[3]);
        Assert.Equal("5 0", lines[4]);
        Assert.Equal("6 1 kept", lines[5]);
        Assert.StartsWith("7 ContainerRunning|", lines[6], StringComparison.Ordinal);
        Assert.StartsWith("8 VolumeInUse|", lines[7], StringComparison.Ordinal);
        Assert.StartsWith("9 ImageInUse|", lines[8], StringComparison.Ordinal);
        Assert.Equal("10 data", lines[9]);
        Assert.Equal("kept", lines[10]);
        Assert.Equal("11 0", lines[11]);
        Assert.Equal("12 0 0 0", lines[12]);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(_store.Root, "layers")), path => !Path.GetFileName(path).StartsWith('.'));
        Assert.Empty(before.Added());
    }

    public void Dispose()
    {
        _registry.Dispose();
        _store.Dispose();
    }
}
