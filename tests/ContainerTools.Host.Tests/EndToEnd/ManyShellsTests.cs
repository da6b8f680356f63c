using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>
/// Shells that work on one store at random while shells, monitors and containers are killed at random points. CONTAINERTOOLS_STRESS=SHELLS:SECONDS gives the long form,
/// such as 20:120; CONTAINERTOOLS_STRESS_SEED repeats a run's choices, though not its timing.
/// </summary>
[Collection(MachineCollection.Name)]
public sealed partial class ManyShellsTests : IDisposable
{
    private const int Sigkill = 9;

    // What one shell does to another's container is no defect; neither is what a kill does to a start.
    private const string Script = """
        $random = [Random]::new(SEED)
        $end = [DateTime]::UtcNow.AddSeconds(SECONDS)
        $expected = 'ContainerNotFound', 'ContainerNameInUse', 'ContainerRunning', 'ContainerNotRunning', 'ContainerPaused', 'MonitorFailed', 'VolumeInUse', 'VolumeNotFound'
        $commands = @(, @('sleep', '60')), @(, @('sh', '-c', 'echo a; sleep 0.2; echo b')), @(, @('sh', '-c', 'while :; do echo x; sleep 0.02; done')), @(, @('sh', '-c', 'sleep 60 & exit 3'))
        function New-Random([hashtable] $More) {
            $command = $commands[$random.Next($commands.Count)][0]
            if ($random.Next(3) -eq 0) { $More.Network = 'app' }
            if ($random.Next(3) -eq 0) { $More.Volume = if ($random.Next(2)) { 'data:/data' } else { '/data' } }
            if ($random.Next(3) -eq 0) { $More.Memory = 64MB }
            if ($random.Next(4) -eq 0) { $More.Init = $true }
            switch ($random.Next(6)) { 0 { $More.AutoRemove = $true } 1 { $More.RestartPolicy = 'always' } 2 { $More.HealthCommand = 'true' } }
            New-Container busybox @More -Command $command
        }
        $steps = @(
            { New-Random @{ Name = $name } | Start-Container },
            { New-Random @{ Name = $name } | Start-Container -PassThru | Stop-Container -Timeout 0.1 -PassThru | Remove-Container },
            { New-Random @{} | Start-Container -PassThru | Wait-Container -Timeout 0.3 -ErrorAction Ignore | Remove-Container -Force },
            { New-Container busybox -Name $name true | Start-Container -PassThru | Wait-Container | Remove-Container },
            { Start-Container $name }, { Start-Container $name },
            { Stop-Container $name -Timeout 0.1 }, { Stop-Container $name -Timeout 0 },
            { Remove-Container $name -Force }, { Remove-Container $name -Force }, { Remove-Container $name },
            { Restart-Container $name -Timeout 0 },
            { Suspend-Container $name }, { Suspend-Container $name; Resume-Container $name },
            { Invoke-ContainerCommand $name -- sh -c 'echo in; sleep 0.05' }, { Invoke-ContainerCommand $name -- sleep 0.3 },
            { Set-Container $name -Memory 80MB -RestartPolicy no },
            { Rename-Container $name "box-$($random.Next(16))" },
            { Get-ContainerLog $name -Tail 3 }, { Get-ContainerProcess $name }, { Get-ContainerStatistics $name },
            { Get-Container }, { Get-Container | Where-Object State -eq Paused | Resume-Container },
            { Wait-Container $name -Timeout 0.2 -ErrorAction Ignore },
            { Invoke-Container busybox -- sh -c 'echo x; exit 4' }
        )
        for ($done = 0; [DateTime]::UtcNow -lt $end; $done++) {
            $name = "box-$($random.Next(16))"
            $step = $steps[$random.Next($steps.Count)]
            [Console]::Out.WriteLine("step $step $name")
            try { $null = & $step }
            catch {
                $id = $_.FullyQualifiedErrorId.Split(',')[0]
                if ($id -notin $expected -and $_.Exception.Message -notlike '*was killed while it was made*') { [Console]::Out.WriteLine("unexpected $id|$($_.Exception.Message)|$step $name") }
            }
        }
        [Console]::Out.WriteLine("done $done")
        """;

    private readonly TemporaryStore _store = new();
    private readonly NetworkNamespace _host = new();
    private readonly ConcurrentBag<string?> _findings = [];
    private readonly int _seed = int.Parse(Environment.GetEnvironmentVariable("CONTAINERTOOLS_STRESS_SEED") ?? $"{Environment.TickCount & 0xFFFF}", CultureInfo.InvariantCulture);
    private int _steps;

    [Fact]
    public async Task LeaveNothingWhateverIsKilledMeanwhile()
    {
        int[] form = [.. (Environment.GetEnvironmentVariable("CONTAINERTOOLS_STRESS") ?? "3:10").Split(':').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        (int shells, var time) = (form[0], TimeSpan.FromSeconds(form[1]));
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        HostShell.Run(_store, _host, $"$null = Import-Image '{archive}'; $null = New-ContainerNetwork app").Succeeded();

        var end = Stopwatch.StartNew();
        using (var over = new CancellationTokenSource(time))
        {
            var killer = Task.Run(() => KillAtRandom(over.Token));
            await Task.WhenAll(Enumerable.Range(0, shells).Select(i => Task.Run(() => WorkInShells(i, end, time))));
            await killer;
        }
        Remember();
        var result = HostShell.Run(_store, _host, """
            foreach ($container in Get-Container) {
                if ($container.State -eq 'Running' -and -not (Test-Path "/proc/$($container.Pid)")) { "no process: $container" }
            }
            Get-Container | Remove-Container -Force
            "left $(@(Get-Container).Count)"
            Get-Volume | Remove-Volume
            $null = Optimize-ContainerStorage -Confirm:$false
            "volumes $(@(Get-Volume).Count)"
            """);
        _findings.Add(result.Output + result.Error == "left 0\nvolumes 0\n" ? null : result.Output + result.Error);
        // An idle bridge goes after some seconds.
        await FindUntilGone(() => [.. _host.Shell("ip -brief link").Split('\n').Where(link => !link.StartsWith("lo ", StringComparison.Ordinal) && !link.StartsWith("ifb", StringComparison.Ordinal)), .. _host.Shell("nft list tables").Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
        await FindUntilGone(_store.Leftovers);
        await FindUntilGone(() => [.. Beneath(_store.Root, "containers"), .. Beneath(_store.Root, "tmp"), .. Beneath(_store.Root, "locks/leases"), .. Beneath(_store.RunRoot, "runtime"), .. Beneath(_store.Root, "volumes")]);
        Assert.True(_findings.All(finding => finding is null), $"seed {_seed}, {_steps} steps: {string.Join('\n', _findings)}");
        Assert.True(_steps > shells * 5, $"only {_steps} steps");
    }

    public void Dispose()
    {
        Remember();
        _store.Dispose();
        _host.Dispose();
    }

    /// <summary>A shell until the time is over, and another one in the place of each that is killed.</summary>
    private async Task WorkInShells(int number, Stopwatch clock, TimeSpan time)
    {
        for (int round = 0; time - clock.Elapsed is { TotalSeconds: > 1 } left; round++)
        {
            var script = Script.Replace("SEED", $"{_seed + (number * 1000) + round}", StringComparison.Ordinal)
                .Replace("SECONDS", ((int)left.TotalSeconds).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            using var shell = HostShell.Start(_store, script, _host);
            var error = shell.StandardError.ReadToEndAsync();
            string? last = null;
            bool done = false;
            using var limit = new CancellationTokenSource(left + TimeSpan.FromSeconds(120));
            try
            {
                while (await shell.StandardOutput.ReadLineAsync(limit.Token) is { } line)
                {
                    if (line.StartsWith("unexpected ", StringComparison.Ordinal))
                        _findings.Add(line);
                    else if (line.StartsWith("step ", StringComparison.Ordinal))
                        Interlocked.Increment(ref _steps);
                    done |= line.StartsWith("done ", StringComparison.Ordinal);
                    last = line;
                }
            }
            catch (OperationCanceledException)
            {
                _findings.Add($"hangs in: {last}");
                shell.Kill();
            }
            await shell.WaitForExitAsync();
            if (!done && shell.ExitCode != 128 + Sigkill)
                _findings.Add($"a shell ended with {shell.ExitCode} in: {last}\n{await error}");
        }
    }

    private async Task KillAtRandom(CancellationToken over)
    {
        var random = new Random(_seed);
        while (!over.IsCancellationRequested)
        {
            Remember();
            int[] victims = random.Next(8) switch
            {
                0 => [.. ProcessTable.Using(_store.Root).Where(pid => ProcessTable.CommandLine(pid).Contains("ctsh", StringComparison.Ordinal))],
                < 4 => FirstProcesses(),
                // Monitors, and the runtime at work for somebody's command.
                _ => [.. ProcessTable.All().Where(pid => ProcessTable.CommandLine(pid) is var line && line.StartsWith("ctrun ", StringComparison.Ordinal) && !line.Contains("clean-networks", StringComparison.Ordinal) && line.Contains(_store.RunRoot, StringComparison.Ordinal))],
            };
            if (victims.Length > 0)
                ProcessTable.Kill([victims[random.Next(victims.Length)]]);
            await Task.Delay(random.Next(50, 400), CancellationToken.None);
        }
    }

    private int[] FirstProcesses()
    {
        List<int> found = [];
        foreach (var directory in Beneath(_store.Root, "containers"))
        {
            try
            {
                using var status = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "state.json")));
                int pid = status.RootElement.GetProperty("pid").GetInt32();
                // Ids are used again: only a monitor's child is one.
                if (ProcessTable.CommandLine(ProcessTable.Parent(pid)).Contains(_store.RunRoot, StringComparison.Ordinal))
                    found.Add(pid);
            }
            catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException)
            {
                // Not started, or gone.
            }
        }
        return [.. found];
    }

    /// <summary>All containers that were ever made, as the event log tells.</summary>
    private void Remember()
    {
        _ = _store.ContainerIds;
        foreach (var file in Directory.Exists(_store.Root) ? Directory.EnumerateFiles(_store.Root, "events*") : [])
        {
            foreach (Match id in Id().Matches(File.ReadAllText(file)))
                _store.Remember(id.Value);
        }
    }

    private static string[] Beneath(string root, string name) => Directory.Exists(Path.Combine(root, name)) ? Directory.GetFileSystemEntries(Path.Combine(root, name)) : [];

    /// <summary>Waits for things to go that may take a moment.</summary>
    private async Task FindUntilGone(Func<IReadOnlyList<string>> things)
    {
        for (var clock = Stopwatch.StartNew(); things() is { Count: > 0 } left; await Task.Delay(100))
        {
            if (clock.Elapsed.TotalSeconds < 20)
                continue;
            _findings.Add(string.Join('\n', left));
            return;
        }
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Id();
}
