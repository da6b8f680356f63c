using System.Management.Automation;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class LifecycleTests : IDisposable
{
    private readonly ModuleFixture _module;

    public LifecycleTests(ModuleFixture module)
    {
        _module = module;
        _module.Run("New-Container $args[0] -Name live sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
    }

    public void Dispose() => _module.Run("Get-Container | Remove-Container -Force");

    [Fact]
    public void A_container_is_suspended_resumed_restarted_renamed_and_changed()
    {
        Assert.Empty(_module.Run("Get-Container live | Suspend-Container").Succeeded().Output);
        Assert.Equal(["live"], _module.Run("Get-Container -State Paused").Succeeded().Lines);
        Assert.Equal(["live"], Complete("Resume-Container l"));
        Assert.DoesNotContain("live", Complete("Suspend-Container l"));
        Assert.Equal("Running", (string)_module.Run("Resume-Container live -PassThru").Succeeded().Single.State.ToString());
        int pid = _module.Run("Get-Container live").Single.Pid;
        Assert.NotEqual(pid, (int)_module.Run("Restart-Container live -Timeout 0 -PassThru").Succeeded().Single.Pid);
        dynamic changed = _module.Run("Set-Container live -Memory 64MB -PidsLimit 9 -StopTimeout 2s -StopSignal INT -PassThru").Succeeded().Single;
        Assert.Equal((64L << 20, 9L, TimeSpan.FromSeconds(2), "INT"), ((long)changed.Memory, (long)changed.PidsLimit, (TimeSpan)changed.StopTimeout, (string)changed.StopSignal));
        Assert.Equal("living", (string)_module.Run("Rename-Container live living -PassThru").Succeeded().Single.Name);
        _module.Run("Get-Container live").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_signal_is_sent_and_the_container_goes_on()
    {
        _module.Run("New-Container $args[0] -Name heard -RestartPolicy always -- sh -c 'trap \"echo told\" HUP; trap \"echo other\" USR1; echo ready; while :; do sleep 0.05; done' | Start-Container; "
            + "while (-not (Get-ContainerLog heard)) { [Threading.Thread]::Sleep(20) }", ModuleFixture.Image).Succeeded();
        Assert.Empty(_module.Run("Send-ContainerSignal heard HUP; while (@(Get-ContainerLog heard).Count -lt 2) { [Threading.Thread]::Sleep(20) }").Succeeded().Output);
        Assert.Equal(["heard"], _module.Run("Get-Container heard | Send-ContainerSignal -Signal SIGUSR1 -PassThru; while (@(Get-ContainerLog heard).Count -lt 3) { [Threading.Thread]::Sleep(20) }").Succeeded().Lines);
        Assert.Equal(["ready", "told", "other", "Running"], _module.Run("(Get-ContainerLog heard).Message; (Get-Container heard).State").Succeeded().Lines);
        Assert.Equal(["live", "heard"], Complete("Send-ContainerSignal "));
        _module.Run("Send-ContainerSignal heard HUP -WhatIf; Send-ContainerSignal heard KILL; $null = Wait-Container heard").Succeeded();
        Assert.Equal(["Exited"], _module.Run("(Get-Container heard).State").Succeeded().Lines);
        _module.Run("Send-ContainerSignal heard HUP").FailedWith("ContainerNotRunning", ErrorCategory.InvalidOperation);
        _module.Run("Send-ContainerSignal live NOSUCH").FailedWith("InvalidSignal", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_stop_signal_that_is_none_is_refused_and_hinders_no_stop_where_a_record_has_it()
    {
        foreach (var signal in new[] { "FOO", "0", "65" })
            _module.Run($"New-Container $args[0] -Name mute -StopSignal {signal} sleep 60", ModuleFixture.Image).FailedWith("InvalidSignal", ErrorCategory.InvalidArgument);
        _module.Run("Get-Container mute").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);

        _module.Run("foreach ($n in 'odd1', 'odd2') { $c = New-Container $args[0] -Name $n -StopSignal SIGUSR1 -- sh -c 'trap \"exit 7\" TERM; echo ready; while :; do sleep 0.05; done' | Start-Container -PassThru; "
            + "$record = $c.Directory + '/container.json'; [IO.File]::WriteAllText($record, [IO.File]::ReadAllText($record).Replace('SIGUSR1', 'FOO')); "
            + "while (-not (Get-ContainerLog $n)) { [Threading.Thread]::Sleep(20) } }", ModuleFixture.Image).Succeeded();
        Assert.Equal(["FOO", "7"], _module.Run("(Get-Container odd1).StopSignal; (Stop-Container odd1 -PassThru).ExitCode").Succeeded().Lines);
        _module.Run("Send-ContainerSignal odd2 HUP; Remove-Container odd2 -Force").Succeeded();
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("'-1'")]
    [InlineData("([Threading.Timeout]::InfiniteTimeSpan)")]
    public void Minus_one_waits_without_limit_where_zero_kills(string timeout)
    {
        _module.Run("New-Container $args[0] -Name slow -StopTimeout 0 -- sh -c 'trap \"sleep 1.5; exit 7\" TERM; echo ready; while :; do sleep 0.05; done' | Start-Container; "
            + "while (-not (Get-ContainerLog slow)) { [Threading.Thread]::Sleep(20) }", ModuleFixture.Image).Succeeded();
        _module.Run("Stop-Container slow -Timeout -2").FailedWith("InvalidTimeout", ErrorCategory.InvalidArgument);
        _module.Run("Restart-Container slow -Timeout -0.5").FailedWith("InvalidTimeout", ErrorCategory.InvalidArgument);
        Assert.Equal(["Running"], _module.Run("(Get-Container slow).State").Succeeded().Lines);
        Assert.Equal(["7"], _module.Run($"(Stop-Container slow -Timeout {timeout} -PassThru).ExitCode").Succeeded().Lines);
        Assert.Equal(["137"], _module.Run("Start-Container slow; (Stop-Container slow -Timeout 0 -PassThru).ExitCode").Succeeded().Lines);
    }

    [Fact]
    public void Of_several_none_is_renamed()
    {
        _module.Run("foreach ($n in 'rn1', 'rn2') { $null = New-Container $args[0] -Name $n true }", ModuleFixture.Image).Succeeded();
        foreach (var several in new[] { "Rename-Container 'rn*' same", "Rename-Container rn1, rn2 same", "Get-Container rn* | Rename-Container -NewName same" })
            Assert.Contains("rn1, rn2", _module.Run(several).FailedWith("SeveralToRename", ErrorCategory.InvalidArgument).Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["rn1", "rn2"], _module.Run("(Get-Container rn*).Name").Succeeded().Lines);
        Assert.Equal(["same"], _module.Run("Rename-Container 'rn1*' same -PassThru").Succeeded().Lines);
    }

    [Fact]
    public void Several_are_started_at_a_time_and_written_in_the_order_they_came()
    {
        _module.Run("$image = $args[0]; 1..6 | ForEach-Object { $null = New-Container $image -Name many$_ sleep 60 }", ModuleFixture.Image).Succeeded();
        Assert.Equal(["many5", "many2", "many6", "many1"], _module.Run("Start-Container many5, many2, many6, many1 -ThrottleLimit 3 -PassThru").Succeeded().Lines);
        // What is wrong with one is its own error, and the others go on.
        var result = _module.Run("'many3', 'nobody', 'many4' | Start-Container -ThrottleLimit 10 -ErrorAction SilentlyContinue -ErrorVariable wrong; $wrong.FullyQualifiedErrorId; (Get-Container many* -State Running).Count");
        Assert.Equal("ContainerNotFound", result.Lines[0]!.Split(',')[0]);
        Assert.Equal("6", result.Lines[1]);
        _module.Run("Start-Container live -Attach -ThrottleLimit 2").FailedWith("ThrottleConflict", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void Events_are_found_by_time_type_action_name_and_object_and_followed()
    {
        var since = DateTimeOffset.Now;
        _module.Run("New-Container $args[0] -Name told sleep 60 | Start-Container; Suspend-Container told; Resume-Container told; New-Volume told-vol; Remove-Volume told-vol", ModuleFixture.Image).Succeeded();
        string Events(string parameters) => string.Join(' ', _module.Run($"param($since) Get-ContainerEvent -Since $since {parameters} | ForEach-Object {{ \"$($_.Action)\" }}", since).Succeeded().Lines);
        Assert.Equal("Create Start Pause Unpause", Events("-Type Container"));
        Assert.Equal("Create Remove", Events("-Type Volume"));
        Assert.Equal("Create Create", Events("-Action Create"));
        Assert.Equal("Create Start Pause Unpause", Events("t*ld"));
        Assert.Equal("Start", Events("told -Action Start"));
        Assert.Equal("", Events("-Until $since"));
        Assert.Equal("", Events("nothing"));
        Assert.Equal("Pause", string.Join(' ', _module.Run("Get-Container told | Get-ContainerEvent -Action Pause | ForEach-Object { \"$($_.Action)\" }").Succeeded().Lines));
        Assert.Equal(["told"], _module.Run("Get-ContainerEvent told -Action Pause | Get-Container").Succeeded().Lines);
        Assert.Empty(_module.Run("Get-ContainerEvent -Follow -Until ([DateTime]::Now.AddMilliseconds(300))").Succeeded().Output);
        _module.Run("Get-Container told | Remove-Container -Force").Succeeded();
    }

    [Theory]
    [InlineData("New-Container test/busybox:1 -Name idle; Suspend-Container idle", "ContainerNotRunning", ErrorCategory.InvalidOperation)]
    [InlineData("New-Container test/busybox:1 -Name idle; Resume-Container idle", "ContainerNotRunning", ErrorCategory.InvalidOperation)]
    [InlineData("Suspend-Container live; Invoke-ContainerCommand live true", "ContainerPaused", ErrorCategory.InvalidOperation)]
    [InlineData("Suspend-Container live; Start-Container live", "ContainerPaused", ErrorCategory.InvalidOperation)]
    [InlineData("New-Container test/busybox:1 -Name other; Rename-Container other live", "ContainerNameInUse", ErrorCategory.ResourceExists)]
    [InlineData("Rename-Container live 'a b'", "InvalidContainerName", ErrorCategory.InvalidArgument)]
    [InlineData("Set-Container live -Cpus 1000", "InvalidCpus", ErrorCategory.InvalidArgument)]
    [InlineData("Set-Container live -CpuSet 9-3", "InvalidCpuSet", ErrorCategory.InvalidArgument)]
    [InlineData("Set-Container live -CpuSet 0,8000", "InvalidCpuSet", ErrorCategory.InvalidArgument)]
    [InlineData("Set-Container live -RestartPolicy sometimes", "InvalidRestartPolicy", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -RestartPolicy always -AutoRemove", "RestartPolicyConflict", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -HealthCommand true -HealthInterval 0", "InvalidHealthCheck", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -HealthRetries 3", "InvalidHealthCheck", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -UserNamespace keep-id", "InvalidUserNamespace", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -SecurityOption seccomp=./nothing.json", "SeccompProfileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -PidNamespace container:nothing", "ContainerNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -IpcNamespace container:live", "IpcNotShareable", ErrorCategory.InvalidOperation)]
    [InlineData("New-Container test/busybox:1 -IpcNamespace ours", "InvalidIpcNamespace", ErrorCategory.InvalidArgument)]
    [InlineData("New-Container test/busybox:1 -Mount 'type=image,source=no/such:1,target=/x'", "ImageNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -Platform linux/s390x", "ImagePlatformMismatch", ErrorCategory.ObjectNotFound)]
    [InlineData("New-Container test/busybox:1 -Platform nonsense/x/y/z", "InvalidPlatform", ErrorCategory.InvalidArgument)]
    [InlineData("Restart-Container nothing", "ContainerNotFound", ErrorCategory.ObjectNotFound)]
    public void What_goes_wrong_has_an_id_of_its_own(string script, string errorId, ErrorCategory category)
    {
        _module.Run(script).FailedWith(errorId, category);
    }

    [Fact]
    public void An_image_of_the_platform_that_is_asked_for_is_taken()
    {
        Assert.Equal("right", (string)_module.Run("$own = Get-Image test/busybox:1; New-Container test/busybox:1 -Name right -Platform \"$($own.Os)/$($own.Architecture)\" true").Succeeded().Single.Name);
    }

    [Fact]
    public void What_if_changes_nothing()
    {
        _module.Run("Suspend-Container live -WhatIf; Restart-Container live -WhatIf; Rename-Container live x1 -WhatIf; Set-Container live -Memory 64MB -WhatIf").Succeeded();
        dynamic live = _module.Run("Get-Container live").Succeeded().Single;
        Assert.Equal("Running", live.State.ToString());
        Assert.Null(live.Memory);
        _module.Run("Suspend-Container live; Resume-Container live -WhatIf").Succeeded();
        Assert.Equal("Paused", (string)_module.Run("Get-Container live").Succeeded().Single.State.ToString());
    }

    private IReadOnlyList<string?> Complete(string input) =>
        _module.Run("[System.Management.Automation.CommandCompletion]::CompleteInput($args[0], $args[0].Length, $null).CompletionMatches.CompletionText", input).Succeeded().Lines;
}
