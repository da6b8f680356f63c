using System.Management.Automation;

namespace ContainerTools.Module.Tests;

/// <summary>Exit codes and output of what Invoke-Container and Invoke-ContainerCommand run.</summary>
[Collection(ModuleCollection.Name)]
public sealed class CommandOutputTests : IDisposable
{
    // All bytes, and enough of them for several messages.
    private const string AllBytes = "i=0; while [ $i -lt 256 ]; do printf \"\\\\$(printf %03o $i)\"; i=$((i+1)); done; dd if=/dev/zero bs=1024 count=300 2>/dev/null";

    private readonly ModuleFixture _module;
    private readonly string _file;

    public CommandOutputTests(ModuleFixture module) => (_module, _file) = (module, Path.Combine(module.Store.Scratch, "output"));

    public void Dispose()
    {
        File.Delete(_file);
        _module.Clean();
    }

    [Theory]
    [InlineData("Invoke-Container no/such:1 true", 125)]
    [InlineData("Invoke-Container test/busybox:1 -Volume a:b:c:d true", 125)]
    [InlineData("Invoke-Container test/busybox:1 nosuch", 127)]
    [InlineData("Invoke-Container test/busybox:1 /etc", 126)]
    [InlineData("Invoke-Container", 125)]
    [InlineData("'x' | Invoke-Container test/busybox:1 cat", 125)]
    [InlineData("Invoke-ContainerCommand nothing true", 125)]
    [InlineData("Invoke-ContainerCommand idle true", 125)]
    [InlineData("Invoke-ContainerCommand idle", 125)]
    [InlineData("Invoke-ContainerCommand runs nosuch", 127)]
    [InlineData("Invoke-ContainerCommand runs /etc", 126)]
    [InlineData("Invoke-ContainerCommand runs -WorkingDirectory /no/such true", 125)]
    [InlineData("Start-Container nothing -Attach", 125)]
    public void What_cannot_be_run_has_an_exit_code_too(string script, int exitCode)
    {
        _module.Run("New-Container $args[0] -Name idle true; New-Container $args[0] -Name runs sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.Equal([$"{exitCode}"], _module.Run($"$global:LASTEXITCODE = 0; try {{ {script} }} catch {{ }}; $LASTEXITCODE").Lines);
    }

    [Theory]
    [InlineData("Invoke-Container test/busybox:1 -- sh -c 'echo started; sleep 300'")]
    [InlineData("Invoke-ContainerCommand runs -- sh -c 'echo started; sleep 300'")]
    [InlineData("Invoke-Container test/busybox:1 -AsByteStream -- sh -c 'echo started; sleep 300'")]
    public void What_is_stopped_ends_with_130(string script)
    {
        _module.Run("New-Container $args[0] -Name runs sleep 60 | Start-Container; $global:LASTEXITCODE = 0", ModuleFixture.Image).Succeeded();
        using var shell = _module.Create(script);
        var output = new PSDataCollection<PSObject>();
        using var started = new ManualResetEventSlim();
        output.DataAdded += (_, _) => started.Set();
        var running = shell.BeginInvoke<PSObject, PSObject>(null, output);
        Assert.True(started.Wait(TimeSpan.FromSeconds(30)));

        shell.Stop();

        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.Equal(["130"], _module.Run("$LASTEXITCODE").Lines);
    }

    [Fact]
    public void Bytes_come_as_they_are()
    {
        byte[] expected = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. new byte[300 * 1024]];
        _module.Run("New-Container $args[0] -Name runs sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        foreach (string command in (string[])["Invoke-Container test/busybox:1", "Invoke-ContainerCommand runs"])
        {
            var bytes = _module.Run($"[byte[]] $all = {command} -AsByteStream -- sh -c $args[0]; ,$all; $LASTEXITCODE", AllBytes + "; exit 3").Output;
            Assert.Equal(expected, (byte[])bytes[0].BaseObject);
            Assert.Equal(3, bytes[1].BaseObject);

            File.WriteAllText(_file, new string('x', 1 << 20));
            var result = _module.Run($"{command} -OutFile $args[0] -- sh -c $args[1]", _file, AllBytes + "; echo err >&2");
            Assert.Equal(["err"], result.Errors.Select(e => e.ToString()));
            Assert.Empty(result.Output);
            Assert.Equal(expected, File.ReadAllBytes(_file));

            _module.Run($"{command} -OutFile $args[0] true", _file).Succeeded();
            Assert.Empty(File.ReadAllBytes(_file));
        }
        Assert.Equal("c,b,a", string.Join(',', _module.Run("'a', 'b', 'c' | Invoke-Container $args[0] -Interactive -AsByteStream -- tac | ForEach-Object { [char] $_ }", ModuleFixture.Image)
            .Succeeded().Lines.Where(c => c != "\n")));
        Assert.Equal([104], _module.Run("'h' | Invoke-ContainerCommand runs -AsByteStream -- head -c 1").Succeeded().Output.Select(b => (int)(byte)b.BaseObject));
        Assert.Equal(["runs"], _module.Run("Get-Container").Succeeded().Output.Select(c => (string)c.Properties["Name"].Value));
    }

    [Fact]
    public void A_file_is_as_it_was_when_nothing_could_be_run()
    {
        _module.Run("Invoke-Container $args[0] -OutFile $args[1] nosuch", ModuleFixture.Image, _file).FailedWith("CommandNotFound", ErrorCategory.ObjectNotFound);
        Assert.False(File.Exists(_file));
        File.WriteAllText(_file, "before");
        _module.Run("Invoke-Container $args[0] -OutFile $args[1] nosuch", ModuleFixture.Image, _file).FailedWith("CommandNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal("before", File.ReadAllText(_file));
        _module.Run("Invoke-Container $args[0] -OutFile $args[1] true", ModuleFixture.Image, _module.Store.Scratch).FailedWith("OutFileFailed", ErrorCategory.NotSpecified);
        _module.Run("Invoke-Container $args[0] -OutFile $args[1] -AsByteStream true", ModuleFixture.Image, _file).FailedWith("OutputGivenTwice", ErrorCategory.InvalidArgument);
        Assert.Empty(_module.Run("Get-Container").Succeeded().Output);
    }

    [Fact]
    public void Abbreviations_do_not_take_a_commands_options()
    {
        _module.Run("New-Container $args[0] -Name runs sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        foreach (string command in (string[])["Invoke-Container test/busybox:1", "Invoke-ContainerCommand runs"])
        {
            _module.Run($"{command} ps -o pid").FailedWith("AmbiguousParameter", ErrorCategory.InvalidArgument);
            _module.Run($"{command} ls -a").FailedWith("AmbiguousParameter", ErrorCategory.InvalidArgument);
        }
    }

    [Fact]
    public void A_full_device_is_an_error_and_ends_the_command()
    {
        _module.Run("Invoke-Container $args[0] -OutFile /dev/full -- cat /dev/zero", ModuleFixture.Image).FailedWith("StorageFull", ErrorCategory.ResourceUnavailable);
        _module.Run("New-Container $args[0] -Name runs sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        _module.Run("Invoke-ContainerCommand runs -OutFile /dev/full -- cat /dev/zero").FailedWith("StorageFull", ErrorCategory.ResourceUnavailable);
    }

    [Fact]
    public void A_long_line_is_one_string()
    {
        const int Length = 3 << 20;
        string command = $"head -c {Length} /dev/zero | tr '\\0' x; echo; echo end";
        _module.Run("New-Container $args[0] -Name runs -- sh -c $args[1] | Start-Container -Attach | Out-Null", ModuleFixture.Image, $"{command}; sleep 0").Succeeded();
        Assert.Equal([Length, 3], _module.Run("Get-ContainerLog runs | ForEach-Object { $_.Message.Length }").Succeeded().Output.Select(n => (int)n.BaseObject));
        Assert.Equal([Length, 3], _module.Run("Invoke-Container $args[0] -- sh -c $args[1] | ForEach-Object Length", ModuleFixture.Image, command).Succeeded().Output.Select(n => (int)n.BaseObject));
        _module.Run("New-Container $args[0] -Name more sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.Equal([Length, 3], _module.Run("Invoke-ContainerCommand more -- sh -c $args[0] | ForEach-Object Length", command).Succeeded().Output.Select(n => (int)n.BaseObject));
    }

    [Fact]
    public void A_null_takes_a_variable_away()
    {
        _module.Run("New-Container $args[0] -Name runs -Environment A=1, B=2 sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.Equal(["B=2", "C="], _module.Run("Invoke-ContainerCommand runs -Environment @{ A = $null; C = '' } -- sh -c 'env | grep ^[ABC]= | sort'").Succeeded().Lines);
    }

    [Theory]
    [InlineData("Invoke-ContainerCommand failing -- sh -c 'echo out; exit 3'")]
    [InlineData("'in' | Invoke-ContainerCommand failing -- sh -c 'cat >/dev/null; echo out; exit 3'")]
    [InlineData("Invoke-Container test/busybox:1 -- sh -c 'echo out; exit 3'")]
    [InlineData("'in' | Invoke-Container test/busybox:1 -Interactive -- sh -c 'cat >/dev/null; echo out; exit 3'")]
    [InlineData("Invoke-Container test/busybox:1 -AsByteStream -- sh -c 'exit 3' | Out-Null; 'out'")]
    [InlineData("New-Container test/busybox:1 -- sh -c 'echo out; exit 3' | Start-Container -Attach")]
    public void A_command_that_fails_is_an_error_where_that_is_wished_of_native_ones(string statement)
    {
        _module.Run("New-Container $args[0] -Name failing sleep 60 | Start-Container", ModuleFixture.Image).Succeeded();
        const string Code = "; \"went on $LASTEXITCODE\"";

        Assert.Equal(["out", "went on 3"], _module.Run("$ErrorActionPreference = 'Stop'; " + statement + Code).Succeeded().Lines);
        _module.Run("$PSNativeCommandUseErrorActionPreference = $true; " + statement).FailedWith("ProgramExitedWithNonZeroCode", ErrorCategory.NotSpecified);
        Assert.Equal(["caught 3 3 sh"], _module.Run("$PSNativeCommandUseErrorActionPreference = $true; $ErrorActionPreference = 'Stop'; try { $null = . { " + statement + Code
            + " } } catch { \"caught $($_.Exception.ExitCode) $LASTEXITCODE $($_.TargetObject)\" }", ModuleFixture.Image).Succeeded().Lines);
        _module.Run("$PSNativeCommandUseErrorActionPreference = $true; $ErrorActionPreference = 'Stop'; " + statement.Replace("exit 3", "exit 0", StringComparison.Ordinal)).Succeeded();
        Assert.Single(_module.Run("Get-ContainerProcess").Succeeded().Output);
    }
}
