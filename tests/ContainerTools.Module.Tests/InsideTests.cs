using System.Management.Automation;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class InsideTests(ModuleFixture module) : IDisposable
{
    public void Dispose() => module.Clean();

    [Fact]
    public void Processes_have_their_ids_inside_and_on_the_host()
    {
        var started = DateTimeOffset.UtcNow;
        module.Run("New-Container $args[0] -Name web -- sh -c 'sleep 300 & exec sleep 301' | Start-Container; New-Container $args[0] -Name idle", ModuleFixture.Image).Succeeded();
        module.Run("Invoke-ContainerCommand web -User 2345:2345 -- sh -c 'sleep 302 >/dev/null 2>&1 & until [ $(cat /proc/$!/comm) = sleep ]; do :; done'").Succeeded();

        var found = module.Run("Get-ContainerProcess web").Succeeded().Output.Select(o => (dynamic)o).ToList();

        Assert.Equal(["sleep 300", "sleep 301", "sleep 302"], found.Select(p => string.Join(' ', (IReadOnlyList<string>)p.CommandLine)).Order(StringComparer.Ordinal));
        dynamic Running(string argument) => found.Single(p => ((IReadOnlyList<string>)p.CommandLine)[1] == argument);
        var first = Running("301");
        Assert.Equal(1, (int)first.InnerId);
        Assert.Equal((int)module.Run("Get-Container web").Single.Pid, (int)first.Id);
        Assert.Null((int?)first.InnerParentId);
        var child = Running("300");
        Assert.Equal(((int)first.Id, 1), ((int)child.ParentId, (int)child.InnerParentId));
        var added = Running("302");
        Assert.Equal((2345u, "2345"), ((uint)added.UserId, (string)added.User));
        Assert.NotEqual(2345u, (uint)added.HostUserId);
        Assert.Equal("302", module.Run("Invoke-ContainerCommand web -- sh -c 'tail -c 4 /proc/$0/cmdline' $args[0]", (string)added.InnerId.ToString()).Succeeded().Lines[0]!.Trim('\0'));
        Assert.All(found, p => Assert.InRange((DateTimeOffset)p.StartedAt, started.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2)));
        Assert.All(found, p => Assert.InRange((long)p.Memory, 4096, 64 << 20));
        Assert.All(found, p => Assert.Equal("Sleeping", (string)p.State.ToString()));

        Assert.Equal(3, module.Run("Get-ContainerProcess").Succeeded().Output.Count);
        Assert.Empty(module.Run("Get-ContainerProcess id*").Succeeded().Output);
        module.Run("Get-Container idle | Get-ContainerProcess").FailedWith("ContainerNotRunning", ErrorCategory.InvalidOperation);
        module.Run("Suspend-Container web; (Get-ContainerProcess web).Count").Succeeded();
    }

    [Fact]
    public void What_is_refused_says_what_is_wrong_and_what_to_do()
    {
        module.Run("New-Container $args[0] -Name said sleep 300 | Start-Container; New-Container $args[0] -Name again -RestartPolicy always false | Start-Container", ModuleFixture.Image).Succeeded();

        Assert.Equal("The container 'said' has not ended within 1 second: it still runs.", module.Run("Wait-Container said -Timeout 1").FailedWith("WaitTimedOut", ErrorCategory.OperationTimeout).Exception.Message);
        Assert.Contains("within 0.1 seconds: it is suspended", module.Run("Suspend-Container said; Wait-Container said -Timeout 100ms; Resume-Container said").FailedWith("WaitTimedOut", ErrorCategory.OperationTimeout).Exception.Message, StringComparison.Ordinal);
        module.Run("while ((Get-Container again).State -ne 'Restarting' -or (Get-Container again).RestartCount -lt 4) { [Threading.Thread]::Sleep(20) }").Succeeded();
        Assert.Contains("its restart policy is about to start it again", module.Run("Wait-Container again -Timeout 20ms").FailedWith("WaitTimedOut", ErrorCategory.OperationTimeout).Exception.Message, StringComparison.Ordinal);
        Assert.Contains("'/nope', which -EnvironmentFile names", module.Run("New-Container $args[0] -EnvironmentFile /nope true", ModuleFixture.Image).FailedWith("EnvironmentFileNotFound", ErrorCategory.ObjectNotFound).Exception.Message, StringComparison.Ordinal);
        Assert.Contains("it is a directory", module.Run("New-Container $args[0] -EnvironmentFile / true", ModuleFixture.Image).FailedWith("EnvironmentFileUnreadable", ErrorCategory.InvalidArgument).Exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("The working directory 'rel' is not absolute.", module.Run("Invoke-ContainerCommand said -WorkingDirectory rel pwd").FailedWith("InvalidWorkingDirectory", ErrorCategory.InvalidArgument).Exception.Message, StringComparison.Ordinal);
        Assert.Contains("Give the command to run in 'said', 'again'.", module.Run("Invoke-ContainerCommand said, again").FailedWith("CommandMissing", ErrorCategory.InvalidArgument).Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Invoke-ContainerCommand shell sh -c 'echo $0-$1' a b", "a-b")]
    [InlineData("Get-Container shell | Invoke-ContainerCommand sh -c 'echo $0' a", "a")]
    [InlineData("Invoke-ContainerCommand -User 0 shell sh -c 'id -u' -WorkingDirectory /", "0")]
    [InlineData("Invoke-ContainerCommand -Container shell sh -c 'echo $0' a", "a")]
    [InlineData("$w = 'sh'; Invoke-ContainerCommand shell $w -c 'echo a'", "a")]
    [InlineData("Invoke-ContainerCommand shell sh -x -c 'echo a' 2>$null", "a")]
    [InlineData("'abc' | Invoke-ContainerCommand shell wc -c", "4")]
    [InlineData("Invoke-ContainerCommand shell echo -C /", "-C /")]
    [InlineData("Invoke-ContainerCommand shell sh -c 'cat' -StandardInput a", "a")]
    [InlineData("Invoke-Container $args[0] sh -c 'echo $0' a", "a")]
    [InlineData("Get-Image $args[0] | Invoke-Container sh -c 'echo $0' a", "a")]
    [InlineData("New-Container $args[0] sh -c 'echo a' | Start-Container -Attach", "a")]
    [InlineData("Invoke-Container $args[0] -Entrypoint sh -c 'echo a'", "a")]
    [InlineData("Invoke-ContainerCommand shell -- echo -c -- -c", "-c -- -c")]
    [InlineData("Invoke-ContainerCommand shell echo -c -- a", "-c a")]
    [InlineData("Invoke-ContainerCommand shell echo a,b -c (1 + 1)", "a,b -c 2")]
    public void The_letter_of_sh_c_stays_where_it_stands(string statement, string line)
    {
        module.Run("New-Container $args[0] -Name shell sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();

        Assert.Equal([line], module.Run(statement, ModuleFixture.Image).Lines);
    }

    [Theory]
    [InlineData("$none = $null; Invoke-ContainerCommand shell sh $none -c true")]
    [InlineData("$more = 'a', 'b'; Invoke-ContainerCommand shell sh -c true @more")]
    [InlineData("$command = 'Invoke-ContainerCommand'; & $command shell sh -c true")]
    [InlineData("Invoke-ContainerCommand -c shell true")]
    [InlineData("Invoke-ContainerCommand shell -Command sh -c")]
    public void Where_it_is_not_certain_where_c_stands_nothing_is_run(string statement)
    {
        module.Run("New-Container $args[0] -Name shell sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();

        Assert.Contains("Put -- before the command", module.Run(statement).FailedWith("WordTakenForParameter", ErrorCategory.InvalidArgument).Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Invoke-ContainerCommand letters mkdir -p /made", "'-p' among the command's words was taken for -Privileged")]
    [InlineData("Invoke-ContainerCommand letters ls -d /", "'-d' among the command's words was taken for -Detach")]
    [InlineData("Get-Container letters | Invoke-ContainerCommand ls -d", "taken for -Detach")]
    [InlineData("$p = '/made'; if ($true) { Invoke-ContainerCommand -User 0 letters mkdir -p $p }", "taken for -Privileged")]
    [InlineData("Invoke-Container $args[0] grep -w x /etc/passwd", "taken for -WorkingDirectory")]
    [InlineData("Invoke-ContainerCommand letters tar -f /none -t", "'-t' among the command's words was taken for -Terminal")]
    [InlineData("Invoke-ContainerCommand letters -- mkdir -p /made", null)]
    [InlineData("Invoke-ContainerCommand -P letters mkdir /made", null)]
    [InlineData("Invoke-ContainerCommand letters -Privileged -Command mkdir, -p, /made", null)]
    public void A_letter_of_a_command_is_never_taken_for_a_parameter_in_silence(string statement, string? message)
    {
        module.Run("New-Container $args[0] -Name letters sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();

        var result = module.Run(statement, ModuleFixture.Image);

        Assert.Equal(message is null, module.Run("Invoke-ContainerCommand letters -- ls /").Succeeded().Lines.Contains("made"));
        if (message is null)
            result.Succeeded();
        else
            Assert.Contains(message, Assert.Single(result.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_users_are_the_containers_own_and_control_characters_are_not_shown()
    {
        module.Run("New-Container $args[0] -Name named sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();
        module.Run("Invoke-ContainerCommand named -- sh -c 'echo bob:x:1234:1234::/: >> /etc/passwd'").Succeeded();
        module.Run("Invoke-ContainerCommand named -User 1234 -- sh -c 'tail -f /dev/null /dev/$0 >/dev/null 2>&1 & until [ $(cat /proc/$!/comm) = tail ]; do :; done' $args[0]", "\u001b[2J").Succeeded();

        Assert.Contains("bob", module.Run("(Get-ContainerProcess named).User").Succeeded().Lines);
        var text = string.Join('\n', module.Run("(Get-ContainerProcess named).ForEach({ [ContainerTools.DisplayText]::Process($_) })").Succeeded().Lines);
        Assert.Contains("tail -f /dev/null /dev/?[2J", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void Memory_is_told_apart_and_processor_use_is_measured_between_two_looks()
    {
        module.Run(
            "New-Container $args[0] -Name busy -Memory 200MB -PidsLimit 20 -Cpus 0.5 -- sh -c 'dd if=/dev/zero of=/file bs=1M count=40 2>/dev/null; x=$(dd if=/dev/zero bs=1M count=16 2>/dev/null | tr \"\\\\0\" x); echo ready; while true; do :; done' | Start-Container",
            ModuleFixture.Image).Succeeded();
        module.Run("foreach ($i in 1) { Get-ContainerLog busy -Follow | ForEach-Object { break } }").Succeeded();

        var use = module.Run("Get-ContainerStatistics busy -Interval 500ms").Succeeded().Single;

        long workingSet = use.MemoryWorkingSet, usage = use.MemoryUsage, charged = use.MemoryCharged;
        Assert.InRange((double)use.CpuPercent, 25, 75);
        Assert.Equal((0.5, 200L << 20, 20L), ((double)use.CpuLimit, (long)use.MemoryLimit, (long)use.PidsLimit));
        Assert.InRange(workingSet, 16L << 20, 100L << 20);
        Assert.InRange((long)use.MemoryCache, 39L << 20, 200L << 20);
        Assert.True(charged >= workingSet + (35L << 20), $"{charged} charged, {workingSet} working set");
        Assert.True(usage < charged && (long)use.MemoryPeak >= charged);
        Assert.True((TimeSpan)use.CpuTime > TimeSpan.Zero && (long)use.Pids >= 1);
        Assert.Equal(100.0 * usage / (200 << 20), (double)use.MemoryPercent, 3);
    }

    [Fact]
    public void Measuring_goes_on_until_the_reader_has_enough_or_nothing_runs()
    {
        module.Run("foreach ($n in 'c1', 'c2') { New-Container $args[0] -Name $n sleep 300 | Start-Container }", ModuleFixture.Image).Succeeded();

        var rows = module.Run("$n = 0; foreach ($i in 1) { Get-Container | Get-ContainerStatistics -Continuous -Interval 50ms | ForEach-Object { $_; if (++$n -eq 6) { break } } }").Succeeded().Output;
        Assert.Equal(["c1", "c2", "c1", "c2", "c1", "c2"], rows.Select(r => r.ToString()));
        Assert.Equal(2, rows.Select(r => r.Properties["Time"].Value).Cast<DateTimeOffset>().Count(t => t > ((DateTimeOffset)rows[3].Properties["Time"].Value)));

        module.Run("New-Container $args[0] -Name short sleep 1 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.All(module.Run("Get-ContainerStatistics short -Continuous -Interval 100ms").Succeeded().Lines, l => Assert.Equal("short", l));
        Assert.Equal(2, module.Run("Get-ContainerStatistics -Interval 20ms").Succeeded().Output.Count);
        module.Run("Get-ContainerStatistics short").FailedWith("ContainerNotRunning", ErrorCategory.InvalidOperation);
        module.Run("Get-ContainerStatistics c1 -Interval soon").FailedWith("ParameterArgumentTransformationError", ErrorCategory.InvalidData);
        module.Run("Get-ContainerStatistics c1 -Interval 1ms").FailedWith("InvalidInterval", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_is_piped_is_the_commands_standard_input()
    {
        module.Run("New-Container $args[0] -Name web sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();

        Assert.Equal(["x"], module.Run("'x' | Invoke-ContainerCommand web -Command cat").Succeeded().Lines);
        Assert.Equal(["3"], module.Run("1..3 | Invoke-ContainerCommand web -- wc -l").Succeeded().Lines.Select(l => l?.Trim()));
        Assert.Equal(["0"], module.Run("@() | Invoke-ContainerCommand web -- wc -c").Succeeded().Lines.Select(l => l?.Trim()));
        Assert.Equal(["414200ff0a"], module.Run("[byte[]](0x41, 0x42, 0, 255, 10) | Invoke-ContainerCommand web -- sh -c 'od -An -tx1 | tr -d \" \"'").Succeeded().Lines);
        Assert.Equal(["first", "x"], module.Run("'x' | Invoke-ContainerCommand web cat -StandardInput first").Succeeded().Lines);
        Assert.Equal(["20000"], module.Run("(1..20000 | Invoke-ContainerCommand web cat).Count").Succeeded().Lines);
        Assert.Equal(["1", "7"], module.Run("1..20000 | Invoke-ContainerCommand web -- sh -c 'head -n 1; exit 7'; $LASTEXITCODE").Succeeded().Lines);
        var apart = module.Run("'in' | Invoke-ContainerCommand web -- sh -c 'cat; echo err >&2'");
        Assert.Equal(["in"], apart.Lines);
        Assert.Equal(["err"], apart.Errors.Select(e => e.ToString()));

        // A line comes back before the next is given.
        Assert.Equal(["a", "saw a", "b", "saw b"], module.Run("""
            $script:seen = [Collections.Generic.List[string]]::new()
            & { foreach ($l in 'a', 'b') { $seen.Add($l); $l; $until = [DateTime]::Now.AddSeconds(5); while ($seen[-1] -eq $l -and [DateTime]::Now -lt $until) { , [byte[]]@() } } } |
                Invoke-ContainerCommand web -- cat | ForEach-Object { $seen.Add("saw $_") }
            $seen
            """).Succeeded().Lines);
    }

    [Fact]
    public void Piped_containers_are_where_the_command_runs()
    {
        module.Run("foreach ($n in 'c1', 'c2') { New-Container $args[0] -Name $n -HostName $n sleep 300 | Start-Container }", ModuleFixture.Image).Succeeded();

        Assert.Equal(["c1", "c2"], module.Run("Get-Container | Invoke-ContainerCommand hostname").Succeeded().Lines);
        Assert.Equal(["c1", "c2"], module.Run("Get-Container | Invoke-ContainerCommand -- sh -c hostname").Succeeded().Lines);
        Assert.Equal(["c2"], module.Run("'c2' | Invoke-ContainerCommand hostname").Succeeded().Lines);
        Assert.Equal(["c2", "c1"], module.Run("Invoke-ContainerCommand c2, (Get-Container c1) hostname").Succeeded().Lines);
        Assert.Equal(["x", "x"], module.Run("'x' | Invoke-ContainerCommand c1, c2 cat").Succeeded().Lines);
        Assert.Empty(module.Run("Get-Container none* | Invoke-ContainerCommand -- sh -c hostname").Succeeded().Output);
        Assert.Equal(["x", "x"], module.Run("'x' | Invoke-ContainerCommand c* cat").Succeeded().Lines);
        module.Run("'x' | Invoke-ContainerCommand none cat").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);
        module.Run("'x' | Invoke-ContainerCommand c1 cat -WhatIf").Succeeded();
        Assert.Equal(["127"], module.Run("'x' | Invoke-ContainerCommand c1 no-such-program 2>$null; $LASTEXITCODE").Lines);
        Assert.Equal(2, module.Run("Get-ContainerProcess").Succeeded().Output.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Runtime crun")]
    public void A_command_is_left_to_itself(string options)
    {
        module.Run($"New-Container $args[0] -Name alone -User user {options} sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.Empty(module.Run("Invoke-ContainerCommand alone -Detach -- sh -c 'echo lost; while [ ! -e /tmp/go ]; do sleep 0.02; done; id -u > /tmp/who; exit 7'").Succeeded().Output);
        Assert.Equal(["1000"], module.Run("Invoke-ContainerCommand alone -- sh -c 'touch /tmp/go; while [ ! -s /tmp/who ]; do sleep 0.02; done; cat /tmp/who'").Succeeded().Lines);
        module.Run("Get-Container alone | Invoke-ContainerCommand -Detach -- nosuch").FailedWith("CommandNotFound", ErrorCategory.ObjectNotFound);
        module.Run("Invoke-ContainerCommand alone -Detach -Terminal true").FailedWith("DetachConflict", ErrorCategory.InvalidArgument);
        Assert.Equal(["125"], module.Run("$global:LASTEXITCODE = 9; try { Invoke-ContainerCommand alone -Detach -Terminal true } catch { }; $LASTEXITCODE").Lines);
        module.Run("Remove-Container alone -Force").Succeeded();
    }

    [Fact]
    public void A_command_can_have_a_terminal_whose_lines_are_the_output()
    {
        module.Run("New-Container $args[0] -Name web sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();

        Assert.Equal(["/dev/pts/0", "24 80", "err"], module.Run("Invoke-ContainerCommand web -Terminal -- sh -c 'tty; stty size; echo err >&2'").Succeeded().Lines);
        Assert.Equal(["not a tty"], module.Run("Invoke-ContainerCommand web tty").Lines);
        Assert.Equal(["xterm-test"], module.Run("Invoke-ContainerCommand web -Terminal -Environment TERM=xterm-test -- sh -c 'echo $TERM'").Succeeded().Lines);
        var typed = module.Run("'echo $((6 * 7))', 'exit 3' | Invoke-ContainerCommand web -Terminal -- sh; $LASTEXITCODE");
        Assert.Contains("42", typed.Succeeded().Lines);
        Assert.Equal("3", typed.Lines[^1]);
        Assert.Equal(["abc", "abc"], module.Run("'abc' | Invoke-ContainerCommand web -Terminal -- cat").Succeeded().Lines);
        Assert.Equal(["20000"], module.Run("(Invoke-ContainerCommand web -Terminal -- seq 20000).Count").Succeeded().Lines);
        Assert.Equal(["127"], module.Run("Invoke-ContainerCommand web -Terminal no-such-program 2>$null; $LASTEXITCODE").Lines);
        module.Run("Invoke-ContainerCommand web -Terminal no-such-program").FailedWith("CommandNotFound", ErrorCategory.ObjectNotFound);
        module.Run("Enter-Container web").FailedWith("TerminalMissing", ErrorCategory.InvalidOperation);
        module.Run("Enter-Container web -DetachKeys ctrl-1").FailedWith("InvalidDetachKeys", ErrorCategory.InvalidArgument);
        Assert.Single(module.Run("Get-ContainerProcess web").Succeeded().Output);
    }

    [Fact]
    public void Standard_input_of_a_container_is_fed()
    {
        Assert.Equal(["a", "b"], module.Run("'b', 'a' | Invoke-Container $args[0] -Interactive -- sort", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["one", "in", "5"], module.Run("New-Container $args[0] -Interactive -- sh -c 'echo one; cat; exit 5' | Start-Container -Attach -StandardInput in; $LASTEXITCODE", ModuleFixture.Image).Succeeded().Lines);
        module.Run("New-Container $args[0] -Name deaf true | Start-Container -Attach -StandardInput in", ModuleFixture.Image).FailedWith("ContainerNotInteractive", ErrorCategory.InvalidArgument);
        module.Run("Invoke-Container $args[0] -Interactive -Terminal true", ModuleFixture.Image).FailedWith("TerminalMissing", ErrorCategory.InvalidOperation);
    }

    [Fact]
    public void A_container_that_runs_is_fed_and_shown_from_now_on()
    {
        Assert.Equal(["two", "4"], module.Run("$c = New-Container $args[0] -Name shown -- sh -c 'echo one; while [ ! -e /go ]; do sleep 0.05; done; echo two; exit 4' | Start-Container -PassThru; "
            + "while (-not (Get-ContainerLog shown)) { [Threading.Thread]::Sleep(50) }; Invoke-ContainerCommand shown -- sh -c '(sleep 1; touch /go) >/dev/null 2>&1 &'; Start-Container shown -Attach; $LASTEXITCODE", ModuleFixture.Image).Succeeded().Lines);
        // Before and after the monitor has begun anew.
        Assert.Equal(["a", "b", "c", "5"], module.Run("New-Container $args[0] -Name fed -Interactive -- sh -c 'head -n 3; exit 5' | Start-Container; "
            + "Start-Container fed -Attach -StandardInput a, b, c; $LASTEXITCODE", ModuleFixture.Image).Succeeded().Lines);
        Assert.Equal(["a", "b", "0"], module.Run("New-Container $args[0] -Name toend -Interactive cat | Start-Container; Start-Container toend -Attach -StandardInput a, b; $LASTEXITCODE", ModuleFixture.Image).Succeeded().Lines);
        module.Run("Start-Container fed; [Threading.Thread]::Sleep(2000); Start-Container fed -Attach -StandardInput a, b, c; $LASTEXITCODE").Succeeded();
        Assert.Equal(["a", "b", "c"], module.Run("@((Get-ContainerLog fed).Message)[-3..-1]").Succeeded().Lines);
        module.Run("New-Container $args[0] -Name taken -Interactive -- sleep 60 | Start-Container; Suspend-Container taken; Start-Container taken -Attach", ModuleFixture.Image).FailedWith("ContainerPaused", ErrorCategory.InvalidOperation);
        Assert.Equal(["a", "b"], module.Run("'b', 'a' | Invoke-Container $args[0] -Interactive -Runtime crun -- sort", ModuleFixture.Image).Succeeded().Lines);
    }
}
