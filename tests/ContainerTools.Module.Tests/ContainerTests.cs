using System.Diagnostics;
using System.Management.Automation;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class ContainerTests : IDisposable
{
    private readonly ModuleFixture _module;

    public ContainerTests(ModuleFixture module) => _module = module;

    public void Dispose() => _module.Clean();

    [Fact]
    public void From_an_image_to_a_running_container_and_back()
    {
        var started = _module.Run(
            "Get-Image $args[0] | New-Container -Name web -Volume data:/data -Environment @{ A = 'b c' } sleep 300 | Start-Container -PassThru", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal("web", (string)started.Name);
        Assert.Equal("Running", (string)started.State.ToString());
        Assert.Equal(["sleep", "300"], (IReadOnlyList<string>)started.Command);
        Assert.Equal("b c", _module.Run("Invoke-ContainerCommand web -- sh -c 'echo \"$A\"'").Succeeded().Lines[0]);
        _module.Run("Invoke-ContainerCommand web -- sh -c 'echo kept > /data/file'").Succeeded();

        _module.Run("Get-Container | Where-Object State -eq Running | Stop-Container -Timeout 1").Succeeded();
        Assert.Equal(137, (int)_module.Run("Get-Container web").Succeeded().Single.ExitCode);
        _module.Run("Remove-Volume data").FailedWith("VolumeInUse", ErrorCategory.ResourceBusy);
        _module.Run("Remove-Image $args[0]", ModuleFixture.Image).FailedWith("ImageInUse", ErrorCategory.ResourceBusy);
        _module.Run("Get-Container web | Remove-Container").Succeeded();
        _module.Run("Get-Container web").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);

        string mountPoint = _module.Run("Get-Volume data").Succeeded().Single.MountPoint;
        Assert.Equal("kept\n", File.ReadAllText(Path.Combine(mountPoint, "file")));
        _module.Run("Remove-Volume data").Succeeded();
        Assert.False(Directory.Exists(mountPoint));
    }

    [Fact]
    public void Invoke_Container_behaves_like_a_native_command()
    {
        var result = _module.Run(
            "$ErrorActionPreference = 'Stop'; Invoke-Container $args[0] -- sh -c 'echo out; echo err >&2; echo more; exit 3'; \"$? $LASTEXITCODE\"", ModuleFixture.Image);

        Assert.Equal(["out", "more", "False 3"], result.Lines);
        Assert.Equal(["err"], result.Errors.Select(e => e.ToString()));
        Assert.Equal(["True 0"], _module.Run("Invoke-Container $args[0] true; \"$? $LASTEXITCODE\"", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["err"], _module.Run("Invoke-Container $args[0] -- sh -c 'echo err >&2' 2>&1", ModuleFixture.Image).Succeeded().Lines);

        var missing = _module.Run("Invoke-Container $args[0] no-such-program; $LASTEXITCODE", ModuleFixture.Image);
        missing.FailedWith("CommandNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal(["127"], missing.Lines);
        Assert.Empty(_module.Run("Get-Container").Succeeded().Output);
    }

    [Fact]
    public void What_a_container_was_made_with_is_seen_on_it()
    {
        const string Made = "-Entrypoint env -CapabilityAdd NET_ADMIN -CapabilityDrop MKNOD, CHOWN -SecurityOption no-new-privileges -Sysctl @{ 'net.ipv4.ip_forward' = 1 } -Ulimit nofile=1024:2048 -Device /dev/null:/dev/zilch "
            + "-GroupAdd 12 -ShmSize 8MB -HostEntry a:10.0.0.1 -Dns 10.0.0.2 -DnsSearch b.example -DnsOption ndots:2 -PidNamespace host -IpcNamespace shareable -LogMaxSize 1MB -LogMaxFiles 3";
        string[] names = [.. Made.Split(' ').Where(w => w.StartsWith('-')).Select(w => w[1..])];

        var container = _module.Run($"$null = New-Container $args[0] -Name seen {Made} true; Get-Container seen", ModuleFixture.Image).Succeeded().Output[0];
        Assert.Equal(
            ["env", "NET_ADMIN", "MKNOD CHOWN", "no-new-privileges", "1", "nofile=1024:2048", "/dev/null:/dev/zilch", "12", "8388608", "a:10.0.0.1", "10.0.0.2", "b.example", "ndots:2", "host", "shareable", "1048576", "3"],
            _module.Run("param($container, $names) foreach ($n in $names) { if ($n -eq 'Sysctl') { $container.Sysctl['net.ipv4.ip_forward'] } else { \"$($container.$n)\" } }", container, names).Succeeded().Lines);
    }

    [Fact]
    public void The_table_of_log_lines_says_whose_they_are_and_of_which_day()
    {
        // The formatter's cmdlets are not in this session: what the view has is looked at.
        _module.Run("$null = New-Container $args[0] -Name a-name-that-is-long -- echo said; Start-Container a-name-that-is-long -Attach", ModuleFixture.Image).Succeeded();
        var format = System.Xml.Linq.XDocument.Load(Path.Combine(TestSupport.RepositoryPaths.Root, "formats", "ContainerTools.Format.ps1xml"));
        var view = format.Descendants("View").First(v => v.Element("Name")?.Value == "ContainerLogRecord");
        Assert.Equal(["Time", "Container", "Stream", "Message"], view.Descendants("Label").Select(l => l.Value));
        var scripts = view.Descendants("ScriptBlock").Select(b => b.Value).ToList();

        var columns = _module.Run("$line = Get-ContainerLog a-name-that-is-long; $line | ForEach-Object ([scriptblock]::Create($args[0])); $line | ForEach-Object ([scriptblock]::Create($args[1])); "
            + "[ContainerTools.DisplayText]::LogTime([DateTimeOffset]::new(2024, 2, 3, 12, 0, 0, [TimeZoneInfo]::Local.GetUtcOffset([DateTime]::new(2024, 2, 3))))", scripts[0], scripts[1]).Succeeded().Lines;
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d\d\d$", columns[0]);
        Assert.Equal(["a-name-that…", "2024-02-03 12:00:00"], columns.Skip(1));
    }

    [Theory]
    [InlineData("Get-ContainerLog talk1, talk2 -Follow -Tail 1")]
    [InlineData("Get-ContainerLog talk* -Follow -Tail 1")]
    [InlineData("Get-Container talk* | Get-ContainerLog -Follow -Tail 1")]
    public void Several_logs_are_followed_at_once(string follow)
    {
        _module.Run("foreach ($n in 'talk1', 'talk2') { New-Container $args[0] -Name $n -- sh -c 'echo old; echo begin; while [ ! -e /go ]; do sleep 0.05; done; echo go; while [ ! -e /end ]; do sleep 0.05; done; echo end' | Start-Container }; "
            + "foreach ($n in 'talk1', 'talk2') { while (@(Get-ContainerLog $n).Count -lt 2) { [Threading.Thread]::Sleep(20) } }", ModuleFixture.Image).Succeeded();

        // The second says something while the first is silent, and then the other way round.
        var lines = _module.Run(follow + """
             | ForEach-Object {
                $line = "$($_.ContainerName) $($_.Message)"
                $line
                if ($_.Message -eq 'begin' -and ++$begun -eq 2) { Invoke-ContainerCommand talk2 -- touch /go }
                if ($line -eq 'talk2 go') { Invoke-ContainerCommand talk1 -- touch /go /end }
                if ($line -eq 'talk1 end') { Invoke-ContainerCommand talk2 -- touch /end }
            }
            """).Succeeded().Lines;
        Assert.Equal(["talk1 begin", "talk2 begin"], lines.Take(2).Order(StringComparer.Ordinal));
        Assert.Equal(["talk2 go", "talk1 go", "talk1 end", "talk2 end"], lines.Skip(2));
        var result = _module.Run("Get-ContainerLog talk1, nobody -Follow -Tail 1");
        result.FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal(["end"], result.Lines);
    }

    [Fact]
    public void The_first_word_is_the_command_when_an_image_is_piped()
    {
        Assert.Equal(["a b"], _module.Run("Get-Image $args[0] | Invoke-Container echo 'a b'", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["a b"], _module.Run("$args[0] | Invoke-Container -- echo 'a b'", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["-l"], _module.Run("Invoke-Container $args[0] -- echo -l", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["x"], _module.Run("Invoke-Container -Image $args[0] -Command echo, x", ModuleFixture.Image).Succeeded().Lines);
        _module.Run("'a:1' | New-Container -Image b:1").FailedWith("ImageGivenTwice", ErrorCategory.InvalidArgument);
        _module.Run("New-Container").FailedWith("ImageMissing", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void Containers_are_found_by_their_labels()
    {
        _module.Run("New-Container $args[0] -Name one -Label team=a, stage=test; New-Container $args[0] -Name two -Label team=b; New-Container $args[0] -Name three", ModuleFixture.Image).Succeeded();
        IEnumerable<string?> Find(string filter) => _module.Run($"Get-Container -Label {filter} | ForEach-Object Name").Succeeded().Lines.Order(StringComparer.Ordinal);

        Assert.Equal(["one", "two"], Find("team"));
        Assert.Equal(["one"], Find("team=a"));
        Assert.Equal(["one", "two"], Find("team=[ab]*"));
        Assert.Equal(["one"], Find("team, stage=test"));
        Assert.Equal(["two"], Find("@{ team = 'b' }"));
        Assert.Empty(Find("Team"));
        Assert.Equal(["two"], _module.Run("Get-Container t* -Label team | ForEach-Object Name").Succeeded().Lines);
    }

    [Fact]
    public void Rows_of_a_table_become_containers()
    {
        var made = _module.Run(
            "[pscustomobject]@{ Image = $args[0]; Name = 'one'; Memory = '64m'; Command = 'true' }, [pscustomobject]@{ Image = $args[0]; Name = 'two'; Environment = 'A=1', 'B=2' } | New-Container",
            ModuleFixture.Image).Succeeded().Output;

        Assert.Equal(["one", "two"], made.Select(c => (string)c.Properties["Name"].Value));
        Assert.Equal(64L << 20, made[0].Properties["Memory"].Value);
        Assert.Equal("2", ((IReadOnlyDictionary<string, string>)made[1].Properties["Environment"].Value)["B"]);
    }

    [Fact]
    public void Sizes_and_durations_are_taken_as_people_write_them()
    {
        dynamic container = _module.Run("New-Container $args[0] -Memory 128MB -ShmSize '32m' -StopTimeout 1m30s -PidsLimit 50 -Cpus 0.5", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal(128L << 20, (long)container.Memory);
        Assert.Equal(TimeSpan.FromSeconds(90), (TimeSpan)container.StopTimeout);
        Assert.Equal(0.5, (double)container.Cpus);
        _module.Run("New-Container $args[0] -Memory many", ModuleFixture.Image).FailedWith("ParameterArgumentTransformationError", ErrorCategory.InvalidData);
    }

    [Fact]
    public void A_log_can_be_cut_and_followed()
    {
        _module.Run("New-Container $args[0] -Name log -- sh -c 'echo one; echo two >&2; echo three; sleep 30' | Start-Container", ModuleFixture.Image).Succeeded();
        var watch = Stopwatch.StartNew();

        // Following ends when the reader has had enough, long before the container does.
        var records = _module.Run("$n = 0; foreach ($i in 1) { Get-ContainerLog log -Follow | ForEach-Object { $_; if (++$n -eq 3) { break } } }").Succeeded().Output;

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15));
        Assert.Equal(["one", "three", "two"], records.Select(r => (string)r.Properties["Message"].Value).Order(StringComparer.Ordinal));
        Assert.Single(records, r => r.Properties["Stream"].Value.ToString() == "Error");
        Assert.Single(_module.Run("Get-ContainerLog log -Tail 1").Succeeded().Output);
        Assert.Equal(3, _module.Run("Get-ContainerLog log -Since 5m").Succeeded().Output.Count);
        Assert.Empty(_module.Run("Get-ContainerLog log -Until 5m").Succeeded().Output);
    }

    [Fact]
    public void Several_containers_are_stopped_at_the_same_time()
    {
        _module.Run("foreach ($i in 1..4) { New-Container $args[0] -Name \"c$i\" sleep 300 | Start-Container }", ModuleFixture.Image).Succeeded();
        var watch = Stopwatch.StartNew();

        var stopped = _module.Run("Stop-Container c? -Timeout 2 -PassThru").Succeeded().Output;

        Assert.Equal(4, stopped.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(6), $"it took {watch.Elapsed}");
    }

    [Fact]
    public void Waiting_gives_the_exit_code_or_an_error_in_time()
    {
        Assert.Equal(5, (int)_module.Run("New-Container $args[0] -- sh -c 'exit 5' | Start-Container -PassThru | Wait-Container", ModuleFixture.Image).Succeeded().Single.ExitCode);
        _module.Run("New-Container $args[0] -Name long sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();
        _module.Run("Wait-Container long -Timeout 200ms").FailedWith("WaitTimedOut", ErrorCategory.OperationTimeout);
    }

    [Fact]
    public void Stopping_the_pipeline_stops_the_work_and_leaves_nothing()
    {
        using var shell = _module.Create("Invoke-Container $args[0] -Name gone -- sh -c 'echo started; sleep 300'", ModuleFixture.Image);
        var output = new PSDataCollection<PSObject>();
        using var started = new ManualResetEventSlim();
        output.DataAdded += (_, _) => started.Set();
        var running = shell.BeginInvoke<PSObject, PSObject>(null, output);
        Assert.True(started.Wait(TimeSpan.FromSeconds(30)));
        var watch = Stopwatch.StartNew();

        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed}");
        Assert.Empty(_module.Run("Get-Container").Succeeded().Output);
    }

    [Theory]
    [InlineData("Get-Container nothing", "ContainerNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container no/such:1", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -Name taken; New-Container test/busybox:1 -Name taken", "ContainerNameInUse", ErrorCategory.ResourceExists)]
    [InlineData("New-Container test/busybox:1 -Volume a:b:c:d", "InvalidVolume", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -Name user -WorkingDirectory /no/such -User nobody-here true | Start-Container", "UserNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -Name idle; Invoke-ContainerCommand idle true", "ContainerNotRunning", ErrorCategory.InvalidOperation)]
    [InlineData("New-Container test/busybox:1 -Name runs sleep 60 | Start-Container; Remove-Container runs", "ContainerRunning", ErrorCategory.InvalidOperation)]
    [InlineData("Get-Volume nothing", "VolumeNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Volume ../x", "InvalidVolumeName", ErrorCategory.InvalidArgument)]
    [InlineData("New-Volume twice; New-Volume twice", "VolumeExists", ErrorCategory.ResourceExists)]
    [InlineData("Stop-Container ([uri] 'http://x')", "ParameterArgumentTransformationError", ErrorCategory.InvalidData)]
    public void What_goes_wrong_has_an_id_of_its_own(string script, string errorId, ErrorCategory category)
    {
        _module.Run(script).FailedWith(errorId, category);
    }

    [Fact]
    public void What_if_changes_nothing()
    {
        _module.Run("New-Container $args[0] -Name kept sleep 60", ModuleFixture.Image).Succeeded();
        _module.Run("New-Container $args[0] -WhatIf; Start-Container kept -WhatIf; Remove-Container kept -WhatIf; New-Volume v -WhatIf; Invoke-Container $args[0] -WhatIf", ModuleFixture.Image).Succeeded();
        var container = _module.Run("Get-Container").Succeeded().Single;
        Assert.Equal("Created", (string)container.State.ToString());
        Assert.Empty(_module.Run("Get-Volume").Succeeded().Output);
    }

    [Fact]
    public void Names_are_completed()
    {
        _module.Run("New-Container $args[0] -Name complete-me sleep 60 | Start-Container; New-Container $args[0] -Name complete-not; New-Volume complete-vol", ModuleFixture.Image).Succeeded();
        Assert.Equal(["complete-me"], Complete("Stop-Container comp"));
        Assert.Equal(["complete-me", "complete-not"], Complete("Remove-Container comp").Order(StringComparer.Ordinal));
        Assert.Equal(["complete-vol"], Complete("Remove-Volume comp"));
        Assert.Equal([ModuleFixture.Image], Complete("New-Container test/b"));
        Assert.Contains("SIGTERM", Complete("Stop-Container x -Signal SIGT"));
        Assert.Equal(["NET_ADMIN"], Complete("New-Container x -CapabilityAdd CHOWN, NET_A"));
        Assert.Equal(["ALL"], Complete("Invoke-Container x -CapabilityDrop AL"));
        Assert.Equal(["ctrun"], Complete("New-Container x -Runtime ct"));
        Assert.Equal(["seccomp=default", "seccomp=unconfined"], Complete("New-Container x -SecurityOption secc"));
        Assert.Equal(["nofile="], Complete("New-Container x -Ulimit nof"));
        foreach (string parameter in (string[])["Network", "PidNamespace", "IpcNamespace", "UserNamespace"])
            Assert.Equal(["container:complete-me", "container:complete-not"], Complete($"New-Container x -{parameter} container:c").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_host_says_what_it_can_do()
    {
        var host = _module.Run("Get-ContainerHost").Succeeded().Single;
        Assert.Equal(_module.Store.Root, (string)host.StorePath);
        Assert.True((bool)host.Seccomp);
    }

    private IReadOnlyList<string?> Complete(string input) =>
        _module.Run("[System.Management.Automation.CommandCompletion]::CompleteInput($args[0], $args[0].Length, $null).CompletionMatches.CompletionText", input).Succeeded().Lines;
}
