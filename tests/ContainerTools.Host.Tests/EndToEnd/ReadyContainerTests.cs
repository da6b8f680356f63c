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

    public void Dispose() => _store.Dispose();
}
