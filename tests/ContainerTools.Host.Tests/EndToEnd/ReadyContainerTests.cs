using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>New-Container lets a monitor in reserve get the container ready: nobody must notice.</summary>
[Collection(MachineCollection.Name)]
public sealed class ReadyContainerTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    [Fact]
    public void AContainerStartsAsItIsWhenItIsStarted()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        var result = HostShell.Run(_store, $$"""
            $null = Import-Image '{{archive}}'
            function Wait-Ready { Start-Sleep -Milliseconds 300 }
            function Limit($Container) {
                (Get-ChildItem /sys/fs/cgroup -Recurse -Filter pids.max -ErrorAction Ignore | Where-Object { $_.DirectoryName -match "$($Container.Id)$" } | Get-Content) -join ','
            }
            # Changed in between
            $changed = New-Container busybox -Network none -PidsLimit 17 sleep 60
            Wait-Ready
            "1 $(Limit $changed)"
            $null = Set-Container $changed -PidsLimit 23
            Start-Container $changed
            "2 $(Limit $changed)"
            # Two at once, the later one first
            $first = New-Container busybox -Network none -HostName first sleep 60
            Wait-Ready
            $second = New-Container busybox -Network none -HostName second sleep 60
            Wait-Ready
            $second, $first | Start-Container
            "3 $(Invoke-ContainerCommand $first hostname) $(Invoke-ContainerCommand $second hostname)"
            # Never started
            $never = New-Container busybox -Network none sleep 60
            Wait-Ready
            "4 $($never.State) $((Get-Container $never.Name).State)"
            Remove-Container $never
            "5 $(Limit $never)|"
            # With an option that only a start finds out of order
            $wrong = New-Container busybox -Network none nosuchprogram
            Wait-Ready
            try { Start-Container $wrong } catch { "6 $($_.FullyQualifiedErrorId.Split(',')[0])" }
            # As it is
            # As it is, without a pause
            $ends = foreach ($round in 1..20) {
                New-Container busybox -Network none -Command sh, -c, 'echo to the log; exit 3' | Start-Container -PassThru | Wait-Container | ForEach-Object { "$($_.ExitCode) $(Get-ContainerLog $_)" }
            }
            "7 $($ends | Sort-Object -Unique)"
            Get-Container | Remove-Container -Force
            """).Succeeded();
        Assert.Equal(["1 17", "2 23", "3 first second", "4 Created Created", "5 |", "6 CommandNotFound", "7 3 to the log"], result.Lines);
        Assert.Empty(_store.Leftovers());
    }

    [Fact]
    public async Task AnotherShellStartsAndRemovesWhatOneHasGotReady()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        foreach (string what in new[] { "Start", "Remove" })
        {
            using var first = HostShell.Start(_store, $$"""
                $null = Import-Image '{{archive}}'
                $container = New-Container busybox -Name other -Network none sleep 60
                [Threading.Thread]::Sleep(500)
                [Console]::Out.WriteLine('made'); [Console]::Out.Flush()
                $null = [Console]::In.ReadLine()
                """);
            Assert.Equal("made", await first.StandardOutput.ReadLineAsync());
            var second = HostShell.Run(_store, $$"""
                $clock = [Diagnostics.Stopwatch]::StartNew()
                {{what}}-Container other
                "1 $($clock.ElapsedMilliseconds -lt 3000) $((Get-Container other -ErrorAction Ignore).State)"
                """).Succeeded();
            Assert.Equal([$"1 True {(what == "Start" ? "Running" : "")}"], second.Lines);
            first.StandardInput.Close();
            Assert.True(first.WaitForExit(10_000));
            // What the first shell had does not take the running container's group along.
            await Task.Delay(500);
            Assert.Equal(what == "Start", Cgroups.Of([.. Directory.EnumerateDirectories(Path.Combine(_store.Root, "containers")).Select(d => Path.GetFileName(d))]).Count > 0);
            HostShell.Run(_store, "Get-Container | Remove-Container -Force").Succeeded();
        }
        Assert.Empty(_store.Leftovers());
    }

    public void Dispose() => _store.Dispose();
}
