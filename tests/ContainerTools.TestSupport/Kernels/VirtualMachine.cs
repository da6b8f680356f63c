namespace ContainerTools.TestSupport;

/// <summary>
/// A machine emulated in software (about three seconds from start to power-off), with cgroup v2 only, an ext4 root with busybox,
/// and no network: for what this machine's own kernel and cgroup layout cannot show.
/// </summary>
public sealed class VirtualMachine : IDisposable
{
    private const string FirstInit = """
        #!/bin/busybox sh
        /bin/busybox mount -t proc proc /proc
        /bin/busybox mount -t devtmpfs dev /dev
        for m in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$m; done
        /bin/busybox mount -t ext4 /dev/vda /mnt && exec /bin/busybox switch_root /mnt /bin/busybox sh /guest-init

        """;

    private const string GuestInit = """
        mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
        mkdir -p /dev/pts /dev/shm /dev/mqueue; mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
        mount -t tmpfs run /run; mount -t cgroup2 cgroup /sys/fs/cgroup
        ip link set lo up
        sh /guest-script >/dev/ttyS1 2>&1
        echo "guest-exit:$?" >/dev/ttyS1
        poweroff -f

        """;

    private static readonly string[] Applets =
        ["sh", "cat", "chmod", "chown", "cp", "cut", "dd", "dirname", "echo", "env", "false", "find", "grep", "head", "id", "ip", "kill", "ln", "ls", "mkdir",
        "mount", "poweroff", "ps", "readlink", "rm", "sed", "sleep", "sort", "stat", "tail", "test", "touch", "tr", "true", "umount", "uname", "wc"];

    private readonly TemporaryDirectory directory = new("vm");
    private readonly DebianKernel kernel;

    public VirtualMachine(DebianKernel kernel)
    {
        this.kernel = kernel;
        foreach (var name in new[] { "bin", "proc", "sys", "dev", "tmp", "run", "etc", "root", "var" })
        {
            Directory.CreateDirectory(Path.Combine(Disk, name));
        }
        InstallBusybox(Disk);
        File.WriteAllText(Path.Combine(Disk, "guest-init"), GuestInit);
    }

    /// <summary>The directory that becomes the guest's root file system: put what the script needs into it before <see cref="Run"/>.</summary>
    public string Disk => directory["disk"];

    /// <summary>Memory and disk, in MiB each.</summary>
    public int Size { get; init; } = 512;

    /// <summary>Busybox with its applets as links, under <paramref name="root"/>/bin.</summary>
    public static void InstallBusybox(string root)
    {
        var bin = Directory.CreateDirectory(Path.Combine(root, "bin")).FullName;
        File.Copy("/bin/busybox", Path.Combine(bin, "busybox"), overwrite: true);
        foreach (var applet in Applets)
        {
            File.CreateSymbolicLink(Path.Combine(bin, applet), "busybox");
        }
    }

    /// <summary>Copies a program or library of this machine, with the libraries that it is linked with, to the same place.</summary>
    public void InstallProgram(string file)
    {
        foreach (var item in Command.Run("ldd", file).Succeeded().Lines.Select(line => Array.Find(line.Split([' ', '\t']), word => word.StartsWith('/'))).OfType<string>().Prepend(file))
        {
            InstallTree(item, item.TrimStart('/'));
        }
    }

    /// <summary>Copies a file, or a directory with all in it, following links.</summary>
    /// <param name="from">On this machine.</param>
    /// <param name="to">Below the guest's root.</param>
    public void InstallTree(string from, string to)
    {
        var target = Path.Combine(Disk, to);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Command.Run("cp", "-rLT", from, target).Succeeded();
    }

    /// <summary>Boots, runs a shell script as root on the guest, powers off. The result's exit code is the script's.</summary>
    public CommandResult Run(string script, TimeSpan? timeout = null)
    {
        File.WriteAllText(Path.Combine(Disk, "guest-script"), script.ReplaceLineEndings("\n"));
        MakeInitialRamDisk();
        Command.Run("truncate", "-s", $"{Size}M", directory["disk.img"]).Succeeded();
        Command.Run("mke2fs", "-q", "-t", "ext4", "-d", Disk, directory["disk.img"]).Succeeded();
        string output = directory["output.log"], console = directory["console.log"];
        Command.Run("qemu-system-x86_64", [
            "-accel", "tcg", "-cpu", "max", "-m", $"{Size}", "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", kernel.Image, "-initrd", directory["initrd.gz"], "-append", "console=ttyS0 quiet panic=-1",
            "-serial", $"file:{console}", "-serial", $"file:{output}",
            "-drive", $"file={directory["disk.img"]},if=virtio,format=raw,cache=unsafe",
        ], timeout: timeout ?? TimeSpan.FromMinutes(3)).Succeeded();
        var text = File.ReadAllText(output).ReplaceLineEndings("\n");
        var end = text.LastIndexOf("guest-exit:", StringComparison.Ordinal);
        if (end < 0)
        {
            throw new InvalidOperationException($"The guest never finished its script.\n--- output\n{text}\n--- console\n{File.ReadAllText(console)}");
        }
        var exitCode = int.Parse(text[(end + "guest-exit:".Length)..].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        return new CommandResult("guest script", exitCode, text[..end], File.ReadAllText(console));
    }

    public void Dispose() => directory.Dispose();

    private void MakeInitialRamDisk()
    {
        var tree = directory["initrd"];
        foreach (var name in new[] { "bin", "proc", "dev", "mnt", "modules" })
        {
            Directory.CreateDirectory(Path.Combine(tree, name));
        }
        File.Copy("/bin/busybox", Path.Combine(tree, "bin", "busybox"), overwrite: true);
        foreach (var module in kernel.Modules)
        {
            File.Copy(module, Path.Combine(tree, "modules", Path.GetFileName(module)), overwrite: true);
        }
        File.WriteAllLines(Path.Combine(tree, "modules", "order"), kernel.Modules.Select(module => Path.GetFileName(module)));
        var init = Path.Combine(tree, "init");
        File.WriteAllText(init, FirstInit);
        File.SetUnixFileMode(init, (UnixFileMode)0b111_101_101);
        Command.Run("sh", ["-c", "find . | cpio --quiet -o -H newc | gzip -1 > ../initrd.gz"], workingDirectory: tree).Succeeded();
    }
}
