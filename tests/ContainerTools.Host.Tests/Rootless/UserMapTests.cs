using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Rootless;

/// <summary>User namespaces of a user who is not root, other than the one that all of his containers have by default: from inside, and from the host.</summary>
[Collection(MachineCollection.Name)]
public sealed class UserMapTests : IDisposable
{
    private const int First = OrdinaryUser.FirstRangeId;

    private readonly OrdinaryUser _user = new();

    private string Layers => Path.Combine(_user.Store.Root, "layers");

    private uint Group => uint.Parse(Command.Run("id", "-g", _user.Name).Succeeded().Output, System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose() => _user.Dispose();

    [Fact]
    public void HeKeepsHisIdInside()
    {
        var (id, group) = (_user.Id, Group);
        var inside = Lines($$"""
            $c = New-Container image -Name one -UserNamespace keep-id -Volume data:/data, new:/new, '{{_user.Home}}:/home/user' sleep 1000 | Start-Container -PassThru
            "$($c.User) $($c.UserNamespace)"
            Invoke-ContainerCommand one -- sh -c 'echo $(id -u):$(id -g); tr -s " " < /proc/self/uid_map; stat -c "%n %u:%g %a" / /etc/hosts /etc/passwd /home/user /data /data/f /data/fifo /new /dev/pts/ptmx; touch /home/user/made; echo x > /etc/x || echo "not root"'
            # What root inside makes is not his on the host. File capabilities hold.
            Invoke-ContainerCommand one -User 0 -- sh -c 'touch /new/by-root; echo 127.0.0.1 added >> /etc/hosts; stat -c %u /new/by-root; readlink /data/link'
            Invoke-ContainerCommand one -- sh -c 'grep CapEff /proc/self/status; /own/grep CapEff /proc/self/status'
            $c.Pid
            Restart-Container one -Timeout 0
            Invoke-ContainerCommand one -- sh -c 'stat -c %u /etc/hosts; grep -c added /etc/hosts; id -u; exit 0'
            """);
        Assert.Equal(
            [
                $"{id}:{group} {(id == group ? Map(id) : $"{Map(id)};{Map(group)}")}",
                $"{id}:{group}", $" 0 1 {id}", $" {id} 0 1", $" {id + 1} {id + 1} {OrdinaryUser.RangeSize - id}",
                "/ 0:0 755", "/etc/hosts 0:0 644", "/etc/passwd 0:0 644", $"/home/user {id}:{group} 755", "/data 33:44 2755", "/data/f 5:6 4755", "/data/fifo 7:8 644", "/new 0:0 755", "/dev/pts/ptmx 0:0 666",
                "not root", "0", "f", "CapEff:\t0000000000000000", "CapEff:\t0000000000002000",
            ],
            inside.SkipLast(4).Where(line => !line.Contains("Permission denied", StringComparison.Ordinal)));
        Assert.Equal(["0", "0", $"{id}"], inside.TakeLast(3));
        Assert.Equal(_user.Name, Command.Run("stat", "-c", "%U", Path.Combine(_user.Home, "made")).Succeeded().Output.Trim());
        Assert.Equal($"{First}", Command.Run("stat", "-c", "%u", Path.Combine(_user.Store.Root, "volumes/new/_data/by-root")).Succeeded().Output.Trim());
        Assert.Equal($"{First + 33}:{First + 44}", Command.Run("stat", "-c", "%u:%g", Path.Combine(_user.Store.Root, "volumes/data/_data")).Succeeded().Output.Trim());
    }

    [Theory]
    [InlineData("crun")]
    [InlineData("runc")]
    public void AnotherRuntimeRunsHisContainers(string runtime)
    {
        var result = Lines($$"""
            foreach ($map in 'auto', 'keep-id') {
                $c = New-Container image -Name one -Network none -Runtime {{runtime}} -UserNamespace $map sleep 1000 | Start-Container -PassThru
                Invoke-ContainerCommand one -- sh -c 'id -u; stat -c %u:%g /data /etc/hosts'
                Restart-Container one -Timeout 0
                "$((Get-Container one).State) $((Get-Container one).Pid -ne $c.Pid)"
                Remove-Container one -Force
            }
            $null = New-Container image -Name two -Network none -Runtime {{runtime}} -Memory 32MB true
            try { Start-Container two -ErrorAction Stop } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            """);
        Assert.Equal(["0", "33:44", "0:0", "Running True", $"{_user.Id}", "33:44", "0:0", "Running True", "LimitsNotDelegated"], result);
    }

    [Fact]
    public void FilesGoInAndOutWithTheContainersIds()
    {
        var result = Lines($$"""
            $c = New-Container image -Name one -UserNamespace keep-id:uid=1000 -User 0 -Volume data:/vol sleep 1000 | Start-Container -PassThru
            Invoke-ContainerCommand one -- sh -c 'cd /var/log; touch root user two; chown 1000:1000 user; chown 2:3 two; chmod 2711 two; cp /bin/busybox net; rm -r /tmp /etc/group; mkdir /tmp; mkdir /own/moved; mv /own/grep /own/moved; exit'
            'sent' > '{{_user.Home}}/sent'
            Copy-ContainerItem '{{_user.Home}}/sent' one:/var/log/running
            Copy-ContainerItem one:/var/log '{{_user.Home}}/log'
            Stop-Container one -Timeout 0
            Copy-ContainerItem '{{_user.Home}}/sent' one:/var/log/stopped
            Copy-ContainerItem '{{_user.Home}}/sent' one:/vol/stopped
            (Compare-Container one | ForEach-Object { "$($_.Kind) $($_.Path)" }) -join ','
            $null = Export-Container one '{{_user.Home}}/c.tar'
            $null = Get-Container one | New-Image -Tag mine:1
            $look = 'cd /var/log; stat -c "%n %u:%g %a" root user two running stopped; stat -c "%n %u:%g %a" /data /data/f /home/user; test -e /etc/group || echo removed; ls /tmp | wc -l'
            foreach ($map in 'auto', '0:{{First}}:2000') {
                Invoke-Container mine:1 -UserNamespace $map -- sh -c $look
                Invoke-Container mine:1 -UserNamespace $map -User 5 -- /own/moved/grep CapPrm /proc/self/status
            }
            Start-Container one; Invoke-ContainerCommand one -- sh -c 'cat /vol/stopped; stat -c %u /vol/stopped; rm /vol/stopped; exit'
            """);
        string[] expected =
        [
            "root 0:0 644", "user 1000:1000 644", "two 2:3 2711", "running 1000:1000 644", "stopped 1000:1000 644", "/data 33:44 2755", "/data/f 5:6 4755", "/home/user 1000:1000 755", "removed", "0",
            "CapPrm:\t0000000000002000",
        ];
        Assert.Equal(
            [
                "Modified /etc,Deleted /etc/group,Modified /own,Deleted /own/grep,Added /own/moved,Added /own/moved/grep,Modified /tmp,Modified /var/log,Added /var/log/net,Added /var/log/root,Added /var/log/running,Added /var/log/stopped,Added /var/log/two,Added /var/log/user",
                .. expected, .. expected, "sent", "1000",
            ],
            result);
        Assert.All(Command.Run("find", Path.Combine(_user.Home, "log"), "-printf", "%u\n").Succeeded().Lines, owner => Assert.Equal(_user.Name, owner));
        var archive = Command.Run("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-tvvf", Path.Combine(_user.Home, "c.tar")).Succeeded().Output;
        Assert.Matches(@"-rwx--s--x.? 2/3 .* var/log/two\n", archive);
        Assert.Matches(@"-rw-r--r--.? 1000/1000 .* var/log/user\n", archive);
        Assert.Matches(@"drwxr-sr-x.? 33/44 .* data/\n", archive);
        Assert.Matches(@"own/moved/grep\n  x: 20 security.capability\n", archive);
    }

    [Fact]
    public void MapsNameHisIdsAndNoOthers()
    {
        var result = Lines($$"""
            $c = New-Container image -Name one -UserNamespace '0:{{First}}:5,5:{{_user.Id}}:1,6:{{First + 100}}:100;0:{{First}}:50' -IpcNamespace shareable sleep 1000 | Start-Container -PassThru
            $c.UserNamespace
            Invoke-ContainerCommand one -- sh -c 'id -u; tr -s " " < /proc/self/uid_map; tr -s " " < /proc/self/gid_map; stat -c "%n %u:%g" /data /data/f /home/user /etc/hosts; exit'
            Invoke-Container image -UserNamespace container:one -Mount 'type=image,source=image,target=/image' -- sh -c 'tr -s " " < /proc/self/uid_map; stat -c "%n %u:%g" /data/f /image/data/f; exit'
            Invoke-Container image -UserNamespace '0:{{_user.Id}}:1' -- sh -c 'stat -c "%n %u:%g" /etc/hosts /data; exit'
            Attempt { New-Container image -UserNamespace '0:{{First}}:1,100:{{First + 1}}:{{OrdinaryUser.RangeSize - 1}},4000000:{{_user.Id}}:1' }
            Attempt { New-Container image -UserNamespace '0:{{_user.Id}}:1,1:5:1' }
            Attempt { New-Container image -UserNamespace '0:{{First + OrdinaryUser.RangeSize - 1}}:2' }
            Attempt { New-Container image -UserNamespace '0:{{First}}:1;0:0:1' }
            Attempt { New-Container image -UserNamespace '1:{{First}}:1' }
            Attempt { New-Container image -UserNamespace keep-id:uid=0 }
            Attempt { New-Container image -UserNamespace other }
            (Get-Container).Count
            """);
        string[] map = [" 0 1 5", " 5 0 1", " 6 101 100"];
        Assert.Equal(
            [
                $"0:{First}:5,5:{_user.Id}:1,6:{First + 100}:100;0:{First}:50", "0", .. map, " 0 1 50", "/data 33:44", "/data/f 5:6", "/home/user 65534:65534", "/etc/hosts 0:0",
                .. map, "/data/f 5:6", "/image/data/f 5:6", "/etc/hosts 0:0", "/data 65534:65534",
            ],
            result.SkipLast(8));
        // Somebody's file, and nobody to give it to.
        Assert.StartsWith("LayerIdNotMapped|InvalidArgument|", result[^8], StringComparison.Ordinal);
        Assert.StartsWith("IdsNotOwned|PermissionDenied|", result[^7], StringComparison.Ordinal);
        Assert.Contains($"user id 5, which this user does not have. His user ids are {_user.Id}, {First} to {First + OrdinaryUser.RangeSize - 1} (/etc/subuid)", result[^7], StringComparison.Ordinal);
        Assert.Contains($"user id {First + OrdinaryUser.RangeSize},", result[^6], StringComparison.Ordinal);
        Assert.Contains("group id 0,", result[^5], StringComparison.Ordinal);
        Assert.All(result.TakeLast(4).SkipLast(1), line => Assert.StartsWith("InvalidUserNamespace|", line, StringComparison.Ordinal));
        Assert.Equal("1", result[^1]);
    }

    [Fact]
    public void LayersAreCopiedOnceAndCollected()
    {
        var start = $"$null = New-Container image -Name NAME -UserNamespace keep-id sleep 1000 | Start-Container; Invoke-ContainerCommand NAME -- stat -c %u /data";
        // With whiteouts, and a directory that hides what is below.
        _ = Lines("$null = New-Container image -Name base -- sh -c 'rm -r /data/fifo /var; mkdir /var' | Start-Container -PassThru | Wait-Container; $null = Get-Container base | New-Image -Tag image:latest; Remove-Container base");
        var before = Directory.GetDirectories(Layers);
        Assert.Equal(2, before.Length);
        // Two shells at once.
        var shells = new[] { "one", "two" }.AsParallel().WithDegreeOfParallelism(2).Select(name => _user.Script(start.Replace("NAME", name, StringComparison.Ordinal))).ToList();
        Assert.All(shells, shell => Assert.Equal("33", shell.Succeeded().Output.Trim()));
        var copies = Directory.GetDirectories(Layers).Except(before).ToList();
        Assert.Equal(2, copies.Count);
        Assert.Equal(["0", "0"], Lines("Invoke-ContainerCommand one -User 0 -- sh -c 'ls /var | wc -l; ls /data | grep -c fifo; exit'"));
        foreach (var copy in copies)
        {
            var original = Path.Combine(Layers, File.ReadAllLines(Path.Combine(copy, "layer")).Single(line => line.StartsWith("copyof ", StringComparison.Ordinal))["copyof ".Length..]);
            Assert.Equal(Tree(original), Tree(copy));
            Assert.DoesNotContain($" {_user.Id} ", Owners(copy), StringComparison.Ordinal);
            Assert.DoesNotContain($" {First - 1} ", Owners(copy), StringComparison.Ordinal);
        }
        // Used, they are part of the image; a third container makes no more.
        var image = long.Parse(Lines("(Get-ContainerDiskUsage Image).Size")[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(["33", "0"], Lines(start.Replace("NAME", "three", StringComparison.Ordinal) + "; (Get-ContainerDiskUsage Leftover).Size"));
        Assert.Equal(4, Directory.GetDirectories(Layers).Length);
        _ = Lines("$null = Optimize-ContainerStorage -Confirm:$false; Remove-Container * -Force");
        Assert.Equal(4, Directory.GetDirectories(Layers).Length);
        // Without a marker one is garbage, whatever its name is, and is made again.
        var damaged = copies.Single(copy => File.Exists(Path.Combine(copy, "fs/etc/passwd")));
        File.Delete(Path.Combine(damaged, "layer"));
        File.Delete(Path.Combine(damaged, "fs/etc/passwd"));
        Assert.Equal(["33", "user"], Lines(start.Replace("NAME", "four", StringComparison.Ordinal) + "; Invoke-ContainerCommand four -User 1000 -- id -un; Remove-Container four -Force"));
        var usage = Lines("(Get-ContainerDiskUsage Image).Size; (Get-ContainerDiskUsage Leftover).Size; $null = Optimize-ContainerStorage -Confirm:$false; (Get-ContainerDiskUsage Leftover).Size")
            .Select(line => long.Parse(line, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(usage[1] > 1 << 20);
        Assert.True(usage[0] < image - (1 << 20));
        Assert.Equal(0, usage[2]);
        Assert.Equal(before.Order(), Directory.GetDirectories(Layers).Order());
        // They go with the image.
        Assert.Equal(["five", "Layer 1 of 2 Processing", "Layer 2 of 2 Processing", "Done Completed"], Lines("""
            $inner = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript("Import-Module '$((Get-Module ContainerTools).Path)'; New-Container image -Name five -UserNamespace keep-id true")
            $inner.Invoke().Name
            $inner.Streams.Progress | ForEach-Object { "$($_.StatusDescription) $($_.RecordType)" }
            Remove-Container five
            Get-Image | Remove-Image
            """));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Layers));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_user.Store.Root, "containers")));
    }

    [Fact]
    public void CommandsRunWhereHisOwnIdDoesNot()
    {
        Assert.Equal(["1000", "0", "1000"], Lines("""
            $null = New-Container image -Name one -User user sleep 1000 | Start-Container
            Invoke-ContainerCommand one -- id -u
            Invoke-ContainerCommand one -User 0 -- id -u
            $null = New-Container image -Name two -UserNamespace keep-id -User user sleep 1000 | Start-Container
            Invoke-ContainerCommand two -- id -u
            """));
    }

    private static string Map(long kept) => $"0:{First}:{kept},{kept}:{kept}:1,{kept + 1}:{First + kept}:{OrdinaryUser.RangeSize - kept}";

    [Theory]
    [InlineData("auto")]
    [InlineData("keep-id")]
    public void AVolumeThatOnlyAnotherIdMayReadIsUsedAgain(string map)
    {
        Assert.Equal(["33:33 700 x", "33:33 700 kept x", "0:0 755"], Lines($$"""
            Invoke-Container image -UserNamespace {{map}} -User 33 -Volume data:/private -- sh -c 'echo $(stat -c "%u:%g %a" /private) $(ls /private); touch /private/kept'
            Invoke-Container image -UserNamespace {{map}} -User 33 -Volume data:/private -- sh -c 'echo $(stat -c "%u:%g %a" /private) $(ls /private)'
            # One that the user has made is the container's root's, where the image has nothing.
            $null = New-Volume own
            Invoke-Container image -UserNamespace {{map}} -User 0 -Volume own:/nothing -- stat -c '%u:%g %a' /nothing
            Remove-Volume data, own
            """));
    }

    [Theory]
    [InlineData("auto", "0:0")]
    [InlineData("keep-id:uid=1000", "1000:1000")]
    public void ContainersShareNamespacesAndAreChecked(string map, string own)
    {
        var result = Lines($$"""
            $null = New-Container image -Name one -UserNamespace {{map}} -IpcNamespace shareable -HealthCommand 'test "$(id -u)" = {{own.Split(':')[0]}} && test -O /proc/1' -HealthInterval 100ms -HealthRetries 1 sleep 4711 | Start-Container
            Invoke-Container image -PidNamespace container:one -IpcNamespace container:one -Network container:one -User 0 -- sh -c 'ps -o args | grep -c "^sleep 4711"; tr -s " " < /proc/self/uid_map | wc -l; stat -c %u:%g /proc/1 /data; exit'
            for ($round = 0; (Get-Container one).Health.Status -eq 'Starting' -and $round -lt 100; $round++) { Start-Sleep -Milliseconds 100 }
            (Get-Container one).Health.Status
            Remove-Container one -Force
            """);
        Assert.Equal(["1", map == "auto" ? "2" : "3", own, "33:44", "Healthy"], result);
    }

    // What files are, without their owners.
    private static string Tree(string layer)
    {
        var fs = Path.Combine(layer, "fs");
        return Command.Run("find", fs, "-printf", "%P %y %m %s %T@ %n %l\n").Succeeded().Lines.Order(StringComparer.Ordinal).Aggregate("", (all, line) => $"{all}{line}\n")
            + Command.Run("sh", "-c", "cd \"$1\" && find . -type d -o -type f | sort | xargs getfattr --no-dereference -d -m '^user'", "sh", fs).Output;
    }

    private static string Owners(string layer) => Command.Run("find", Path.Combine(layer, "fs"), "-printf", " %U %G \n").Succeeded().Output;

    /// <summary>Runs a script that finds the image: busybox, with files of many owners and kinds.</summary>
    private IReadOnlyList<string> Lines(string script)
    {
        var tar = Path.Combine(_user.Store.Scratch, "image.tar");
        if (!File.Exists(tar))
        {
            var root = Path.Combine(_user.Store.Scratch, "tree");
            BusyboxImage.WriteRootFileSystem(root);
            Command.Run("sh", "-ec", """
                cd "$1"; mkdir data own; echo x > data/f; ln data/f data/hard; ln -s f data/link; mkfifo data/fifo; mkdir -m 700 private; touch private/x; chown -R 33:33 private; cp bin/busybox own/grep; truncate -s 1M data/sparse; touch -d @1600000000.123456789 data/f
                setfattr -n user.note -v kept data/f; chown 5:6 data/f; chown 7:8 data/fifo; chmod 4755 data/f; chown -h 9:9 data/link; chown 33:44 data; chmod 2755 data; setcap cap_net_raw+ep own/grep
                tar --xattrs --xattrs-include='*' --numeric-owner -S -cf "$2" .; chmod 644 "$2"; rm -r "$1"
                """, "sh", root, tar).Succeeded();
            _user.Script($"$null = New-Image -Path '{tar}' -Tag image:latest -Environment @{{ PATH = '/bin' }} -Command sh").Succeeded();
        }
        return _user.Script(script).Succeeded().Lines;
    }
}
