using System.Globalization;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>What a container may and may not do by default: seen from inside, and from the host.</summary>
[Collection(MachineCollection.Name)]
public sealed class SecurityTests(SecurityTests.RunningContainer container) : IClassFixture<SecurityTests.RunningContainer>
{
    // capabilities(7): Docker's fourteen.
    private const string DockerCapabilities = "00000000a80425fb";

    private static readonly string[] Namespaces = ["mnt", "pid", "net", "ipc", "uts", "cgroup", "user"];

    [Fact]
    public void EveryNamespaceIsItsOwn()
    {
        foreach (var name in Namespaces)
        {
            Assert.NotEqual(File.ResolveLinkTarget("/proc/self/ns/" + name, false)!.Name, File.ResolveLinkTarget($"/proc/{container.Pid}/ns/{name}", false)!.Name);
        }
    }

    [Fact]
    public void IdsInsideAreAPrivateRangeOnTheHost()
    {
        var map = Map(container.Pid);
        Assert.Equal(3, map.Length);
        Assert.Equal(0, map[0]);
        Assert.True(map[1] >= 65536, $"container root is host id {map[1]}");
        Assert.Equal(65536, map[2]);
        Assert.Contains($"Uid:\t{map[1]}\t{map[1]}", File.ReadAllText($"/proc/{container.Pid}/status"), StringComparison.Ordinal);
        Assert.True(Math.Abs(map[1] - Map(container.OtherPid)[1]) >= 65536, "two containers share ids");

        static long[] Map(int pid) => [.. File.ReadAllText($"/proc/{pid}/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
    }

    [Fact]
    public void FilesOnDiskKeepPlainIds()
    {
        container.Inside("touch /tmp/by-root; su -s /bin/sh user -c 'touch /tmp/by-user'; touch /data/in-volume; chown 1000 /data/in-volume");
        var files = Directory.EnumerateFiles(container.Store.Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => Path.GetFileName(file) is "by-root" or "by-user" or "in-volume").ToDictionary(file => Path.GetFileName(file)!);
        Assert.Equal("0 0", Owner(files["by-root"]));
        Assert.Equal("1000 1000", Owner(files["by-user"]));
        Assert.Equal("1000 0", Owner(files["in-volume"]));
    }

    [Fact]
    public void CapabilitiesAreDockers()
    {
        var status = container.Inside("cat /proc/1/status").Split('\n');
        Assert.Contains("CapEff:\t" + DockerCapabilities, status);
        Assert.Contains("CapPrm:\t" + DockerCapabilities, status);
        Assert.Contains("CapBnd:\t" + DockerCapabilities, status);
        Assert.Contains("CapInh:\t0000000000000000", status);
        Assert.Contains("CapAmb:\t0000000000000000", status);
        Assert.Contains("Seccomp:\t2", status);
        Assert.Contains("NoNewPrivs:\t0", status);
    }

    [Fact]
    public void ACommandInsideHasTheSameLimitsAsTheFirstProcess()
    {
        var first = container.Inside("grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/1/status; cat /proc/1/cgroup; for ns in /proc/1/ns/*; do readlink $ns; done");
        var second = container.Inside("grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status; cat /proc/self/cgroup; for ns in /proc/self/ns/*; do readlink $ns; done");
        Assert.Equal(first, second);
    }

    [Fact]
    public void NoDescriptorLeaksIn()
    {
        var open = Directory.EnumerateFileSystemEntries($"/proc/{container.Pid}/fd").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
        Assert.Equal(["0", "1", "2"], open);
        Assert.Equal("0 1 2", container.Inside("cd /proc/self/fd; for fd in *; do [ -e $fd ] && printf '%s ' $fd; done; true").Trim());
    }

    [Theory]
    [InlineData("echo 1 > /proc/sys/kernel/panic")]
    [InlineData("echo h > /proc/sysrq-trigger")]
    [InlineData("mkdir /sys/fs/cgroup/x")]
    [InlineData("echo 1 > /sys/kernel/mm/ksm/run")]
    [InlineData("mknod /tmp/disk b 8 0 && cat /tmp/disk")]
    [InlineData("mount -t tmpfs x /mnt")]
    [InlineData("mount -t proc x /mnt")]
    [InlineData("umount /proc/kcore")]
    [InlineData("mount -o remount,rw /proc/sys")]
    [InlineData("unshare -U true")]
    [InlineData("unshare -m true")]
    [InlineData("hostname other")]
    [InlineData("swapoff -a && swapon /dev/zero")]
    [InlineData("insmod /bin/busybox")]
    [InlineData("reboot -f")]
    [InlineData("chroot /proc/1/root/../../.. cat /etc/debian_version")]
    [InlineData("dmesg")]
    public void IsRefused(string command)
    {
        var result = container.TryInside(command);
        Assert.True(result.ExitCode != 0, $"'{command}' was allowed: {result.Output}");
        Assert.DoesNotContain("signal", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("cat /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug 2>/dev/null | wc -c", "0")]
    [InlineData("ls -A /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v : | wc -w", "0")]
    [InlineData("ls /dev | tr '\\n' ' '", "null ptmx pts random shm stderr stdin stdout tty urandom zero")]
    [InlineData("echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c", "3\n4")]
    [InlineData("touch /dev/shm/x /tmp/x && rm /dev/shm/x && echo fine", "fine")]
    [InlineData("touch /tmp/y && chown 1000:1000 /tmp/y && stat -c %u:%g /tmp/y", "1000:1000")]
    [InlineData("ip addr show lo | grep -c 'inet 127.0.0.1'", "1")]
    [InlineData("ls /sys/class/net", "lo")]
    [InlineData("hostname", "guarded")]
    [InlineData("cat /etc/hostname", "guarded")]
    [InlineData("grep -c guarded /etc/hosts", "1")]
    [InlineData("ps -o pid,args | awk '$1 == 1 { print $2, $3 }'", "sleep 1000")]
    [InlineData("awk '$2 == \"/\" { print $3 }' /proc/mounts | tail -n 1", "overlay")]
    [InlineData("awk '$2 == \"/dev/mqueue\" { print $3 }' /proc/mounts", "mqueue")]
    [InlineData("for link in fd stdin stdout ptmx; do readlink /dev/$link; done | tr '\\n' ' '", "/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 pts/ptmx")]
    public void WorksAsUsersKnowIt(string command, string expected)
    {
        Assert.Contains(expected, container.Inside(command), StringComparison.Ordinal);
    }

    [Fact]
    public void TheStoreIsClosedToOthers()
    {
        foreach (var directory in new[] { container.Store.Root, container.Store.RunRoot })
        {
            Assert.Equal("700", Command.Run("stat", "-c", "%a", directory).Succeeded().Output.Trim());
        }
    }

    [Fact]
    public void TheHostSeesNoMountOfAContainer()
    {
        // The container's mounts live in its own namespace; a leaked one would hold the image's files after the end.
        Assert.DoesNotContain(Mounts.Beneath(container.Store.Root), mount => mount.Contains("merged", StringComparison.Ordinal));
    }

    private static string Owner(string file) => Command.Run("stat", "-c", "%u %g", file).Succeeded().Output.Trim();

    /// <summary>Two containers of one image, the first with a volume.</summary>
    public sealed class RunningContainer : IDisposable
    {
        public RunningContainer()
        {
            var archive = Path.Combine(Store.Scratch, "busybox.tar");
            BusyboxImage.WriteDockerArchive(archive);
            var pids = HostShell.Run(Store, $$"""
                $image = Import-Image '{{archive}}'
                (New-Container $image -Name guarded -HostName guarded -Volume data:/data -Network none sleep 1000 | Start-Container -PassThru).Pid
                (New-Container $image -Name other -Network none sleep 1000 | Start-Container -PassThru).Pid
                """).Succeeded().Lines;
            Pid = int.Parse(pids[0], CultureInfo.InvariantCulture);
            OtherPid = int.Parse(pids[1], CultureInfo.InvariantCulture);
            Id = Store.ContainerIds.Single(id => File.ReadAllText(Path.Combine(Store.Root, "containers", id, "container.json")).Contains("\"guarded\"", StringComparison.Ordinal));
        }

        public TemporaryStore Store { get; } = new();

        public int Pid { get; }

        public int OtherPid { get; }

        public string Id { get; }

        public string Inside(string command) => TryInside(command).Succeeded().Output;

        public CommandResult TryInside(string command)
        {
            var file = Path.Combine(Store.Scratch, "command.sh");
            File.WriteAllText(file, command);
            // Through the cmdlet, as a user; the command travels in a file, so that no quoting rule stands between.
            return HostShell.Run(Store, $$"""
                Invoke-ContainerCommand guarded -- sh -c ([IO.File]::ReadAllText('{{file}}'))
                exit $LASTEXITCODE
                """);
        }

        public void Dispose() => Store.Dispose();
    }
}
