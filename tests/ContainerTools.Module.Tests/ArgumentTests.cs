using System.Management.Automation;

namespace ContainerTools.Module.Tests;

/// <summary>What people type without quotes.</summary>
[Collection(ModuleCollection.Name)]
public sealed class ArgumentTests : IDisposable
{
    private const string Known = "the image";

    private readonly ModuleFixture _module;

    public ArgumentTests(ModuleFixture module) => _module = module;

    public void Dispose() => _module.Clean();

    [Theory]
    [InlineData("-StopTimeout 1d", 86400)]
    [InlineData("-StopTimeout:2d", 172800)]
    [InlineData("-StopTimeout 5s", 5)]
    [InlineData("-StopTimeout 1.5d", 129600)]
    [InlineData("-StopTimeout '1d'", 86400)]
    [InlineData("-StopTimeout 90", 90)]
    [InlineData("-StopTimeout 1e2", 100)]
    [InlineData("-StopTimeout 0x10", 16)]
    [InlineData("-StopTimeout ([double] 2.5)", 2.5)]
    [InlineData("-StopTimeout 2m", 120)]
    [InlineData("-StopTimeout 1.00:00:00", 86400)]
    public void A_duration_is_what_is_typed(string argument, double seconds) =>
        Assert.Equal(seconds, ((TimeSpan)_module.Run($"New-Container $args[0] {argument}", ModuleFixture.Image).Succeeded().Single.StopTimeout).TotalSeconds);

    [Theory]
    [InlineData("New-Container test/busybox:1 -StopTimeout ([decimal] 7)")]
    [InlineData("$week = 7d; Optimize-ContainerStorage -OlderThan $week")]
    [InlineData("New-Container test/busybox:1 -StopTimeout 3y")]
    [InlineData("New-Container test/busybox:1 -StopTimeout 1l")]
    [InlineData("New-Container test/busybox:1 -StopTimeout 1kb")]
    [InlineData("New-Container test/busybox:1 -StopTimeout 99999999d")]
    [InlineData("New-Container test/busybox:1 -StopTimeout ([datetime]::Now)")]
    [InlineData("Get-ContainerLog x -Since ([decimal] 7)")]
    [InlineData("New-Container test/busybox:1 -Memory 64d")]
    [InlineData("New-Container test/busybox:1 -Memory 64s")]
    [InlineData("New-Container test/busybox:1 -Memory ([datetime]::Now)")]
    [InlineData("New-Container test/busybox:1 -Memory 1e30")]
    public void A_number_that_may_mean_something_else_is_refused(string script)
    {
        _module.Run(script).FailedWith("ParameterArgumentTransformationError", ErrorCategory.InvalidData);
        Assert.Empty(_module.Run("Get-Container").Succeeded().Output);
    }

    [Fact]
    public void Every_duration_takes_days()
    {
        dynamic container = _module.Run("New-Container $args[0] -Name c -HealthCommand true -HealthInterval 2d -HealthTimeout 1d -HealthStartPeriod 3d sleep 60 | Start-Container -PassThru", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal(TimeSpan.FromDays(2), (TimeSpan)container.HealthCheck.Interval);
        Assert.Equal(TimeSpan.FromDays(1), (TimeSpan)container.HealthCheck.Timeout);
        Assert.Equal(TimeSpan.FromDays(3), (TimeSpan)container.HealthCheck.StartPeriod);
        _module.Run("Set-Container c -StopTimeout 1d").Succeeded();
        Assert.Equal(TimeSpan.FromDays(1), (TimeSpan)_module.Run("Get-Container c").Succeeded().Single.StopTimeout);
        _module.Run("Invoke-ContainerCommand c -- sh -c 'echo one > /proc/1/fd/1'").Succeeded();
        Assert.Single(_module.Run("Get-ContainerLog c -Since 1d").Succeeded().Output);
        Assert.Single(_module.Run("Get-ContainerLog c -Since 500s").Succeeded().Output);
        Assert.Single(_module.Run("Get-ContainerLog c -Since 500").Succeeded().Output);
        Assert.Single(_module.Run("Get-ContainerLog c -Since 999999d").Succeeded().Output);
        Assert.Empty(_module.Run("Get-ContainerLog c -Until 1d").Succeeded().Output);
        Assert.Single(_module.Run("Get-Container c | Get-ContainerEvent -Since 1d -Until 0s -Action Update").Succeeded().Output);
        _module.Run("Stop-Container c -Timeout 1s").Succeeded();
        Assert.Empty(_module.Run("Optimize-ContainerStorage -StoppedContainer -OlderThan 1d").Succeeded().Output);
        Assert.Single(_module.Run("Wait-Container c -Timeout 1d").Succeeded().Output);
    }

    [Theory]
    [InlineData("64m", 64L << 20)]
    [InlineData("64mb", 64L << 20)]
    [InlineData("65536kb", 64L << 20)]
    [InlineData("1g", 1L << 30)]
    [InlineData("0.5gb", 1L << 29)]
    [InlineData("([decimal] 67108864)", 64L << 20)]
    public void A_size_is_what_is_typed(string size, long bytes) =>
        Assert.Equal(bytes, (long)_module.Run($"New-Container $args[0] -Memory {size}", ModuleFixture.Image).Succeeded().Single.Memory);

    [Fact]
    public void The_beginning_of_an_id_may_look_like_a_number()
    {
        foreach (string id in (string[])["7d", "12", "1e5", "0755"])
            Assert.Contains($"'{id}'", _module.Run($"Get-Container {id}").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound).ToString(), StringComparison.Ordinal);
        // Here 07 and 7 are the same number.
        _module.Run("Remove-Container 7, 8").FailedWith("ParameterArgumentTransformationError", ErrorCategory.InvalidData);
    }

    [Fact]
    public void Mounts_need_no_quotes()
    {
        string source = Path.Combine(_module.Store.Scratch, "mounted");
        Directory.CreateDirectory(source);
        const string Show = "ForEach-Object Mounts | ForEach-Object { \"$($_.Destination) $($_.Kind) $($_.ReadOnly) $($_.Options)\".TrimEnd() }";
        IEnumerable<string?> Mounts(string arguments) => _module.Run($"New-Container $args[0] {arguments} | {Show}", ModuleFixture.Image, source).Succeeded().Lines.Order(StringComparer.Ordinal);
        Assert.Equal(
            ["/anonymous Volume False", "/b Bind True", "/data Volume True", "/run TmpFs False size=2m mode=755", "/t TmpFs False size=1m mode=0700", "/tmp TmpFs False"],
            Mounts("-Mount type=bind,source=$($args[1]),target=/b,readonly,type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=0700 -TmpFs /run:size=2m,mode=755,/tmp -Volume data:/data:ro,nocopy,/anonymous"));
        Assert.Equal(["/a TmpFs False", "/b TmpFs False"], Mounts("-Mount 'type=tmpfs,dst=/a', 'type=tmpfs,dst=/b'"));
        Assert.Equal(["/a Volume False", "/b TmpFs False"], Mounts("-Mount target=/a,'type=tmpfs,target=/b'"));
        var error = _module.Run("New-Container $args[0] -Mount type=tmpfs,target=/a,target=/b", ModuleFixture.Image).FailedWith("MountAmbiguous", ErrorCategory.InvalidArgument);
        Assert.Contains("quotes", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_texts_with_commas_need_no_quotes()
    {
        dynamic container = _module.Run("New-Container $args[0] -CpuSet 0,0 -UserNamespace keep-id:uid=1000,gid=1000", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal("0,0", (string)container.CpuSet);
        Assert.Equal("0-0,0", (string)_module.Run("Set-Container $args[0] -CpuSet 0-0,0 -PassThru", (string)container.Id).Succeeded().Single.CpuSet);
        Assert.Equal("0", (string)_module.Run("New-Container $args[0] -CpuSet 0", ModuleFixture.Image).Succeeded().Single.CpuSet);
    }

    [Fact]
    public void Words_of_a_command_are_those_that_a_program_would_get()
    {
        const string Echo = "sh -c 'for i; do echo \"[$i]\"; done' sh";
        string[] expected = ["[a]", "[]", "[1d]", "[b]", "[c]"];
        Assert.Equal(expected, _module.Run($"$none = $null; Invoke-Container $args[0] -- {Echo} a $none '' 1d $null @('b', $null, 'c')", ModuleFixture.Image).Succeeded().Lines);
        _module.Run("New-Container $args[0] -Name c -Command sleep, $null, 60 | Start-Container", ModuleFixture.Image).Succeeded();
        Assert.Equal(["sleep", "60"], (IReadOnlyList<string>)_module.Run("Get-Container c").Succeeded().Single.Command);
        Assert.Equal(expected, _module.Run($"Invoke-ContainerCommand c -- {Echo} a $null '' 1d $null @('b', $null, 'c')").Succeeded().Lines);
        foreach (string command in (string[])["Invoke-Container test/busybox:1", "Invoke-ContainerCommand c"])
        {
            Assert.Equal(["[-o]", "[pid,args]", "[x]", "[b]", "[c]"], _module.Run($"$list = 'b', 'c'; {command} -- {Echo} -o pid,args x $list").Succeeded().Lines);
            Assert.Equal(["[-o]", "[pid,args]"], _module.Run($"{command} -- `\n{Echo} `\n-o pid,args").Succeeded().Lines);
        }
        _module.Run("Invoke-ContainerCommand c $null").FailedWith("CommandMissing", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void Null_is_nothing_in_a_list() => _module.Run(
        "New-Container $args[0] -Volume $null, data:/data -Mount $null -TmpFs $null -Dns $null -CapabilityAdd $null -CapabilityDrop $null -HostEntry $null -Ulimit $null -SecurityOption $null -Device $null -GroupAdd $null -EnvironmentFile $null true",
        ModuleFixture.Image).Succeeded();

    [Fact]
    public void What_is_piped_without_Interactive_is_one_error_that_names_it()
    {
        foreach (string piped in (string[])["'b', 'a'", "1..3", ",[byte[]](1, 2)"])
        {
            var error = _module.Run($"{piped} | Invoke-Container $args[0] -- sort", ModuleFixture.Image).FailedWith("InteractiveMissing", ErrorCategory.InvalidArgument);
            Assert.Contains("-Interactive", error.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty(_module.Run("Get-Container").Succeeded().Output);
    }

    [Fact]
    public void A_limit_can_be_none()
    {
        dynamic container = _module.Run("New-Container $args[0] -Name c -Memory 64MB sleep 60 | Start-Container -PassThru", ModuleFixture.Image).Succeeded().Single;
        Assert.Equal(64L << 20, (long)container.Memory);
        dynamic changed = _module.Run("Set-Container c -Memory 0 -MemorySwap -1 -PassThru").Succeeded().Single;
        Assert.Null(changed.Memory);
        Assert.Null(changed.MemorySwap);
        dynamic made = _module.Run("New-Container $args[0] -Memory 0 -MemorySwap -1 -Cpus 0 -PidsLimit 0", ModuleFixture.Image).Succeeded().Single;
        Assert.Null(made.Memory);
        Assert.Null(made.MemorySwap);
        Assert.Null(made.Cpus);
        Assert.Null(made.PidsLimit);
        _module.Run("Set-Container c").FailedWith("NothingToChange", ErrorCategory.InvalidArgument);
    }

    [Theory]
    [InlineData("[pscustomobject]@{ Name = 'bag' } | Get-Container", "bag")]
    [InlineData("[pscustomobject]@{ Id = (Get-Container bag).Id; Name = 'renamed since' } | Get-Container", "bag")]
    [InlineData("[pscustomobject]@{ Id = 5; Name = 'bag' } | Get-Container", "bag")]
    [InlineData("Get-Container bag | ForEach-Object { $_.PSObject.Copy() } | Get-Container", "bag")]
    [InlineData("$copy = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Get-Container bag))); $copy | Get-Container; Get-Container $copy, $copy", "bag bag bag")]
    [InlineData("[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Get-Image $args[0]))) | Get-Image", Known)]
    [InlineData("([pscustomobject]@{ Id = (Get-Image $args[0]).Id } | Get-Image).Id -eq (Get-Image $args[0]).Id", "True")]
    [InlineData("([pscustomobject]@{ Image = $args[0]; Name = 'row'; Reference = 'a:1'; Id = 'abcdefabcdef' } | New-Container -Command true).Name", "row")]
    [InlineData("$null = New-Volume bagged; [pscustomobject]@{ Name = 'bagged' } | Get-Volume", "bagged")]
    [InlineData("[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Get-ContainerNetwork bridge))) | Get-ContainerNetwork", "bridge")]
    public void What_is_left_of_an_object_stands_for_it(string statement, string expected)
    {
        _module.Run("$null = New-Container $args[0] -Name bag true", ModuleFixture.Image).Succeeded();

        Assert.Equal(expected == Known ? _module.Run("Get-Image $args[0]", ModuleFixture.Image).Lines : expected.Split(' '), _module.Run(statement, ModuleFixture.Image).Succeeded().Lines);
    }

    [Theory]
    [InlineData("[System.Diagnostics.Process]::GetCurrentProcess() | Get-Container")]
    [InlineData("[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize([System.Diagnostics.Process]::GetCurrentProcess())) | Get-Container")]
    [InlineData("[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize((Get-ContainerNetwork bridge))) | Get-Container")]
    [InlineData("Get-Container ([pscustomobject]@{ Title = 'bag' })")]
    [InlineData("Get-Container @{ Name = 'bag' }")]
    public void What_is_left_of_something_else_does_not(string statement) => Assert.NotEmpty(_module.Run(statement).Errors);
}
