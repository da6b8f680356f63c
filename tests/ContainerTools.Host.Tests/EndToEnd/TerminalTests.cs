using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

[Collection(MachineCollection.Name)]
public sealed class TerminalTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public TerminalTests()
    {
        var archive = Path.Combine(_store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive, "busybox:latest");
        HostShell.Run(_store, $"$null = Import-Image '{archive}' -Name test/busybox:1; New-Container test/busybox:1 -Name web sleep 300 | Start-Container").Succeeded();
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_container_is_entered_as_a_machine_by_ssh()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "Enter-Container web; \"first $LASTEXITCODE\"; Enter-Container web -User 1000 -WorkingDirectory /tmp -Environment A=b; \"second $LASTEXITCODE\"",
            // The window's size, and that it is followed.
            ("# ", "stty size; echo $TERM; tty\r"),
            ("30 100", ""),
            ("xterm", ""),
            ("/dev/pts/", ""),
            ("# ", new[] { 41, 123 }),
            ("# ", "stty size\r"),
            ("41 123", ""),
            // Ctrl+C interrupts there and not here.
            ("# ", "echo sl''eeps; sleep 300\r"),
            ("sleeps", "\u0003"),
            ("# ", "echo code=$?\r"),
            ("code=130", ""),
            ("# ", "exit 7\r"),
            ("first 7", ""),
            // Ctrl+D ends the shell.
            ("$ ", "echo $(id -u) $PWD $A\r"),
            ("1000 /tmp b", ""),
            ("$ ", "\u0004"),
            ("second 0", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Fact]
    public void Detach_keys_leave_the_container_and_the_terminal_as_it_was()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "stty -a; Enter-Container web; 'left'; stty -a; Enter-Container web -DetachKeys 'ctrl-],x'; 'again'; (Get-ContainerProcess web).CommandLine -join ' '",
            ("# ", "echo a\u0010b\r"),
            ("b", ""),
            ("# ", "\u0010\u0011"),
            ("left", ""),
            ("# ", "echo \u0010\u0011y\r"),
            ("y", ""),
            ("# ", "\u001dx"),
            ("again", ""),
            ("sleep 300", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        var modes = result.Lines.Where(l => l.Contains("icanon", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, modes.Count);
        Assert.Equal(modes[0], modes[1]);
    }

    [Fact]
    public void A_command_with_a_terminal_is_worked_with_in_this_one()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "Invoke-ContainerCommand web -Terminal -- sh -c 'read -p name: n; echo hello $n; exit 4'; \"code $LASTEXITCODE\"",
            ("name:", "world\r"),
            ("hello world", ""),
            ("code 4", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Fact]
    public void A_container_of_its_own_is_worked_with_in_this_terminal()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "Invoke-Container test/busybox:1 -Interactive -Terminal -Name own sh; \"code $LASTEXITCODE\"; @(Get-Container own*).Count; 'end'",
            ("# ", "stty size; echo $TERM; tty\r"),
            ("30 100", ""),
            ("xterm", ""),
            ("/dev/", ""),
            ("# ", new[] { 41, 123 }),
            ("# ", "stty size\r"),
            ("41 123", ""),
            ("# ", "echo sl''eeps; sleep 300\r"),
            ("sleeps", "\u0003"),
            // After the monitor has begun anew.
            ("# ", "sleep 2; echo la''ter\r"),
            ("later", ""),
            ("# ", "sh -c 'exit 7'\r"),
            ("# ", "\u0004"),
            ("code 7", ""),
            ("0", ""),
            ("end", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Fact]
    public void A_container_left_by_the_detach_keys_runs_on()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "New-Container test/busybox:1 -Interactive -Terminal -Name own sh | Start-Container -Attach -DetachKeys 'ctrl-],x'; 'left'; (Get-Container own).State; Stop-Container own -Timeout 0; Get-ContainerLog own | Out-String; 'end'",
            ("# ", "echo lo''gged\r"),
            ("logged", ""),
            ("# ", "\u001dx"),
            ("left", ""),
            ("Running", ""),
            ("logged", ""),
            ("end", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Fact]
    public void A_container_that_was_left_while_it_writes_runs_on_and_is_logged()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "New-Container test/busybox:1 -Interactive -Terminal -Name own -- sh -c 'while true; do echo tick; sleep 0.1; done' | Start-Container -Attach; 'left'; $before = @(Get-ContainerLog own).Count; "
            // Longer than the monitor's first image lives.
            + "Start-Sleep 2; (Get-Container own).State; @(Get-ContainerLog own).Count -gt $before; Stop-Container own -Timeout 0; 'end'",
            ("tick", "\u0010\u0011"),
            ("left", ""),
            ("Running", ""),
            ("True", ""),
            ("end", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Fact]
    public void A_container_that_runs_is_worked_with_again()
    {
        var result = HostShell.RunInTerminal(
            _store,
            "$null = New-Container test/busybox:1 -Interactive -Terminal -Name own sh | Start-Container; "
            // Nobody was there at its start; then somebody before, and somebody after the monitor has begun anew.
            + "Start-Container own -Attach; 'left'; Start-Sleep 2; Start-Container own -Attach; \"code $LASTEXITCODE $((Get-Container own).State)\"",
            ("# ", "stty size; x=ke''pt\r"),
            ("30 100", ""),
            ("# ", "\u0010\u0011"),
            ("left", ""),
            // The prompt stood there before: a new size makes the shell draw it.
            ("# ", "echo $x; exit 7\r"),
            ("kept", ""),
            ("code 7 Exited", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public void Another_runtimes_container_has_a_terminal_too(string runtime)
    {
        var result = HostShell.RunInTerminal(
            _store,
            $"New-Container test/busybox:1 -Interactive -Terminal -Runtime {runtime} -Name other sh | Start-Container -Attach; 'left'; Start-Container other -Attach; \"code $LASTEXITCODE\"; Remove-Container other",
            ("# ", "stty size; tty; x=ke''pt\r"),
            ("30 100", ""),
            ("/dev/", ""),
            ("# ", "\u0010\u0011"),
            ("left", ""),
            ("# ", "echo $x; exit 7\r"),
            ("kept", ""),
            ("code 7", ""));

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        Assert.DoesNotContain(_store.Leftovers(), left => left.Contains(runtime, StringComparison.Ordinal));
    }
}
