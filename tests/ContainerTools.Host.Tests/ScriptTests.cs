namespace ContainerTools.Host.Tests;

public sealed class ScriptTests
{
    [Fact]
    public void Arguments_bind_to_the_scripts_parameters()
    {
        const string script = "param([string] $Name, [int] $Count, [switch] $Loud, [Parameter(ValueFromRemainingArguments)] $Rest)\n\"$Name|$Count|$Loud|$($Rest -join ',')|$PSScriptRoot\"";

        var line = Assert.Single(Ctsh.RunScript("none", script, "-Name", "it's a name", "-Loud", "-Count", "3", "a b", "$HOME").Succeeded().Lines);

        Assert.StartsWith("it's a name|3|True|a b,$HOME|/", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_is_a_script()
    {
        Assert.Equal(["3", "x"], Ctsh.RunWithInput("none", "$a = 1\n$a + 2\n'x'\n").Succeeded().Lines);
        Assert.Equal(["5"], Ctsh.RunWithInput("none", "2 + 3", "-").Succeeded().Lines);
    }

    [Fact]
    public void The_module_is_loaded()
    {
        var result = Ctsh.Run("none", "-Command", "(Get-Command -Module ContainerTools).Count -gt 10; (Get-Command Save-Image).CommandType").Succeeded();
        Assert.Equal(["True", "Cmdlet"], result.Lines);
    }

    [Theory]
    [MemberData(nameof(Ctsh.Cmdlets), MemberType = typeof(Ctsh))]
    public void Streams_are_kept_apart(string? cmdlets)
    {
        const string script = """
            Write-Output 'output'
            Write-Host 'host'
            Write-Warning 'warning'
            Write-Verbose 'hidden'
            Write-Verbose 'verbose' -Verbose
            Write-Error 'error'
            (Write-Warning 'captured' 3>&1).Message
            /bin/sh -c 'echo native; echo native error >&2'
            'x' > "$PSScriptRoot/file"; 'y' >> "$PSScriptRoot/file"
            Get-Content "$PSScriptRoot/file"
            """;
        var result = Ctsh.RunScript(cmdlets, script);

        Assert.Equal(["output", "host", "captured", "native", "x", "y"], result.Lines);
        Assert.Contains("WARNING: warning", result.Error, StringComparison.Ordinal);
        Assert.Contains("VERBOSE: verbose", result.Error, StringComparison.Ordinal);
        Assert.Contains("native error", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupt_stops_the_pipeline_and_runs_finally()
    {
        const string script = "try { 'started'; [Console]::Out.Flush(); /bin/kill -INT $PID; Start-Sleep 30; 'not reached' } finally { 'cleaned up' }";
        var result = Ctsh.RunScript("none", script);

        Assert.Equal(["started", "cleaned up"], result.Lines);
        Assert.Equal(130, result.ExitCode);
    }

    [Fact]
    public void A_question_in_a_script_without_a_user_is_an_error_and_no_hang()
    {
        var result = Ctsh.Run("none", "-NonInteractive", "-Command", "Remove-Item /no/such/file -Confirm; Read-Host 'name'");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("not interactive", result.Error, StringComparison.Ordinal);
    }
}
