using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Rootless;

/// <summary>Containers of a user who is not root, from his shell, and what the host sees of them.</summary>
[Collection(MachineCollection.Name)]
public sealed class OrdinaryUserTests
{
    [Fact]
    public void HeDoesAllOfItWithHisRanges()
    {
        using var user = new OrdinaryUser();
        var archive = Archive(user);
        var result = user.Script($$"""
            $null = Import-Image '{{archive}}'
            (Get-ContainerHost).Rootless
            $null = New-Container busybox -Name one -Volume data:/home/user sleep 1000 | Start-Container
            Invoke-ContainerCommand one -- sh -c 'id -u; tr -s " " < /proc/self/uid_map; stat -c %u:%g /home/user; mkdir -m 700 /var/log/own; chown 33:33 /var/log/own; echo hello > /var/log/own/file; rm /etc/group; touch /home/user/here; chown 1000 /home/user/here; exit'
            Invoke-ContainerCommand one -User user -- id -un
            (Compare-Container one | ForEach-Object { "$($_.Kind) $($_.Path)" }) -join ','
            Copy-ContainerItem one:/var/log/own '{{user.Home}}/copied'; Get-Content '{{user.Home}}/copied/file'
            'sent' > '{{user.Home}}/sent'; Copy-ContainerItem '{{user.Home}}/sent' one:/var/log/own/; Invoke-ContainerCommand one -- stat -c '%u %a' /var/log/own/sent
            "pid $((Get-Container one).Pid)"; (Get-ContainerProcess one).Count
            $null = Get-Container one | New-Image -Tag mine:1
            Stop-Container one -Timeout 0; $null = Export-Container one '{{user.Home}}/c.tar'
            Invoke-Container mine:1 -- sh -c 'cat /var/log/own/file; stat -c %u /var/log/own; test -e /etc/group || echo removed'
            """).Succeeded();
        Assert.Equal(
            [
                "True", "0", "0 0 1", $"1 1 {OrdinaryUser.RangeSize}", "1000:1000", "user",
                "Modified /etc,Deleted /etc/group,Modified /var/log,Added /var/log/own,Added /var/log/own/file", "hello", "0 644",
            ],
            result.Lines.Take(9).Select(line => line.Trim()));
        Assert.Equal(["1", "hello", "33", "removed"], result.Lines.Skip(10));
        Assert.Equal(user.Name, Command.Run("stat", "-c", "%U", Path.Combine(user.Home, "copied/file")).Succeeded().Output.Trim());
        Assert.Contains("33/33", Command.Run("tar", "--numeric-owner", "-tvf", Path.Combine(user.Home, "c.tar"), "var/log/own").Succeeded().Output, StringComparison.Ordinal);
        // What is user 1000 inside is the thousandth id of his range on the disk: 0 inside is he himself.
        Assert.Equal($"{OrdinaryUser.FirstRangeId + 999}", Command.Run("stat", "-c", "%u", Path.Combine(user.Store.Root, "volumes/data/_data/here")).Succeeded().Output.Trim());
        user.Script("Remove-Container *; Remove-Volume data; Remove-Image mine:1; Remove-Image busybox; Optimize-ContainerStorage -Confirm:$false").Succeeded();
        foreach (var directory in new[] { "containers", "volumes", "layers" })
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(user.Store.Root, directory)));
        }
    }

    [Fact]
    public void HisContainersComeBackAfterABoot()
    {
        using var user = new OrdinaryUser();
        var boot = $"& '{RepositoryPaths.Ctrun}' boot --store '{user.Store.Root}' --run '{user.Store.RunRoot}'";
        Assert.Equal(["one has ended", "two has ended", "Exited,Exited", "one runs", "two runs", "Running,Running"], Lines($$"""
            $null = Import-Image '{{Archive(user)}}'
            foreach ($name in 'one', 'two') { New-Container busybox -Name $name -Network none -UserNamespace ($name -eq 'one' ? 'auto' : 'keep-id') -RestartPolicy unless-stopped -Volume data:/data sleep 1000 | Start-Container }
            $null = New-Container busybox -Name stopped -Network none -RestartPolicy unless-stopped sleep 1000 | Start-Container -PassThru | Stop-Container -Timeout 0
            {{boot}} --stop | Sort-Object
            (Get-Container one, two).State -join ','
            {{boot}} | Sort-Object
            (Get-Container one, two).State -join ','
            """));
        // The power goes: no process of his is left, and his run directory lies in memory.
        Command.Run("pkill", "-9", "-u", user.Name);
        Assert.True(SpinWait.SpinUntil(() => user.Processes().All(line => line.Contains("<defunct>", StringComparison.Ordinal)), 10_000));
        foreach (var entry in new DirectoryInfo(user.Store.RunRoot).EnumerateFileSystemInfos())
        {
            Command.Run("rm", "-rf", entry.FullName).Succeeded();
        }
        Assert.Equal(["one runs", "two runs", "Running,Running,Exited", "0 /data"], Lines($$"""
            {{boot}} | Sort-Object
            (Get-Container one, two, stopped).State -join ','
            Invoke-ContainerCommand one -- sh -c 'echo $(id -u) $(ls -d /data)'
            Get-Container | Remove-Container -Force
            Remove-Volume data
            """));

        // Without the ids.
        string[] Lines(string script) => [.. user.Script(script).Succeeded().Lines.Select(line => System.Text.RegularExpressions.Regex.Replace(line, @" \([0-9a-f]{12}\)", ""))];
    }

    [Fact]
    public void HisBuildsMountFilesAndKeepCachesOfAnyOwner()
    {
        using var user = new OrdinaryUser();
        var result = user.Script($$"""
            $null = Import-Image '{{Archive(user)}}'
            $null = New-Item -ItemType Directory '{{user.Home}}/context'
            Set-Content '{{user.Home}}/context/in' 'from the context'
            Set-Content '{{user.Home}}/context/Containerfile' 'FROM busybox', 'RUN --mount=type=bind,source=in,target=/in --mount=type=cache,target=/kept cat /in > /out; mkdir -m 700 /kept/own; touch /kept/own/x; chown -R 5:6 /kept/own'
            $null = Build-Image '{{user.Home}}/context' -Tag built:1 -Network none
            Invoke-Container built:1 -- cat /out
            (Get-ContainerDiskUsage BuildCache).Items.Names -like 'cache mount*'
            Optimize-ContainerStorage -BuildCache -Confirm:$false | Out-Null
            @((Get-ContainerDiskUsage BuildCache).Items).Count
            """).Succeeded();
        Assert.Equal(["from the context", "cache mount /kept", "0"], result.Lines);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(user.Store.Root, "tmp")));
    }

    [Fact]
    public void HisBuildsComeToTheLayersOfRoots()
    {
        using var user = new OrdinaryUser();
        using var root = new TemporaryStore();
        var context = Path.Combine(user.Store.Scratch, "context");
        var inside = Path.Combine(user.Store.Scratch, "inside");
        Directory.CreateDirectory(Path.Combine(context, "files/sub"));
        Directory.CreateDirectory(inside);
        File.WriteAllText(Path.Combine(context, "files/a"), "a");
        File.WriteAllText(Path.Combine(context, "files/sub/b.md"), "b");
        File.WriteAllText(Path.Combine(inside, "Containerfile"), Containerfile);
        // The archives' files belong to others, who alone may read them.
        Command.Run("sh", "-ec", """
            mkdir -p "$1/own/deep" && echo own > "$1/own/deep/secret" && ln "$1/own/deep/secret" "$1/own/hard" && ln -s deep "$1/own/soft" && cp /bin/busybox "$1/own/cap" && setcap cap_net_raw+ep "$1/own/cap"
            mkfifo "$1/own/fifo"; chmod 600 "$1/own/deep/secret" "$1/Containerfile"; chmod 4711 "$1/own/cap"; chmod 700 "$1/own/deep"
            tar -C "$1" --xattrs --xattrs-include='*' --owner=33 --group=1000 -czf "$2/own.tgz" own
            cp -r "$2/files" "$2/own.tgz" "$1/"; chmod 600 "$1/own.tgz"
            tar -C "$1" --owner=44 --group=44 -cf "$3" Containerfile files own.tgz; chmod 755 "$2" "$2/files" "$2/files/sub"; chmod 644 "$3" "$2"/files/a "$2"/files/sub/b.md
            """, "sh", inside, context, Path.Combine(user.Store.Scratch, "context.tar")).Succeeded();
        var script = $$"""
            $env:SOURCE_DATE_EPOCH = '1700000000'
            $null = Import-Image '{{Archive(user)}}'
            $image = Build-Image '{{user.Store.Scratch}}/context.tar' -Tag built:1 -Secret @{ s = 'x' }
            "$($image.Id)"; $image.Layers | ForEach-Object ToString
            $null = Build-Image '{{user.Store.Scratch}}/context.tar' -Output "type=tar,dest=$env:HOME/built.tar" -Secret @{ s = 'x' }
            [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes("$env:HOME/built.tar")))
            Invoke-Container busybox -Mount 'type=image,source=built:1,target=/image' -- cat /image/seen
            """;
        var expected = HostShell.Run(root, $"$env:HOME = '{root.Scratch}'\n{script}").Succeeded().Lines;
        Assert.Equal(["a 33:1000 640", "1000:1000 700", "5 440"], expected.TakeLast(3));
        Assert.Equal(expected, user.Script(script).Succeeded().Lines);

        // As files of his own they go where he says, also into a directory that has something. What he may not read of his own context is not left out silently.
        File.WriteAllText(Path.Combine(context, "Containerfile"), "FROM scratch\nCOPY . /\n");
        Command.Run("chmod", "600", Path.Combine(context, "files/a")).Succeeded();
        var last = user.Script($$"""
            $null = Build-Image '{{user.Store.Scratch}}/context.tar' -Target output -Output "$env:HOME/out"
            Set-Content "$env:HOME/out/own/more" x
            $null = Build-Image '{{user.Store.Scratch}}/context.tar' -Target output -Output "$env:HOME/out"
            Attempt { Build-Image '{{context}}' }
            """).Succeeded();
        Assert.Equal(
            [$"own {user.Name} 755", $"own/cap {user.Name} 4711", $"own/deep {user.Name} 700", $"own/deep/secret {user.Name} 600", $"own/more {user.Name} 644", $"read {user.Name} 755", $"read/cap {user.Name} 555", $"read/deep {user.Name} 555", $"read/deep/secret {user.Name} 555"],
            Command.Run("find", Path.Combine(user.Home, "out"), "-mindepth", "1", "-not", "-name", "hard", "-not", "-name", "soft", "-not", "-name", "fifo", "-printf", "%P %u %m\n").Succeeded().Lines.Order(StringComparer.Ordinal));
        Assert.StartsWith("BuildFileFailed|", last.Lines[0], StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(user.Store.Root, "tmp")));
    }

    private const string Containerfile = """
        FROM busybox AS build
        ADD own.tgz /
        COPY --chown=user --chmod=u=rwX,go= files /chowned/
        COPY --link --chown=12 files/a /linked/a
        COPY <<-heredoc /heredoc/
            text
        heredoc
        FROM busybox AS built
        WORKDIR /made
        COPY --from=build /own/soft/secret /own/c* /files/
        COPY --from=build --parents /./own/deep /own/h*d /parents/
        COPY --from=build --exclude=*.md /chowned /linked /heredoc /all/
        ADD --chown=9:9 own.tgz /archive/
        RUN --mount=type=bind,from=build,source=/own,target=/m,rw --mount=type=cache,target=/cache,uid=1000,gid=1000,mode=700 \
            chmod 640 /m/deep/secret; echo "a $(stat -c '%u:%g %a' /m/deep/secret)" > /seen; stat -c '%u:%g %a' /cache >> /seen
        RUN --mount=type=secret,id=s,uid=5,mode=0440 stat -c '%u %a' /run/secrets/s >> /seen
        USER user
        WORKDIR his/own
        USER root
        FROM scratch AS output
        COPY --from=build /own /own
        COPY --from=build --chmod=555 /own /read/
        FROM built
        """;

    [Fact]
    public void ProcessesAreHisAndNobodyElses()
    {
        using var user = new OrdinaryUser();
        var result = user.Script($$"""
            $null = Import-Image '{{Archive(user)}}'
            $c = New-Container busybox -Name one sleep 1000 | Start-Container -PassThru
            $other = New-Container busybox -Name two -User user sleep 1000 | Start-Container -PassThru
            $c.Pid; $other.Pid
            """).Succeeded();
        Assert.Equal($"{user.Id}", Owner(result.Lines[0]));
        Assert.Equal($"{OrdinaryUser.FirstRangeId + 999}", Owner(result.Lines[1]));
        // Root inside has no rights over what the monitor, in the namespace outside, has made.
        var root = $"/proc/{result.Lines[0]}/ns/user";
        Assert.NotEqual(new FileInfo("/proc/self/ns/user").LinkTarget, new FileInfo(root).LinkTarget);
        Assert.Equal("refused", user.Script("Invoke-ContainerCommand one -- sh -c 'mount -t tmpfs none /tmp 2>/dev/null || echo refused'").Succeeded().Output.Trim());
        // Monitor, first process and shell may die at any time.
        var monitor = user.Processes().Single(line => line.Contains("ctrun monitor", StringComparison.Ordinal) && line.Contains(user.Script("(Get-Container one).Id").Succeeded().Output.Trim(), StringComparison.Ordinal));
        Command.Run("kill", "-KILL", monitor.Trim().Split(' ')[0]).Succeeded();
        Assert.Equal(["Exited", "Running", "2 4"], user.Script("""
            (Get-Container one, two).State; Remove-Container one, two -Force
            # Its monitor begins anew for each run.
            $again = New-Container busybox -RestartPolicy on-failure:2 -- sh -c 'exit 4' | Start-Container -PassThru | Wait-Container
            "$($again.RestartCount) $($again.ExitCode)"; Remove-Container $again
            """).Succeeded().Lines);
        Assert.False(Directory.Exists($"/proc/{result.Lines[1]}"));
    }

    [Fact]
    public void AContainerOfHisSeesTheHostsProcesses()
    {
        using var user = new OrdinaryUser();
        var result = user.Script($$"""
            $null = Import-Image '{{Archive(user)}}'
            foreach ($map in 'auto', 'keep-id', 'host') {
                Invoke-Container busybox -PidNamespace host -UserNamespace $map -- sh -c "grep -c . /proc/$PID/comm; wc -c < /proc/timer_list; ls /proc/acpi 2>/dev/null | wc -l; echo 1 2>/dev/null > /proc/sys/vm/swappiness || echo refused"
            }
            """).Succeeded();
        Assert.Equal(Enumerable.Repeat<string[]>(["1", "0", "0", "refused"], 3).SelectMany(lines => lines), result.Lines.Select(line => line.Trim()));
    }

    [Fact]
    public void WithOneIdAnImageOfRootAloneRuns()
    {
        using var user = new OrdinaryUser(ranges: false);
        var own = Path.Combine(user.Store.Scratch, "own.tar");
        var result = user.Script($$"""
            Attempt { Import-Image '{{Archive(user)}}' }
            (Get-Image).Count
            $null = & '{{Path.Combine(RepositoryPaths.Root, "examples/New-StaticImage.ps1")}}'.Replace('{{RepositoryPaths.Root}}', (Split-Path (Split-Path (Get-Module ContainerTools).Path))) -Program /bin/busybox -Name own:1 -Path '{{own}}' -Command sh
            $null = Import-Image '{{own}}'
            Invoke-Container own:1 -- /busybox sh -c 'echo $(/busybox id -u) $(/busybox cat /proc/self/uid_map)'
            Attempt { Invoke-Container own:1 -User 5 -- /busybox true }
            Attempt { Invoke-Container own:1 -UserNamespace keep-id -- /busybox true }
            $null = New-Item -ItemType Directory '{{user.Home}}/context'
            Set-Content '{{user.Home}}/context/Containerfile' 'FROM own:1 AS a', 'COPY Containerfile /x/y', 'FROM own:1', 'COPY --from=a /x /z', 'ARG OWNER=0', 'COPY --chown=$OWNER Containerfile /c'
            (Build-Image '{{user.Home}}/context').Layers.Count
            Attempt { Build-Image '{{user.Home}}/context' -BuildArgument @{ OWNER = 5 } }
            (Invoke-Container own:1 -AsByteStream -- /busybox printf 'a\377\0') -join ' '
            (Get-ContainerHost).Warnings -match 'one id'
            """).Succeeded();
        Assert.Equal("97 255 0", result.Lines[^2]);
        Assert.StartsWith("TooFewIds|PermissionDenied|", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["0", "0 0 0 1"], result.Lines.Skip(1).Take(2));
        Assert.StartsWith("UserNotMapped|InvalidArgument|", result.Lines[3], StringComparison.Ordinal);
        Assert.Contains("user id 5 ", result.Lines[3], StringComparison.Ordinal);
        Assert.StartsWith("UserNamespaceNotSupported|NotImplemented|", result.Lines[4], StringComparison.Ordinal);
        Assert.Contains("usermod --add-subuids", result.Lines[4], StringComparison.Ordinal);
        Assert.Equal("3", result.Lines[5]);
        Assert.StartsWith("TooFewIds|InvalidData|", result.Lines[6], StringComparison.Ordinal);
        Assert.Contains("usermod --add-subuids", result.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(user.Store.Root, "layers")), entry => Path.GetFileName(entry).StartsWith('.'));
    }

    [Fact]
    public void LimitsNeedADelegatedGroup()
    {
        using var user = new OrdinaryUser();
        var refused = user.Script($$"""
            $null = Import-Image '{{Archive(user)}}'
            Attempt { New-Container busybox -Name mem -Memory 100mb sleep 1000 | Start-Container }
            $null = New-Container busybox -Name one sleep 1000 | Start-Container
            Attempt { Suspend-Container one }
            Remove-Container one, mem -Force
            """).Succeeded();
        Assert.StartsWith("LimitsNotDelegated|PermissionDenied|", refused.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("ContainerPauseFailed|NotImplemented|", refused.Lines[1], StringComparison.Ordinal);
        using var group = new DelegatedGroup(user.Name);
        var result = user.Script("""
            $c = New-Container busybox -Name one sleep 1000 | Start-Container -PassThru
            Get-Content "/proc/$($c.Pid)/cgroup" | Where-Object { $_ -like '0::*' }
            Suspend-Container one; (Get-Container one).State; Resume-Container one; (Get-Container one).State
            (Get-ContainerProcess one).Count
            Invoke-ContainerCommand one -- cat /proc/self/cgroup | Where-Object { $_ -like '0::*' }
            Remove-Container one -Force
            """, group.Shell).Succeeded();
        Assert.Matches($"^0::{group.Path}/containertools/[0-9a-f]{{64}}$", result.Lines[0]);
        Assert.Equal(["Paused", "Running", "1", "0::/"], result.Lines.Skip(1));
    }

    private static string Archive(OrdinaryUser user)
    {
        var archive = Path.Combine(user.Store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        Command.Run("chmod", "644", archive).Succeeded();
        return archive;
    }

    private static string Owner(string pid) => Command.Run("stat", "-c", "%u", $"/proc/{pid}").Succeeded().Output.Trim();
}
