namespace ContainerTools.Host.Tests;

/// <summary>The standard cmdlets do the same whether they are the host's own or an installed pwsh's.</summary>
public sealed class CmdletTests
{
    [Theory]
    [MemberData(nameof(Ctsh.Cmdlets), MemberType = typeof(Ctsh))]
    public void Objects(string? cmdlets)
    {
        const string script = """
            $rows = 1..4 | ForEach-Object { [pscustomobject]@{ Name = "n$_"; Size = $_ * 10; Odd = [bool] ($_ % 2) } }
            ($rows | Select-Object -First 2 | ForEach-Object Name) -join ','
            ($rows | Select-Object -Last 1 -Property Name, @{ Name = 'Half'; Expression = { $_.Size / 2 } } | ForEach-Object { "$($_.Name)=$($_.Half)" })
            ($rows | Select-Object -ExpandProperty Size) -join ','
            ($rows | Select-Object -Skip 1 -First 2 | ForEach-Object Name) -join ','
            (1, 1, 2, 1 | Select-Object -Unique) -join ','
            ($rows | Sort-Object Odd, @{ Expression = 'Size'; Descending = $true } | ForEach-Object Name) -join ','
            (3, 1, 2 | Sort-Object -Descending) -join ','
            ('b', 'A', 'a' | Sort-Object -Unique) -join ','
            ($rows | Group-Object Odd | ForEach-Object { "$($_.Name):$($_.Count)" } | Sort-Object) -join ','
            ($rows | Measure-Object Size -Sum -Maximum | ForEach-Object { "$($_.Count),$($_.Sum),$($_.Maximum)" })
            1..1000000000 | Select-Object -First 1
            (New-Object System.Text.StringBuilder 'abc').Length
            (Measure-Command { 1 }).GetType().Name
            (Get-Variable rows -ValueOnly).Count
            """;
        Assert.Equal(
            ["n1,n2", "n4=20", "10,20,30,40", "n2,n3", "1,2", "n4,n2,n3,n1", "3,2,1", "A,b", "False:2,True:2", "4,100,40", "1", "3", "TimeSpan", "4"],
            Ctsh.RunScript(cmdlets, script).Succeeded().Lines);
    }

    [Theory]
    [MemberData(nameof(Ctsh.Cmdlets), MemberType = typeof(Ctsh))]
    public void Json(string? cmdlets)
    {
        const string script = """
            [ordered]@{ a = 1; b = @('x', $true, $null, 1.5); c = [ordered]@{ d = 'é<' } } | ConvertTo-Json -Compress
            , @() | ConvertTo-Json -Compress
            @{ a = @{ b = @{ c = @{ d = 1 } } } } | ConvertTo-Json -Depth 5 -Compress
            [DayOfWeek]::Monday | ConvertTo-Json -EnumsAsStrings
            $o = '{ "n": 12, "list": [1, "two"], "inner": { "t": true } }' | ConvertFrom-Json
            "$($o.n + 1) $($o.list[1]) $($o.inner.t)"
            ('{ "k": 1 }' | ConvertFrom-Json -AsHashtable).GetType().Name -match 'Hashtable'
            try { '{ nonsense' | ConvertFrom-Json -ErrorAction Stop } catch { 'refused' }
            """;
        Assert.Equal(
            ["""{"a":1,"b":["x",true,null,1.5],"c":{"d":"é<"}}""", "[]", """{"a":{"b":{"c":{"d":1}}}}""", "\"Monday\"", "13 two True", "True", "refused"],
            Ctsh.RunScript(cmdlets, script).Succeeded().Lines);
    }

    [Theory]
    [MemberData(nameof(Ctsh.Cmdlets), MemberType = typeof(Ctsh))]
    public void Formatting(string? cmdlets)
    {
        const string script = """
            $rows = [pscustomobject]@{ Name = 'one'; Size = 1 }, [pscustomobject]@{ Name = 'two'; Size = 22 }
            ($rows | Format-Table Name, @{ Label = 'Twice'; Expression = { $_.Size * 2 } } | Out-String).Trim() -split '\r?\n' | ForEach-Object { $_.TrimEnd() }
            ($rows[1] | Format-List | Out-String).Trim()
            ($rows | Out-String -Stream | Where-Object { $_ }).Count
            $rows[0] > "$PSScriptRoot/table"; (Get-Content -Raw "$PSScriptRoot/table") -match 'Name\s+Size'
            """;
        Assert.Equal(
            ["Name Twice", "---- -----", "one      2", "two     44", "Name : two", "Size : 22", "4", "True"],
            Ctsh.RunScript(cmdlets, script).Succeeded().Lines);
    }

    [Theory]
    [MemberData(nameof(Ctsh.Cmdlets), MemberType = typeof(Ctsh))]
    public void Files(string? cmdlets)
    {
        const string script = """
            Set-Location $PSScriptRoot
            (New-Item -ItemType Directory sub).Name
            Set-Content sub/a.txt 'one', 'two'; Add-Content sub/a.txt 'three'
            (Get-Content sub/a.txt) -join ','
            (Get-Content -Raw sub/a.txt).Length
            (Get-Content sub/a.txt -Tail 1)
            Copy-Item sub/a.txt sub/b.txt; Move-Item sub/b.txt sub/c.txt
            (Get-ChildItem sub | ForEach-Object Name) -join ','
            (Get-ChildItem . -Recurse -File | Sort-Object Name | ForEach-Object Name) -join ','
            "$(Test-Path sub) $(Test-Path sub -PathType Leaf) $(Test-Path nothing) $(Test-Path *.ps1)"
            Join-Path a b c
            "$(Split-Path /x/y.z) $(Split-Path -Leaf /x/y.z)"
            (Resolve-Path sub/../sub).Path -eq (Get-Item sub).FullName
            Push-Location sub; (Get-Location).Path -eq (Join-Path $PSScriptRoot sub); Pop-Location
            Remove-Item sub -Recurse; Test-Path sub
            $problem = $null; Get-Item nothing -ErrorAction SilentlyContinue -ErrorVariable problem; $problem[0].CategoryInfo.Category
            """;
        Assert.Equal(
            [
                "sub", "one,two,three", "14", "three", "a.txt,c.txt", "a script.ps1,a.txt,c.txt", "True False False True", "a/b/c", "/x y.z", "True", "True", "False",
                "ObjectNotFound",
            ],
            Ctsh.RunScript(cmdlets, script).Succeeded().Lines);
    }

    [Fact]
    public void An_installed_pwsh_lends_its_cmdlets_and_none_keeps_them_out()
    {
        const string where = "(Get-Command Write-Output).DLL";
        Assert.EndsWith("ctsh.dll", Ctsh.Run("none", "-Command", where).Succeeded().Output.Trim(), StringComparison.Ordinal);

        var version = TestSupport.Command.Run("sh", "-c", "command -v pwsh >/dev/null && pwsh --version || echo none").Output;
        var expected = version.Contains("PowerShell 7.6.", StringComparison.Ordinal) ? "Microsoft.PowerShell.Commands.Utility.dll" : "ctsh.dll";
        Assert.EndsWith(expected, Ctsh.Run(null, "-Command", where).Succeeded().Output.Trim(), StringComparison.Ordinal);
    }
}
