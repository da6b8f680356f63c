namespace ContainerTools.Host.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("exit", 0)]
    [InlineData("1", 0)]
    [InlineData("throw 'boom'", 1)]
    [InlineData("try { exit 6 } finally { 'cleaned up' }", 6)]
    [InlineData("function f { exit 4 }; f; 'not reached'", 4)]
    [InlineData("/bin/sh -c 'exit 5'; exit $LASTEXITCODE", 5)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Item /no/such/file", 1)]
    [InlineData("Write-Error 'bad'; 'goes on'", 0)]
    public void A_script_file_ends_with_its_exit_code(string script, int expected)
    {
        Assert.Equal(expected, Ctsh.RunScript("none", script).ExitCode);
    }

    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("1", 0)]
    [InlineData("/bin/false", 1)]
    [InlineData("/bin/true", 0)]
    [InlineData("Get-Item /no/such/file", 1)]
    [InlineData("Get-Item /no/such/file; 1", 0)]
    [InlineData("no-such-command", 1)]
    [InlineData("if (1) {", 1)]
    public void A_command_ends_with_1_when_its_last_part_failed(string command, int expected)
    {
        Assert.Equal(expected, Ctsh.Run("none", "-Command", command).ExitCode);
        Assert.Equal(expected, Ctsh.RunWithInput("none", command).ExitCode);
    }

    [Fact]
    public void Errors_go_to_standard_error_and_say_where()
    {
        var result = Ctsh.RunScript("none", "'before'\nthrow 'boom'\n'after'");

        Assert.Equal(["before"], result.Lines);
        Assert.Contains("boom", result.Error, StringComparison.Ordinal);
        Assert.Contains("a script.ps1:2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_that_wait_to_be_drawn_are_not_lost_at_exit()
    {
        var result = Ctsh.RunScript("none", "[pscustomobject]@{ Left = 1; Right = 2 }; exit 9");

        Assert.Equal(9, result.ExitCode);
        Assert.Contains("Left", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_run_is_said_before_anything_is()
    {
        var missing = Ctsh.Run("none", "/no/such/script.ps1");
        Assert.Equal(64, missing.ExitCode);
        Assert.Contains("/no/such/script.ps1", missing.Error, StringComparison.Ordinal);

        var unknown = Ctsh.Run("none", "-Nonsense");
        Assert.Equal(64, unknown.ExitCode);
        Assert.Contains("-Nonsense", unknown.Error, StringComparison.Ordinal);

        var noPowerShell = Ctsh.Run("/no/such/directory", "-Command", "1");
        Assert.Equal(70, noPowerShell.ExitCode);
        Assert.Contains("CONTAINERTOOLS_PWSH", noPowerShell.Error, StringComparison.Ordinal);
    }
}
